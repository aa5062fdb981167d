"""What a reader of KPIs can run into; callers branch on the type, never on the text."""

from typing import TYPE_CHECKING

from streams.redis_contract.failures import ARGUMENTS, Cause, Failure

if TYPE_CHECKING:
    from streams.client.reading import Reading


class KpiError(Exception):
    """Any failure of reading KPIs."""


class UnavailableError(KpiError):
    """Redis did not answer: nothing is known about any value. Try again later; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return self.failure.line(ARGUMENTS)


class DeniedError(UnavailableError):
    """Redis refuses TLS, login or rights: a person has to change something, and trying again is of no use."""


def unavailable(failure: Failure) -> UnavailableError:
    """The error for a failure of Redis."""
    return DeniedError(failure) if failure.cause is Cause.REFUSED else UnavailableError(failure)


class UnknownNameError(KpiError, ValueError):
    """No window, dimension or KPI of that name is published, while others are: most likely misspelt."""


class NotFreshError(KpiError):
    """The reading is there and cannot be relied upon; ``reading`` says what is known."""

    def __init__(self, reading: "Reading") -> None:
        super().__init__(reading.explain())
        self.reading = reading


class StaleError(NotFreshError):
    """The value is older than ``max_age``, or its publisher says so: the service stands or is late."""


class LowSampleError(NotFreshError):
    """There is a value, of too few cases to be relied upon (n below the definition's ``min_n``)."""


class SilentError(NotFreshError):
    """There is a value, and a source of events it is made of has brought nothing for too long."""


class UndefinedError(NotFreshError):
    """The value does not exist: its denominator is zero."""


class RecoveringError(NotFreshError):
    """The service is catching up; the value comes back by itself."""


class AbsentError(NotFreshError):
    """Nobody publishes this: no such dimension value yet, or no service for a minute."""
