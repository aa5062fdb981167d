"""``kpi files DIR``: the files that go with the service, for whoever has installed it without a checkout."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import click

from streams import shipped
from streams.cli.closing import closing
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.terminal import say

PARTS = {
    "docker-compose.yml": "the whole service on one host; what to do stands on its top",
    ".dockerignore": "what of this folder an image is built from",
    "requirements.lock": "what the image installs, checked by hash",
    "deploy/Dockerfile": "the image",
    "deploy/prometheus/": "configuration, recording rules and alerts",
    "deploy/alertmanager/": "who is told of an alert",
    "deploy/grafana/": "dashboards, and how Grafana finds them",
    "deploy/RUNBOOK.md": "what to do when an alert comes in",
    "docs/": "what every figure means (contract.md), KPIs, settings, topics, security",
    "schemas/": "events, snapshot and topics as JSON Schema and AsyncAPI, with examples; mappings",
    "bench/README.md": "what it costs",
}
"""What there is, and what it is for; what ends in / is a folder."""

Done = Literal["written", "there", "kept"]
"""What became of a file; kept: another one was there."""


@click.command(
    epilog=closing(
        "kpi files kpi-streams",
        "kpi files --force .",
        reads="none",
        ends="0 all files are there as they should be; 1 some differ and stay; 2 DIR cannot be written",
    )
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite files that are there and differ.")
def command(*, directory: Path, force: bool) -> None:
    """Write rules, dashboards, schemas, documents and a compose file to the folder DIR, which is made.

    They are those of this version. A file that is there and differs stays and is named, unless --force is
    given; no other is touched. Asks nobody.
    """
    source = shipped.folder()
    done = {
        name: _put(directory / name, (source / name).read_bytes(), force=force) for name in shipped.names()
    }
    _tell(directory, done)
    if kept := Counter(done.values())["kept"]:
        raise CliError(
            Exit.FAILED, f"{kept} of the files differ from this version's and stay; --force overwrites them"
        )


def _put(path: Path, content: bytes, *, force: bool) -> Done:
    """Write one file, unless it is there, or another one.

    Raises:
        CliError: it cannot be written.
    """
    try:
        if path.is_file() and path.read_bytes() == content:
            return "there"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError as error:
        if error.filename != str(path):  # a folder was to be made where something else is
            raise CliError(Exit.USAGE, f"{error.filename} is no folder") from error
        return "kept"
    except OSError as error:
        raise CliError(Exit.USAGE, f"{path} cannot be written: {error.strerror or error}") from error
    return "written"


def _tell(directory: Path, done: Mapping[str, Done]) -> None:
    """What stands where, what it is for, and how much of it was written now."""
    width = max(map(len, PARTS))
    for part, says in PARTS.items():
        there = sum(name == part or (part.endswith("/") and name.startswith(part)) for name in done)
        say(f"{part:<{width}}  {there:>4}  {says}")
    for name, how in done.items():
        if how == "kept":
            say(f"differs, stays: {name}")
    say(f"{directory}: {Counter(done.values())['written']} files written")
