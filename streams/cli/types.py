"""Option types the commands share: instants and durations."""

import time

import click

from streams.core.decode_reasons import RejectedError
from streams.core.decoding.timestamps import LAST_MS, TimestampReader
from streams.core.definition.definition import DefinitionError, parse_duration


class Instant(click.ParamType):
    """RFC 3339 with an offset or Z, or whole milliseconds since the epoch; gives milliseconds."""

    name = "instant"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text.

        Raises:
            click.BadParameter: it is neither form.
        """
        if isinstance(value, int):
            return value
        try:
            ms = int(value) if value.isascii() and value.isdigit() else TimestampReader().read(value)
        except RejectedError:
            ms = -1
        if not 0 <= ms <= LAST_MS:
            self.fail(
                f"{value!r} is no {self.name} (2026-04-15T00:00:00Z, or milliseconds since 1970)", param, ctx
            )
        return ms


class Duration(click.ParamType):
    """A whole number and ms, s, m, h or d; gives milliseconds."""

    name = "duration"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text.

        Raises:
            click.BadParameter: it is no duration.
        """
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value, param.name or "duration" if param else "duration")
        except DefinitionError as error:
            self.fail(str(error), param, ctx)


class Moment(Instant):
    """An instant, or a duration before now; gives milliseconds since the epoch."""

    name = "instant or duration"

    def convert(self, value: str | int, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the text.

        Raises:
            click.BadParameter: it is none of these.
        """
        if isinstance(value, int):
            return value
        try:
            return time.time_ns() // 1_000_000 - parse_duration(value, "duration")
        except DefinitionError:
            return super().convert(value, param, ctx)


INSTANT = Instant()
MOMENT = Moment()
DURATION = Duration()
