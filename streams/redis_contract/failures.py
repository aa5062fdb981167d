"""A failure of Redis in words: what kind it is, what happened, and what to change, in the reader's terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Cause(Enum):
    """What kind of failure it is; callers choose their exit code by it, never by the text."""

    UNREACHABLE = "Redis does not answer"
    """No connection, no answer, or no Redis."""
    REFUSED = "Redis refuses us"
    """TLS, login or rights: a person has to change something."""
    FAILED = "Redis cannot do it"
    """Redis answers, and cannot do what was asked."""


_PARTS: Final = ("url", "username", "password", "ca_file", "cert_file", "timeout")
ARGUMENTS: Final = {name: name for name in _PARTS}
"""How a caller of KpiReader names what can be changed."""
SETTINGS: Final = {name: f"KPI_REDIS_{name.replace('_', '').upper()}" for name in _PARTS}
"""How an operator does."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure in words."""

    cause: Cause
    why: str
    cure: str
    """What to change, with {url}, {username} and so on for what it is called."""

    def cured(self, names: Mapping[str, str]) -> str:
        """What to change, in the caller's words."""
        return self.cure.format_map(names)

    def line(self, names: Mapping[str, str]) -> str:
        """All of it."""
        return f"{self.cause.value} ({self.why}); {self.cured(names)}"
