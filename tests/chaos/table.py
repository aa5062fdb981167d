"""How runs went, in lines and as a table."""

from collections.abc import Iterable

from tests.chaos.run import Outcome


def line(outcome: Outcome) -> str:
    """One run in one line, and a line for each mismatch."""
    head = (
        f"{outcome.fault} (seed {outcome.seed}): {outcome.events:,} events ({outcome.rate:,.0f}/s), "
        f"{outcome.compared:,} published values, {len(outcome.mismatches)} mismatches, "
        f"fresh after {_range([outcome.fresh_s])} s, exits {outcome.exits or 'none'}"
    )
    return "\n    ".join([head, *outcome.mismatches])


def markdown(outcomes: Iterable[Outcome]) -> str:
    """A row for each fault: what its runs add up to."""
    rows: dict[tuple[str, int], list[Outcome]] = {}
    for outcome in outcomes:
        rows.setdefault((outcome.fault, outcome.nodes), []).append(outcome)
    head = (
        "| fault | Kafka nodes | runs | events | mismatches | time to fresh, s |\n|---|--:|--:|--:|--:|--:|\n"
    )
    return head + "".join(
        f"| {fault} | {nodes} | {len(runs)} | {sum(one.events for one in runs):,} | "
        f"{sum(len(one.mismatches) for one in runs)} | {_range([one.fresh_s for one in runs])} |\n"
        for (fault, nodes), runs in rows.items()
    )


def _range(seconds: list[float | None]) -> str:
    known = [one for one in seconds if one is not None]
    if not known:
        return "-"
    low, high = f"{min(known):.1f}", f"{max(known):.1f}"
    return high if low == high else f"{low} to {high}"
