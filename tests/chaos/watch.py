"""Watches what a publisher shows while faults happen: how long nothing is fresh, and what must never be.

Rules held at every look: evaluation time never goes back while a publisher lives; while a partition recovers
or t is stale no value is shown. What breaks them is kept as a violation.
"""

import threading
import time
import urllib.error
import urllib.request
from typing import NamedTuple

import msgspec

_EVERY_S = 0.25
_TIMEOUT_S = 3.0
_FRESH_WITHIN_S = 4.0
_WITHHELD = ("recovering", "stale")


class _Value(msgspec.Struct):
    value: float | None = None
    status: str = ""


class _Info(msgspec.Struct):
    state: str
    lag: int | None = None


class _Accounting(msgspec.Struct, frozen=True):
    received: int = 0


class Shown(msgspec.Struct):
    """The part of a snapshot that is watched."""

    t: int
    computed_at: int = 0
    now: dict[str, _Value] = {}
    partitions: dict[str, _Info] = {}
    accounting: _Accounting = _Accounting()

    @property
    def withheld(self) -> bool:
        """Whether no values are shown."""
        return "active_customers" not in self.now or self.now["active_customers"].status in _WITHHELD

    @property
    def recovering(self) -> bool:
        """Whether a partition says that it is not whole."""
        return any(info.state in {"recovering", "refused"} for info in self.partitions.values())


class Look(NamedTuple):
    """What was seen at a moment (s since the epoch)."""

    at: float
    fresh: bool
    recovering: bool
    age_s: float | None = None
    """Of the values; None while none are shown."""


_decode = msgspec.json.Decoder(Shown).decode


def fetch(url: str) -> Shown | None:
    """What a publisher shows now; None if it does not answer, or knows nothing yet."""
    try:
        with urllib.request.urlopen(f"{url}/api/snapshot", timeout=_TIMEOUT_S) as answer:  # noqa: S310
            return _decode(answer.read())
    except (OSError, urllib.error.URLError):
        return None


class Watch(threading.Thread):
    """Looks at one publisher four times a second."""

    def __init__(self, url: str) -> None:
        super().__init__(name="watch", daemon=True)
        self.looks: list[Look] = []
        self.violations: list[str] = []
        self.newest: Shown | None = None
        self._url = url
        self._end = threading.Event()

    def __str__(self) -> str:
        looks, newest = self.looks[-40:], self.newest
        told = "".join("f" if look.fresh else "r" if look.recovering else "." for look in looks)
        if newest is None:
            return f"nothing shown; {told}"
        states = {number: (info.state, info.lag) for number, info in newest.partitions.items()}
        behind = time.time() - newest.t / 1_000
        return f"t {behind:.1f} s ago, {newest.accounting.received} received, {states}; {told}"

    def run(self) -> None:
        """Look until told to stop."""
        while not self._end.wait(_EVERY_S):
            self._look()

    def stop(self) -> None:
        """End."""
        self._end.set()
        self.join()

    def fresh_since(self, moment: float, *, for_s: float) -> float | None:
        """When freshness came back after a moment: the start of the fresh stretch that lasts until now.

        None while it is not fresh, or has not been for ``for_s`` seconds since the moment.
        """
        looks = [look for look in self.looks if look.at >= moment]
        since: float | None = None
        for look in looks:
            if not look.fresh:
                since = None
            elif since is None:
                since = look.at
        return since if since is not None and time.time() - since >= for_s else None

    @property
    def received(self) -> int:
        """How many records the service says it has received."""
        return 0 if self.newest is None else self.newest.accounting.received

    def _look(self) -> None:
        shown = fetch(self._url)
        now = time.time()
        if shown is None:
            self.looks.append(Look(now, fresh=False, recovering=False))
            return
        if self.newest is not None and self.newest.now and shown.t < self.newest.t:
            self.violations.append(f"t went back from {self.newest.t} to {shown.t}")
        if shown.withheld and any(value.value is not None for value in shown.now.values()):
            self.violations.append("values are shown while recovering or stale")
        if shown.recovering and not shown.withheld:
            self.violations.append("values are shown as whole while a partition recovers")
        self.newest = shown
        age_s = None if shown.withheld else now - shown.t / 1_000
        fresh = age_s is not None and age_s < _FRESH_WITHIN_S
        self.looks.append(Look(now, fresh, shown.recovering, age_s))
