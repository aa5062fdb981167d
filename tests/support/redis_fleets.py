"""Genuine Redis deployments of several servers: a service that a Sentinel watches, and a Redis Cluster.

Rules: as ValkeyServer: everything in memory, only on 127.0.0.1, gone with the `with` block. A fleet is ready
when a client finds every part of it.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import redis

from streams.embedded import ValkeyServer, free_port
from streams.redis_contract.layout import Keys
from tests.support.eventually import eventually

SERVICE = "crm-kpi"
_READY_S = 20.0
_SLOTS = 16_384
_PERIODS = ("info-period", "ask-period", "ping-period", "publish-period")
"""What a Sentinel does every so many ms; some of its decisions wait for several of them."""


class Replica(ValkeyServer):
    """A copy of a primary, which can take its place."""

    name = "Valkey replica"

    def __init__(self, primary: ValkeyServer) -> None:
        super().__init__()
        self._primary = primary

    def _arguments(self, directory: Path) -> list[str]:
        return [*super()._arguments(directory), "--replicaof", "127.0.0.1", str(port_of(self._primary))]


class SentinelServer(ValkeyServer):
    """A Sentinel that alone decides, within a second, that the primary is down."""

    name = "Sentinel"

    def __init__(self, primary: ValkeyServer, password: str = "") -> None:
        super().__init__()
        self._primary = primary
        self._password = password

    @property
    def url(self) -> str:
        """The address for redis-py."""
        secret = f":{self._password}@" if self._password else ""
        return super().url.removesuffix("/0").replace("//", f"//{secret}")

    def _arguments(self, directory: Path) -> list[str]:
        file = directory / "sentinel.conf"
        lines = [
            f"sentinel monitor {SERVICE} 127.0.0.1 {port_of(self._primary)} 1",
            f"sentinel down-after-milliseconds {SERVICE} 1000",
            f"sentinel failover-timeout {SERVICE} 3000",
        ]
        if self._password:
            lines.append(f"requirepass {self._password}")
        file.write_text("\n".join(lines) + "\n")
        return [str(file), "--sentinel"]


class ClusterNode(ValkeyServer):
    """A node of a Redis Cluster."""

    name = "Valkey cluster node"

    def _arguments(self, directory: Path) -> list[str]:
        bus = ["--cluster-port", str(free_port()), "--cluster-node-timeout", "5000"]
        return [*super()._arguments(directory), "--cluster-enabled", "yes", *bus]


class Watched:
    """A primary, a replica, and a Sentinel."""

    def __init__(self, primary: ValkeyServer, replica: ValkeyServer, sentinel: SentinelServer) -> None:
        self.primary, self.replica, self.sentinel = primary, replica, sentinel

    def demote(self) -> None:
        """Have the replica take over while the primary lives, and break no connection."""
        eventually(self._failover, within=_READY_S)
        new = port_of(self.replica)
        eventually(
            lambda: ask(self.sentinel.url, "SENTINEL MASTERS")[SERVICE]["port"] == new, within=_READY_S
        )
        ask(self.primary.url, "REPLICAOF", "127.0.0.1", new)  # the Sentinel itself takes 8 s for it

    def _failover(self) -> bool:
        with contextlib.suppress(redis.ResponseError):  # the replica is not fit for it yet
            return bool(ask(self.sentinel.url, "SENTINEL FAILOVER", SERVICE))
        return False

    def url(self, scheme: str = "redis+sentinel", service: str = SERVICE) -> str:
        """The address for us; the first Sentinel that it names is dead."""
        return f"{scheme}://127.0.0.1:1,127.0.0.1:{port_of(self.sentinel)}/{service}/0"


class Sharded:
    """A Redis Cluster of three nodes, each with a third of the slots."""

    def __init__(self, nodes: list[ClusterNode]) -> None:
        self.nodes = nodes

    def owner(self, tenant: str) -> int:
        """Which of the nodes holds the keys of a tenant."""
        slot = ask(self.nodes[0].url, "CLUSTER KEYSLOT", Keys(tenant).prefix)
        told = ask(self.nodes[0].url, "CLUSTER SLOTS")
        port = next(owner[1] for first, last, owner, *_ in told if first <= slot <= last)
        return [port_of(node) for node in self.nodes].index(port)

    def is_down(self, node: int) -> bool:
        """Whether a node says that the cluster as a whole serves nobody."""
        return bool(ask(self.nodes[node].url, "CLUSTER INFO")["cluster_state"] == "fail")

    def move(self, tenant: str, to: int) -> None:
        """Give the slot of a tenant, and its keys, to another node."""
        old, new = self.nodes[self.owner(tenant)].url, self.nodes[to].url
        slot = ask(old, "CLUSTER KEYSLOT", Keys(tenant).prefix)
        ids = [ask(url, "CLUSTER MYID") for url in (old, new)]
        ask(new, "CLUSTER SETSLOT", slot, "IMPORTING", ids[0])
        ask(old, "CLUSTER SETSLOT", slot, "MIGRATING", ids[1])
        keys = ask(old, "CLUSTER GETKEYSINSLOT", slot, 1_000)
        ask(old, "MIGRATE", "127.0.0.1", port_of(self.nodes[to]), "", 0, 5_000, "KEYS", *keys)
        for url in (new, old):
            ask(url, "CLUSTER SETSLOT", slot, "NODE", ids[1])

    def url(self, node: int, scheme: str = "redis+cluster") -> str:
        """The address for us, which names one node alone."""
        return f"{scheme}://127.0.0.1:{port_of(self.nodes[node])}"


def port_of(server: ValkeyServer) -> int:
    """The port that it listens on."""
    return int(server.url.rpartition(":")[2].partition("/")[0])


def ask(url: str, *words: object) -> Any:  # noqa: ANN401 - as the server says it
    """Ask a server something."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        asked: Any = client  # redis-py's is untyped
        return asked.execute_command(*words)


