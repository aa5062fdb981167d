"""Health: whether something is well, and if not, why.

Rules: a reason is one short sentence for the operator; no reasons means well.

Never holds identifiers of customers or secrets.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Health:
    """Why something is not well; empty when it is."""

    reasons: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no reason against it."""
        return not self.reasons
