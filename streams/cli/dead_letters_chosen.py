"""The options by which all ``kpi dead-letters`` commands choose letters."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from streams.cli.environment import client_settings
from streams.cli.types import MOMENT
from streams.core.events import KINDS
from streams.deadletters.letter import LETTER_REASONS, OTHER, Place
from streams.deadletters.wanted import Wanted
from streams.settings import Settings


class PlaceType(click.ParamType):
    """PARTITION:OFFSET, as a list shows it."""

    name = "partition:offset"

    def convert(self, value: str | Place, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        """Read the text.

        Raises:
            click.BadParameter: it is no place.
        """
        if isinstance(value, Place):
            return value
        parts = value.split(":")
        if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts):  # noqa: PLR2004
            self.fail(f"{value!r} is no place like 0:17, as kpi dead-letters list shows it", param, ctx)
        return Place(int(parts[0]), int(parts[1]))


PLACE = PlaceType()
_OPTIONS = (
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice(KINDS),
        metavar="KIND",
        help=f"Of this kind of event: {', '.join(KINDS)}; may be repeated; default: any.",
    ),
    click.option(
        "--topic",
        "origins",
        multiple=True,
        metavar="NAME",
        help="That came from this topic, as a list shows it: one of yours that kpi ingest reads, too; may be "
        "repeated; default: any.",
    ),
    click.option(
        "--reason",
        "reasons",
        multiple=True,
        type=click.Choice((*LETTER_REASONS, OTHER)),
        metavar="REASON",
        help="Malformed for this reason, as a list shows it; may be repeated; default: any.",
    ),
    click.option(
        "--since",
        metavar="MOMENT",
        type=MOMENT,
        help="Written at or after this instant, or at most so long ago, like 2h; default: the beginning.",
    ),
    click.option(
        "--until",
        metavar="MOMENT",
        type=MOMENT,
        help="Written before this instant, or at least so long ago; default: now.",
    ),
    click.option(
        "--key",
        "customer",
        metavar="ID",
        help="Of this customer: the key is ID, or the value names it; default: any.",
    ),
    click.option(
        "--at",
        "places",
        multiple=True,
        metavar="PLACE",
        type=PLACE,
        help="Standing at PARTITION:OFFSET; may be repeated; default: anywhere.",
    ),
    click.option(
        "--limit", metavar="NUMBER", type=click.IntRange(min=0), help="At most so many; default: all."
    ),
)


def chosen(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options; it gets ``settings``, ``wanted`` and ``limit`` for them."""

    @wraps(command)
    def call(  # noqa: PLR0917 - one argument an option
        kinds: tuple[str, ...],
        origins: tuple[str, ...],
        reasons: tuple[str, ...],
        since: int | None,
        until: int | None,
        customer: str | None,
        places: tuple[Place, ...],
        **others: Any,  # noqa: ANN401 - the command's own
    ) -> None:
        settings: Settings = client_settings()
        wanted = Wanted(
            settings.source_topics,
            frozenset(kinds),
            frozenset(reasons),
            since,
            until,
            customer,
            frozenset(places),
            frozenset(origins),
        )
        command(settings=settings, wanted=wanted, **others)

    decorated: Callable[..., None] = call
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
