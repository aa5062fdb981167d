"""Prometheus and Alertmanager beside the demo, where they are installed: with the rules that are deployed.

Rules: their configuration is the one that `kpi files` writes, with other addresses. They listen on 127.0.0.1,
keep what they have in a directory of their own, and end with us.

Never: downloads anything, or loosens a rule.
"""

import http.client
import shutil
from collections.abc import Sequence
from pathlib import Path

from streams import shipped
from streams.embedded.errors import EmbeddedError
from streams.embedded.ports import LOOPBACK, free_port
from streams.embedded.process import Child
from streams.embedded.server import EmbeddedServer

_READY_S = 120.0
_STOP_S = 5.0
_PROBE_S = 5.0
_OK = 200
_PROMETHEUS = ("prometheus",)
_ALERTMANAGER = ("alertmanager", "prometheus-alertmanager")
"""Debian calls it by the second name."""


def missing() -> list[str]:
    """What is needed and not here; empty if all is."""
    return [names[0] for names in (_PROMETHEUS, _ALERTMANAGER) if _program(names) is None]


class MonitoringServer(EmbeddedServer):
    """What both servers have in common: a configuration, an address, a probe.

    Args:
        config: the text of its configuration file.
    """

    programs: tuple[str, ...] = ()
    page = ""

    def __init__(self, config: str) -> None:
        super().__init__()
        self._config = config
        self._child: Child | None = None
        self.port = 0

    @property
    def address(self) -> str:
        """Host and port, once started."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def url(self) -> str:
        """Its page on alerts."""
        return f"http://{self.address}{self.page}"

    def _launch(self, directory: Path) -> None:
        program = _program(self.programs)
        if program is None:
            raise EmbeddedError(f"{self.name} is not installed")
        self.port = free_port()
        config = directory / "config.yml"
        config.write_text(self._config, encoding="utf-8")
        command = [program, f"--config.file={config}", f"--web.listen-address={self.address}"]
        self._child = Child(self.name, [*command, *self._own(directory)], directory / "log")
        self._child.start()
        self._child.wait_until(self._ready, within=_READY_S)

    def _own(self, directory: Path) -> list[str]:
        raise NotImplementedError

    def _end(self) -> None:
        if self._child is not None:
            self._child.stop(within=_STOP_S)
            self._child = None

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=_PROBE_S)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == _OK
        except OSError:  # not listening yet
            return False
        finally:
            connection.close()


class PrometheusServer(MonitoringServer):
    """A Prometheus.

    Args:
        config: the text of its configuration file.
        data: where its blocks are, kept for ever; None: it starts with none.
    """

    name = "Prometheus"
    programs = _PROMETHEUS
    page = "/alerts"

    def __init__(self, config: str, data: Path | None = None) -> None:
        super().__init__(config)
        self._data = data

    def _own(self, directory: Path) -> list[str]:
        if self._data is None:
            return [f"--storage.tsdb.path={directory / 'data'}"]
        return [f"--storage.tsdb.path={self._data}", "--storage.tsdb.retention.time=100y"]


class AlertmanagerServer(MonitoringServer):
    """An Alertmanager on its own, without a cluster."""

    name = "Alertmanager"
    programs = _ALERTMANAGER
    page = "/#/alerts"

    def _own(self, directory: Path) -> list[str]:
        return [f"--storage.path={directory / 'data'}", "--cluster.listen-address="]


class Monitoring:
    """Both servers, watching workers; they know nothing of what happened before they started.

    Args:
        workers: host and port of each.
    """

    def __init__(self, workers: Sequence[str]) -> None:
        self._workers = workers
        self.alertmanager = AlertmanagerServer(alertmanager_config())
        self.prometheus: PrometheusServer | None = None

    def start(self) -> None:
        """Start both; returns when they serve.

        Raises:
            EmbeddedError: one does not come up.
        """
        self.alertmanager.start()
        self.prometheus = PrometheusServer(prometheus_config(self._workers, self.alertmanager.address))
        self.prometheus.start()

    def stop(self) -> None:
        """End both."""
        if self.prometheus is not None:
            self.prometheus.stop()
        self.alertmanager.stop()

    def addresses(self) -> list[str]:
        """Where they are, a line each."""
        servers = (self.prometheus, self.alertmanager)
        return [f"{server.name}: {server.url}" for server in servers if server is not None]


def prometheus_config(workers: Sequence[str], alertmanager: str) -> str:
    """The deployed configuration, for other addresses.

    Args:
        workers: host and port of each worker.
        alertmanager: host and port.
    """
    directory = shipped.folder() / "deploy/prometheus"
    return replaced(
        (directory / "prometheus.yml").read_text(encoding="utf-8"),
        {
            "worker-1:8700, worker-2:8700": ", ".join(workers),
            "alertmanager:9093": alertmanager,
            "rules/*.yml": str(directory / "rules/*.yml"),
        },
    )


def alertmanager_config() -> str:
    """The deployed configuration."""
    return (shipped.folder() / "deploy/alertmanager/alertmanager.yml").read_text(encoding="utf-8")


def replaced(text: str, changes: dict[str, str]) -> str:
    """A text with each of some parts, that stand in it once, replaced.

    Raises:
        ValueError: one does not, or more than once.
    """
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(f"{old!r} stands {text.count(old)} times in the configuration, not once")
        text = text.replace(old, new)
    return text


def _program(names: Sequence[str]) -> str | None:
    """Where the first of these that is installed is."""
    return next(filter(None, map(shutil.which, names)), None)
