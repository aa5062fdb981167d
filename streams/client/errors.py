"""What a reader of KPIs can run into; callers branch on the type, never on the text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.client.reading import Reading


class KpiError(Exception):
    """Any failure of reading KPIs."""


class UnavailableError(KpiError):
    """Redis did not answer: nothing is known about any value. Try again later."""


class NotFreshError(KpiError):
    """The reading is there and cannot be relied upon; ``reading`` says what is known."""

    def __init__(self, reading: "Reading") -> None:
        super().__init__(reading.explain())
        self.reading = reading


class StaleError(NotFreshError):
    """The value is older than ``max_age``, or its publisher says so: the service stands or is late."""


class LowSampleError(NotFreshError):
    """There is a value, of too few cases to be relied upon (n below the definition's ``min_n``)."""


class UndefinedError(NotFreshError):
    """The value does not exist: its denominator is zero."""


class RecoveringError(NotFreshError):
    """The service is catching up; the value comes back by itself."""


class AbsentError(NotFreshError):
    """Nobody publishes this: no such KPI, window or dimension value, or no service for a minute."""
