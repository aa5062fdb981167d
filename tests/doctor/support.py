"""Records of a test's own."""

from aiokafka import AIOKafkaProducer


async def put(  # noqa: PLR0917
    settings: dict[str, str], topic: str, partition: int, key: bytes, value: bytes, when: int | None = None
) -> None:
    """Send one record to where it shall lie."""
    producer = AIOKafkaProducer(bootstrap_servers=settings["KPI_BROKERS"])
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=key, partition=partition, timestamp_ms=when)
    finally:
        await producer.stop()


async def send(bootstrap: str, topic: str, records: list[tuple[bytes | None, int]]) -> None:
    """Send records with these keys to where they shall lie."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for key, partition in records:
            await producer.send(topic, b"{}", key=key, partition=partition)
        await producer.flush()
    finally:
        await producer.stop()
