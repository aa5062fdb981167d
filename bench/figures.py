"""What is measured, what it should be, and how a figure is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

Unit = Literal["event", "customer", "bytes", "ms", "s", "times", "ratio"]
"""Microseconds an event or a customer; bytes; ms; s; times as cheap as plain Faust; as dear as another."""


class Figure(msgspec.Struct, frozen=True):
    """One measured figure; less is better, but for ``times``."""

    name: str
    unit: Unit
    value: float
    relative: float | None = None
    """Relative to the calibration loop; None: not comparable between runs."""
    quiet: bool = True
    """Whether the machine did little else meanwhile."""

    @property
    def compared(self) -> float | None:
        """The number that a later run is held against; None: none is."""
        return self.value if self.unit == "bytes" else self.relative


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be: so many a second and core, or at most (``times``: at least) a value."""

    limit: float
    stretch: float | None = None


TARGETS: Mapping[str, Target] = {
    "worker: purchases": Target(100_000, 150_000),
    "worker: mix": Target(70_000),
    "worker: live, ticks of 1 s": Target(50_000),
    "worker: recovery": Target(50_000, 150_000),
    "compiled worker: purchases": Target(100_000, 150_000),
    "compiled worker: mix": Target(70_000),
    "compiled worker: live, ticks of 1 s": Target(50_000),
    "compiled worker: recovery": Target(50_000, 150_000),
    "worker: against plain Faust, mix": Target(30),
    "compiled worker: against plain Faust, mix": Target(30),
    "core: late purchase": Target(25_000),
    "core: void of a purchase": Target(25_000),
    "core: cancellation": Target(25_000),
    "core: recovery": Target(50_000, 150_000),
    "compiled core: late purchase": Target(25_000),
    "compiled core: void of a purchase": Target(25_000),
    "compiled core: cancellation": Target(25_000),
    "compiled core: recovery": Target(50_000, 150_000),
    "memory: each further customer with 3 events": Target(350),
    "history: late purchase after 100,000": Target(5_000),
    "history: late purchase after 100,000, written": Target(4_096),
    "history: void of a purchase after 100,000": Target(5_000),
    "history: void of a purchase after 100,000, written": Target(4_096),
    "history: void of an answer after 100,000": Target(5_000),
    "history: purchase in order, the 100,000th against the 10th": Target(2),
    "history: answer in order, the 100,000th against the 10th": Target(2),
    "history: leaving or returning, the 100,000th against the 10th": Target(2),
    "history: signup, the same profile, the 100,000th against the 10th": Target(2),
    "history: cancellation of one who is gone, the 100,000th against the 10th": Target(2),
    "history: each closed purchase with its id": Target(48),
    "due: 100,000 cancellations at one instant": Target(2),
    "due: 100,000 cancellations at one instant, longest slice": Target(20),
    "due: an erase of 100,000 purchases, longest slice": Target(20),
    "due: an erase of 100,000 surveys, longest slice": Target(20),
    "mapping: nested JSON to purchases": Target(80_000),
    "mapping: Avro to purchases": Target(40_000),
    "tick: totals at 200 profiles": Target(5),
    "tick: merge of 64 partitions": Target(50),
}
"""By name; 25,000 a second is 40 µs: what the general path may take; 5,000 is 200: in a long history."""


def per_second(figure: Figure) -> float | None:
    """How many a second one core does; None where that is no question."""
    return 1e6 / figure.value if figure.unit in {"event", "customer"} else None


def shown(figure: Figure) -> tuple[str, str]:
    """The figure for people: the value with its unit, and how many a second and core."""
    rate = per_second(figure)
    texts = {
        "event": f"{figure.value:.2f} µs an event",
        "customer": f"{figure.value:.2f} µs a customer",
        "bytes": f"{figure.value:,.0f} bytes",
        "ms": f"{figure.value:.2f} ms",
        "s": f"{figure.value:.2f} s",
        "times": f"{figure.value:.0f} times",
        "ratio": f"{figure.value:.2f} times as dear",
    }
    return texts[figure.unit], "" if rate is None else f"{rate:,.0f}"


def judged(figure: Figure) -> str:
    """The target in words, and whether it is met; empty without one."""
    target = TARGETS.get(figure.name)
    if target is None:
        return ""
    rate = per_second(figure)
    if rate is not None or figure.unit == "times":
        reached = figure.value if rate is None else rate
        verdict = "met" if reached >= target.limit else "not met"
        if target.stretch is not None and reached >= target.stretch:
            verdict = "met, stretch too"
        return f"at least {target.limit:,.0f}: {verdict}"
    return f"at most {target.limit:,.0f}: {'met' if figure.value <= target.limit else 'not met'}"
