"""The text of docs/settings.md: every setting of the table, and nothing that the table does not say."""

from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Literal, get_origin

from streams.core.definition.definition import duration_text
from streams.settings import PREFIX, Settings
from streams.settings.declare import allowed

PAGE = Path(__file__).parents[2] / "docs/settings.md"

_HEAD = """# Settings

Where and how a process runs, read once at its start from the environment; made from the declarations in
`streams/settings/table.py` by `python -m deploy.settings`. What changes a published number is no setting: it
stands in the [definition file](definitions.md).

A value that cannot be used ends the process with exit code 2 and one line: the key, what is wrong, what it
must be. A key with the prefix `KPI_` that is not in this table is warned of: it is most often misspelt.

**Secrets** are marked with 🔒. They stand in no message, log or page. Each may come from a file instead, as
orchestrators mount them: `KPI_SECRET_FILE=/run/secrets/kpi` reads the file's text without its last line
break. Key and file together are an error. Whole examples, and who may do what, stand in
[security.md](security.md).

*Read by*: `worker` counts (role `worker` or `all`), `publisher` shows (role `publisher` or `all`), `ingest`
is `kpi ingest`, `commands` are `kpi send`, `kpi replay`, `kpi get` and the like.
"""

_SECTIONS = (
    (
        "Deployment",
        ("brokers", "app_id", "partitions", "partitioner", "replication_factor", "role", "secret", "demo"),
    ),
    ("Definition", ("definition_file",)),
    ("Records of others", ("mapping_file", "ingest_", "registry_")),
    ("Kafka's security", ("kafka_",)),
    ("Redis", ("redis_", "at_risk_limit")),
    ("HTTP and logs", ("http_", "log_")),
    ("Topics", ("topic_", "dead_letter_retention")),
)
_REST = "Times and guarantees"


def page() -> str:
    """The page."""
    return "".join((_HEAD, *(line for title, items in sections() for line in _section(title, items))))


def sections() -> Iterator[tuple[str, list[Field[Any]]]]:
    """Every setting once, under a title."""
    left = [item for item in fields(Settings) if item.name != "unknown"]
    for title, starts in _SECTIONS:
        found = [item for item in left if any(_begins(item.name, start) for start in starts)]
        left = [item for item in left if item not in found]
        yield title, found
    yield _REST, left


def _begins(name: str, start: str) -> bool:
    return name.startswith(start) if start.endswith("_") else name == start


def _section(title: str, items: list[Field[Any]]) -> Iterator[str]:
    yield f"\n## {title}\n\n| setting | type | default | allowed | read by | |\n|---|---|---|---|---|---|\n"
    for item in items:
        told = item.metadata
        lock = " 🔒" if told.get("secret") else ""
        example = f" Example: `{told['example']}`." if told.get("example") else ""
        yield (
            f"| `{PREFIX}{item.name.upper()}`{lock} | {_type(item)} | {_default(item)} | {allowed(item)} "
            f"| {', '.join(told['readers'])} | {told['says']}{example} |\n"
        )


def _type(item: Field[Any]) -> str:
    if item.metadata.get("duration"):
        return "duration"
    if get_origin(item.type) is Literal:
        return "choice"
    names: dict[object, str] = {bool: "switch", int: "number", tuple[str, ...]: "addresses", Path: "path"}
    return names.get(item.type, "secret" if item.metadata.get("secret") else "text")


def _default(item: Field[Any]) -> str:
    default: Any = item.default
    if item.metadata.get("duration"):
        default = duration_text(default)
    if isinstance(default, bool):
        default = str(default).lower()
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if str(default) else "none"
