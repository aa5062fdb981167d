"""All KPIs, in the order of the contract: the one list that everything else is made from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from streams.core.definition.definition import Definition
from streams.core.kpi.catalogue.customers import CUSTOMERS
from streams.core.kpi.catalogue.entry import NOTHING_SWEPT, Ground, Kpi, Scope, window_of_a_day
from streams.core.kpi.catalogue.purchases import PURCHASES_AND_MONEY
from streams.core.kpi.catalogue.surveys import SURVEYS
from streams.core.kpi.values.build import Builder

CHAPTERS: Final[Mapping[str, tuple[Kpi, ...]]] = {
    "Customers": CUSTOMERS,
    "Surveys": SURVEYS,
    "Purchases and money": PURCHASES_AND_MONEY,
}
"""Chapter -> its KPIs."""

CATALOGUE: Final[Mapping[str, Kpi]] = {kpi.name: kpi for chapter in CHAPTERS.values() for kpi in chapter}
"""KPI -> what is declared of it."""

FAMILIES: Final = frozenset(kpi.base for kpi in CATALOGUE.values() if kpi.family is not None)
"""The names before the dot of all variants."""

SAMPLED: Final = tuple(kpi.name for kpi in CATALOGUE.values() if kpi.sampled)
"""The KPIs that are ``low_n`` below their ``min_n``."""

_DEFAULT: Final = Definition()


def of(scope: Scope) -> tuple[Kpi, ...]:
    """The KPIs that groups of a scope may have."""
    return tuple(kpi for kpi in CATALOGUE.values() if scope in kpi.scopes)


def headlines(*, standing: bool) -> tuple[str, ...]:
    """The KPIs of now, or of a window, without variants of one that has a figure of its own."""
    return tuple(
        kpi.name
        for kpi in CATALOGUE.values()
        if kpi.standing == standing and (kpi.name == kpi.base or kpi.base not in CATALOGUE)
    )


def tiles() -> tuple[Kpi, ...]:
    """The KPIs that come first wherever few are shown, the first of them first."""
    placed = [(kpi.board.tile, kpi) for kpi in CATALOGUE.values() if kpi.board and kpi.board.tile]
    return tuple(kpi for _, kpi in sorted(placed, key=lambda one: one[0]))


def variants(definition: Definition) -> dict[str, str]:
    """The KPIs that a definition has a choice of -> what it chose: a formula, a basis."""
    return {kpi.name: kpi.chosen(definition) for kpi in CATALOGUE.values() if kpi.chosen}


def chosen(definition: Definition) -> dict[str, str]:
    """The KPIs that a definition has a choice of -> the KPI that it chose to be this one."""
    return {kpi: f"{kpi}.{variant}" for kpi, variant in variants(definition).items()}


def in_force(name: str, definition: Definition) -> Kpi:
    """A KPI as a definition has it: in the words of the variant that was chosen, where there is a choice.

    The live page names the choice where it is not that of the default.

    Raises:
        KeyError: there is no such KPI.
    """
    kpi = CATALOGUE[name]
    of_choice = chosen(definition).get(name)
    if of_choice is None:
        return kpi
    variant, board = CATALOGUE[of_choice], kpi.board
    if board and of_choice != chosen(_DEFAULT)[name]:
        board = replace(board, name=f"{board.name}, {variant.title.removeprefix(f'{kpi.title}, ')}")
    return replace(
        kpi,
        title=variant.title,
        meaning=variant.meaning,
        formula=variant.formula,
        calls={**kpi.calls, **variant.calls},
        edges=variant.edges,
        board=board,
        help=f"{variant.title}: {variant.meaning[0].lower()}{variant.meaning[1:]}",
    )


def windows_of(kpi: Kpi, definition: Definition) -> tuple[str, ...]:
    """The windows of a definition in which the whole has a KPI."""
    build, day = Builder(definition, ()), window_of_a_day(definition)
    return tuple(
        window.name
        for window in definition.windows
        if not kpi.standing
        and kpi.published(
            Ground(
                {},
                {},
                definition,
                build,
                window,
                day=None if day is None else {},
                sweep=NOTHING_SWEPT if definition.has_revenue_shares(window) else None,
            )
        )
    )


def giving(symbol: str) -> str:
    """The KPI whose number formulas call so, like N."""
    return next(kpi.name for kpi in CATALOGUE.values() if symbol in kpi.gives)
