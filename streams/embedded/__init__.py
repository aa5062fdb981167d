"""A Kafka and a Valkey for the demo and the tests: real servers, on this machine, for as long as we run."""

from streams.embedded.environment import check_programs, choose_kafka
from streams.embedded.errors import EmbeddedError
from streams.embedded.kafka import KafkaCluster
from streams.embedded.ports import free_port, free_ports
from streams.embedded.server import EmbeddedKafka
from streams.embedded.valkey import ValkeyServer
from streams.embedded.wheel import WheelKafka

__all__ = [
    "EmbeddedError",
    "EmbeddedKafka",
    "KafkaCluster",
    "ValkeyServer",
    "WheelKafka",
    "check_programs",
    "choose_kafka",
    "free_port",
    "free_ports",
]
