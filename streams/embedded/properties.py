"""The configuration of an embedded Kafka node: one that is broker and controller at once (KRaft).

Rules: quick where a production broker is patient (rebalances start at once, small internal topics, a killed
node is given up after 3 s, and no sooner taken back), strict where it matters to what is tested: topics are
never created by use, replicas must agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.embedded.ports import LOOPBACK

_SHARED = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.cleaner.dedupe.buffer.size": "33554432",
    "log.cleaner.backoff.ms": "1000",
}
_LISTS = ("listeners", "advertised.listeners", "listener.security.protocol.map")


@dataclass(frozen=True)
class Node:
    """One node's place: its id (from 1), its two ports on 127.0.0.1, and its own directory."""

    number: int
    broker_port: int
    controller_port: int
    directory: Path

    @property
    def file(self) -> Path:
        """Its properties file."""
        return self.directory / "server.properties"

    def write_properties(self, cluster: "list[Node]", more: Mapping[str, str]) -> None:
        """Write its properties file as a member of `cluster`.

        Three nodes keep three replicas of everything and acknowledge with two; one node keeps one.

        Args:
            cluster: all nodes.
            more: further properties; those of listeners come beside the plain one, others instead of ours.
        """
        replicas = str(len(cluster))
        in_sync = str(len(cluster) // 2 + 1)
        broker = f"PLAINTEXT://{LOOPBACK}:{self.broker_port}"
        settings = _SHARED | {
            "node.id": str(self.number),
            "controller.quorum.voters": ",".join(
                f"{node.number}@{LOOPBACK}:{node.controller_port}" for node in cluster
            ),
            "listeners": f"{broker},CONTROLLER://{LOOPBACK}:{self.controller_port}",
            "advertised.listeners": broker,
            "log.dirs": str(self.directory / "data"),
            "default.replication.factor": replicas,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.replication.factor": replicas,
            "min.insync.replicas": in_sync,
            "transaction.state.log.min.isr": in_sync,
        }
        for key, value in more.items():
            settings[key] = f"{settings[key]},{value}" if key in _LISTS else value
        self.directory.mkdir()
        self.file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
