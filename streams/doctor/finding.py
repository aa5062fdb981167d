"""What a check found: a verdict, a sentence, and the cure where something has to be done."""

from dataclasses import dataclass
from enum import StrEnum

_PARTS = ("; ", ". ")


class Verdict(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    WARN = "warn"
    """The service runs, and something will be missing or is about to fail."""
    FAIL = "fail"
    """A worker ends, or shows less or other than it should."""
    SKIPPED = "skipped"
    """Nobody could look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    says: str
    cure: str = ""
    """What to set or to run; never empty where the verdict is warn or fail."""


class SkippedError(Exception):
    """A check cannot be made; the message says why."""


def ok(says: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, says)


def warn(says: str, cure: str) -> Finding:
    """Something to be looked at soon."""
    return Finding(Verdict.WARN, says, cure)


def fail(says: str, cure: str) -> Finding:
    """Something to be put right now."""
    return Finding(Verdict.FAIL, says, cure)


def skipped(why: str) -> Finding:
    """Not looked at."""
    return Finding(Verdict.SKIPPED, why)


def parted(line: str, otherwise: str, *, more: str = "") -> Finding:
    """A failure of a line that ends in what to do, as the engine's lines do.

    Args:
        line: what is wrong, then what to do.
        otherwise: what to do where the line does not say.
        more: what else is known, for the sentence.
    """
    at, sign = max((line.rfind(part), part) for part in _PARTS)
    if at < 0:
        return fail(line + more, otherwise)
    return fail(line[:at] + more, line[at + len(sign) :])