@contextlib.contextmanager
def watched(password: str = "") -> Iterator[Watched]:
    """A primary whose replica and Sentinel are ready to follow; the Sentinel may ask for a password."""
    with contextlib.ExitStack() as stack:
        primary = stack.enter_context(ValkeyServer())
        ask(primary.url, "CONFIG SET", "repl-diskless-sync-delay", 0)
        replica = stack.enter_context(Replica(primary))

        def copied() -> bool:
            return bool(ask(replica.url, "INFO", "replication")["master_link_status"] == "up")

        eventually(copied, within=_READY_S)
        with SentinelServer(primary, password) as sentinel:
            ask(
                sentinel.url,
                "SENTINEL DEBUG",
                "info-period",
                100,
                "ask-period",
                100,
                "election-timeout",
                1_000,
            )

            def knows_both() -> bool:
                return bool(ask(sentinel.url, "SENTINEL MASTERS")[SERVICE]["num-slaves"] == 1)

            eventually(knows_both, within=_READY_S)
            yield Watched(primary, replica, sentinel)


@contextlib.contextmanager
def sharded() -> Iterator[Sharded]:
    """A cluster whose nodes all know each other."""
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(ClusterNode()) for _ in range(3)]
        joined(nodes, [port_of(node) for node in nodes])
        yield Sharded(nodes)


def joined(nodes: Sequence[ValkeyServer], ports: Sequence[int]) -> None:
    """Make a cluster of three nodes, which know each other by these ports; returns when it serves."""
    for node, (first, last) in zip(nodes, _thirds(), strict=True):
        ask(node.url, "CLUSTER ADDSLOTSRANGE", first, last)
    for other, port in zip(nodes[1:], ports[1:], strict=True):
        bus = ask(other.url, "CONFIG GET", "cluster-port")["cluster-port"]
        ask(nodes[0].url, "CLUSTER MEET", "127.0.0.1", port, bus)

    def ready() -> bool:
        told = [ask(node.url, "CLUSTER INFO") for node in nodes]
        return all(each["cluster_state"] == "ok" and each["cluster_size"] == "3" for each in told)

    eventually(ready, within=_READY_S)


def _thirds() -> list[tuple[int, int]]:
    third = _SLOTS // 3
    return [(0, third - 1), (third, 2 * third - 1), (2 * third, _SLOTS - 1)]
