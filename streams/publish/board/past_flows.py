"""The flows of the board: what came and went by steps of time, as far back as a window's curves go.

Pure. Never interpolates, and tells no step that is not over.
"""

from streams.core.definition.definition import Definition, Window
from streams.core.kpi.catalogue.registry import CATALOGUE
from streams.core.kpi.flows import Flows, range_of, step_of
from streams.publish.board.document import encode

TOLD = {kpi.name: kpi.board.steps for kpi in CATALOGUE.values() if kpi.board and kpi.board.steps}
"""KPI -> what is told of it by steps."""


class PastFlows:
    """Encodes flows once for all pages that ask.

    Args:
        definition: how far back curves go.
    """

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._of: Flows | None = None
        self._encoded: dict[str, bytes] = {}

    def json(self, window: Window, flows: Flows | None) -> bytes:
        """The steps that are over: their ends (ms), and for each KPI as many numbers."""
        if flows is not self._of:
            self._of, self._encoded = flows, {}
        if window.name not in self._encoded:
            range_ms = range_of(self._definition, window)
            step_ms = step_of(range_ms)
            times, told = ([], {}) if flows is None else flows.steps(step_ms, range_ms)
            series = {kpi: told.get(steps, []) for kpi, steps in TOLD.items()}
            document = {"range_ms": range_ms, "step_ms": step_ms, "t": times, "series": series}
            self._encoded[window.name] = encode(document)
        return self._encoded[window.name]
