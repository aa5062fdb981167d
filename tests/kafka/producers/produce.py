"""Sends the lines of standard input, "topic TAB key TAB value", by a client of Python.

``produce.py BOOTSTRAP CLIENT [PARTITIONER]``; CLIENT is ``confluent-kafka``, ``kafka-python`` or
``aiokafka``. An empty key is none.
"""

import asyncio
import sys

Lines = list[tuple[str, bytes | None, bytes]]


def confluent_kafka(bootstrap: str, lines: Lines, partitioner: str) -> None:
    """librdkafka, as most programs that are no Java use it."""
    from confluent_kafka import Producer  # noqa: PLC0415 - only the client asked for

    own = {"partitioner": partitioner} if partitioner else {}
    producer = Producer({"bootstrap.servers": bootstrap, **own})
    for topic, key, value in lines:
        producer.produce(topic, value, key)
    if producer.flush(60):
        sys.exit("not everything was sent")


def kafka_python(bootstrap: str, lines: Lines) -> None:
    """The client in plain Python."""
    from kafka import KafkaProducer  # noqa: PLC0415 - likewise

    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for topic, key, value in lines:
        producer.send(topic, key=key, value=value)
    producer.flush(60)
    producer.close()


async def aiokafka(bootstrap: str, lines: Lines) -> None:
    """The client of asyncio."""
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415 - likewise

    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for topic, key, value in lines:
            await producer.send_and_wait(topic, key=key, value=value)


def main(bootstrap: str, client: str, partitioner: str = "") -> None:
    """Send everything."""
    split = [line.rstrip("\n").split("\t", 2) for line in sys.stdin]
    lines: Lines = [(topic, key.encode() or None, value.encode()) for topic, key, value in split]
    if client == "confluent-kafka":
        confluent_kafka(bootstrap, lines, partitioner)
    elif client == "kafka-python":
        kafka_python(bootstrap, lines)
    else:
        asyncio.run(aiokafka(bootstrap, lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
