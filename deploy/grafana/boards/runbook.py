"""The runbook as a dashboard, one text panel a section: where every other panel links to.

Nothing is written here: the text is that of deploy/RUNBOOK.md.
"""

import functools
import re
from pathlib import Path

from grafana_foundation_sdk.builders import dashboard, text
from grafana_foundation_sdk.models.text import TextMode

RUNBOOK_UID = "kpi-runbook"
_FILE = Path(__file__).parents[2] / "RUNBOOK.md"


@functools.cache
def sections() -> dict[str, str]:
    """The runbook's sections, one an alert: heading -> markdown."""
    parts = re.split(r"^## (\w+)\n", _FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))


def panel_id(section: str) -> int:
    """The id of a section's panel.

    Raises:
        ValueError: there is no such section.
    """
    return [*sections()].index(section) + 1


def runbook() -> dashboard.Dashboard:
    """The dashboard."""
    board = dashboard.Dashboard("Runbook").uid(RUNBOOK_UID).tags(["kpi-streams"]).readonly()
    board = board.description("What each alert means, where to look first, and what cures it.")
    for section, markdown in sections().items():
        panel = text.Panel().mode(TextMode.MARKDOWN).content(_local(markdown))
        board = board.with_panel(panel.title(section).id(panel_id(section)).height(9).span(12))
    return board


def _local(markdown: str) -> str:
    """Links between sections lead to their panels."""
    ids = {section.lower(): panel_id(section) for section in sections()}
    return re.sub(r"\]\(#(\w+)\)", lambda found: f"](/d/{RUNBOOK_UID}?viewPanel={ids[found[1]]})", markdown)
