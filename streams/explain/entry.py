"""The form in which a KPI is described."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """A KPI in words.

    ``formula`` names its quantities in braces; symbols.py gives them names and numbers.
    """

    kpi: str
    title: str
    meaning: str
    formula: str
    edges: tuple[str, ...] = field(default=())
    """What happens at the edges, a sentence each."""
