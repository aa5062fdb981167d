"""Progress on standard error: a bar on a terminal, nothing elsewhere."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from streams.cli.terminal import redraws


class Progress:
    """Counts what is done; ``total`` None means that nobody knows how much there is."""

    def __init__(self, what: str, total: int | None = None) -> None:
        console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} /s"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not redraws(sys.stderr),
        )
        self._task = self._bar.add_task(what, total=total, rate="-")

    def advance(self, count: int) -> None:
        """So many more are done."""
        self._bar.advance(self._task, count)
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, rate="-" if speed is None else f"{speed:,.0f}")

    def begin(self, what: str, total: int | None = None) -> None:
        """Something else is being done from here on."""
        self._bar.reset(self._task, total=total, description=what, rate="-")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
