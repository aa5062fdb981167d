"""``kpi status``: what the workers of a deployment do right now."""

from collections import Counter
from dataclasses import asdict

import click
import msgspec
from rich.console import Console
from rich.text import Text

from streams.app import wall_clock
from streams.cli.closing import KAFKA, closing
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.fitting import STATUS, Column, Fitting, plain
from streams.cli.kafka_errors import answered
from streams.cli.terminal import say
from streams.doctor.partitions import FRESH_MS, NOBODY, Deployment, Partition, State, look
from streams.engine.kafka.client import Client
from streams.engine.topics.group import DEAD, EMPTY, STABLE

_COLUMNS = (
    Column("partition", right=True),
    OWNER := Column("owner"),
    STATUS,
    Column("lag", right=True),
    Column("commit age", right=True),
    EPOCH := Column("epoch", right=True),
)
_COLOURS = {"live": "green", "catching up": "cyan", "no totals yet": "bright_black", "other version": "red"}
_TROUBLE: tuple[State, ...] = ("other version", "no totals yet", "catching up")
_WIDTH = 140


@click.command(
    epilog=closing(
        "kpi status",
        "kpi status --json",
        reads=f"{KAFKA}, KPI_APP_ID, KPI_PARTITIONS, KPI_TOPIC_*",
        ends="0 every partition has an owner, is live, and has written within 10 s; 1 one has not",
    )
)
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
def command(*, as_json: bool) -> None:
    """Show who has each partition, whether it is live, how far behind it is, and when it last wrote.

    Asks Kafka alone, and changes nothing.
    """
    settings = client_settings()
    client = Client(settings)
    now = answered(client, look(settings, client, wall_clock), "asking for workers and totals")
    if as_json:
        say(msgspec.json.encode(_document(now)).decode())
    else:
        rows = [[_row(part) for part in now.partitions]]
        Console(width=None if Console().is_terminal else _WIDTH).print(
            Fitting(settings.app_id, _COLUMNS, (EPOCH, OWNER), rows)
        )
    if not now.healthy:
        raise CliError(Exit.FAILED, _trouble(now))
    if not as_json:
        say(f"{_workers(now)}: every partition has an owner, is live and fresh")


def _document(now: Deployment) -> dict[str, object]:
    return {
        "ok": now.healthy,
        "group_state": now.group.state,
        "workers": len(now.group.members),
        "partitions": [asdict(part) for part in now.partitions],
    }


def _row(part: Partition) -> list[Text]:
    colour = "red" if part.owner == NOBODY else ""
    age_ms = part.commit_age_ms
    late = age_ms is not None and age_ms > FRESH_MS
    return [
        plain(str(part.partition)),
        plain(part.owner, colour),
        plain(part.state, _COLOURS[part.state]),
        plain("-" if part.lag is None else f"{part.lag:,}"),
        plain("-" if age_ms is None else f"{max(0, age_ms) / 1_000:.1f} s", "red" if late else ""),
        plain("-" if part.epoch is None else str(part.epoch)),
    ]


def _workers(now: Deployment) -> str:
    count = len(now.group.members)
    return "1 worker" if count == 1 else f"{count} workers"


def _trouble(now: Deployment) -> str:
    """What is wrong, the worst first."""
    parts = now.partitions
    said = []
    if now.group.state in {EMPTY, DEAD}:
        said.append("no worker is running: kpi worker starts one")
    elif now.group.state != STABLE:
        said.append("the workers are dividing the partitions among them just now")
    elif free := [part for part in parts if part.owner == NOBODY]:
        said.append(f"{len(free)} of {len(parts)} partitions have no owner")
    if now.mixed:
        said.append("workers count under different definitions")
    states = Counter(part.state for part in parts)
    said += [f"{states[state]} of {len(parts)} partitions: {state}" for state in _TROUBLE if states[state]]
    if late := sum(part.state == "live" and not part.fresh for part in parts):
        said.append(f"{late} of {len(parts)} partitions wrote nothing for more than {FRESH_MS // 1_000} s")
    return f"{_workers(now)}; {'; '.join(said)}"
