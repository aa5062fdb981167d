"""A genuine Apache Kafka in KRaft mode on this machine, for the demo and the tests.

Rules: one node, or three of which each is broker and controller; data in a temporary directory that goes
with `stop()`; a node that is killed keeps its data and its ports, and can be started again. A node counts as
ready when it says so itself, after its controller has let it serve clients.

Never: listen anywhere but on 127.0.0.1, or be used for data that matters.
"""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from streams.embedded.errors import EmbeddedError
from streams.embedded.java import JavaTools, Jvm, fetch_jars
from streams.embedded.ports import LOOPBACK, free_ports
from streams.embedded.process import Child
from streams.embedded.properties import Node
from streams.embedded.server import EmbeddedKafka

_READY = "Kafka Server started"
_READY_S = 180.0
_FORMAT_S = 180.0
_STOP_S = 20.0
_QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")
"""For a JVM that lives for minutes: the better compiler and the other collectors cost it more than they save.

A node's start takes 3 s of processor time so, 6 without.
"""
_FORMAT_OPTIONS = ("-Xmx128m", *_QUICK)
_NODE_OPTIONS = (
    "-Xmx512m",
    *_QUICK,
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)


class KafkaCluster(EmbeddedKafka):
    """A cluster of one or three nodes, numbered from 1; starts in some 3 s, or 8 s for three.

    With three, topics have by default 3 replicas of which 2 must acknowledge, and any one node may be killed.

    Args:
        nodes: how many.
        properties: further properties of every node, see Node.write_properties.
    """

    name = "Apache Kafka"
    transactional = True

    def __init__(self, nodes: Literal[1, 3] = 1, *, properties: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._size = nodes
        self._properties = properties or {}
        self._nodes: list[Node] = []
        self._children: dict[int, Child] = {}

    @property
    def bootstrap(self) -> str:
        """The addresses of all nodes, `127.0.0.1:port[,…]`.

        Raises:
            EmbeddedError: it is not started.
        """
        if not self._nodes:
            raise self._not_started()
        return ",".join(f"{LOOPBACK}:{node.broker_port}" for node in self._nodes)

    def _launch(self, directory: Path) -> None:
        tools = JavaTools.find()
        if tools.java is None:
            raise EmbeddedError(f"{self.name} needs {tools.lacking}")
        jvm = Jvm(tools.java, fetch_jars(tools.maven))
        ports = iter(free_ports(2 * self._size))
        self._nodes = [
            Node(number, next(ports), next(ports), directory / str(number))
            for number in range(1, self._size + 1)
        ]
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        for node in self._nodes:
            node.write_properties(self._nodes, self._properties)
            _format(jvm, node, cluster_id)
            command = jvm.command(_NODE_OPTIONS, "kafka.Kafka", str(node.file))
            self._children[node.number] = Child(f"Kafka node {node.number}", command, node.directory / "log")
        for child in self._children.values():
            child.start()
        for child in self._children.values():
            _wait(child)

    def _end(self) -> None:
        for child in self._children.values():
            child.kill()
        self._children, self._nodes = {}, []

    def kill(self, node: int) -> None:
        """End one node as a crash would (SIGKILL); its data stays.

        Raises:
            EmbeddedError: there is no such node.
        """
        self._child(node).kill()

    def restart(self, node: int) -> None:
        """Start one node again on its data and ports, after an orderly stop if it still runs.

        After a kill this takes 5 to 7 s: the controller waits until the killed one's session is over.

        Raises:
            EmbeddedError: there is no such node, or it does not come up.
        """
        child = self._child(node)
        child.stop(within=_STOP_S)
        child.start()
        _wait(child)

    def pid(self, node: int) -> int:
        """Return a node's process id, to send signals to it.

        Raises:
            EmbeddedError: there is no such node.
        """
        return self._child(node).pid

    def data(self, node: int) -> Path:
        """Return the directory in which a node keeps its logs.

        Raises:
            EmbeddedError: there is no such node.
        """
        self._child(node)
        return self._nodes[node - 1].directory / "data"

    def _child(self, node: int) -> Child:
        if not self._children:
            raise self._not_started()
        if node not in self._children:
            raise EmbeddedError(f"{self.name} has the nodes 1 to {self._size}, and no {node}")
        return self._children[node]


def _wait(child: Child) -> None:
    child.wait_until(lambda: _READY in child.output(), within=_READY_S)


def _format(jvm: Jvm, node: Node, cluster_id: str) -> None:
    arguments = ["format", f"--cluster-id={cluster_id}", f"--config={node.file}"]
    told = subprocess.run(  # noqa: S603 - Java, with Kafka's own tool
        jvm.command(_FORMAT_OPTIONS, "kafka.tools.StorageTool", *arguments),
        capture_output=True,
        text=True,
        timeout=_FORMAT_S,
        check=False,
    )
    if told.returncode:
        raise EmbeddedError(f"Kafka node {node.number} cannot format its data directory:\n{told.stderr}")
