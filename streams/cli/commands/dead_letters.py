"""``kpi dead-letters``: malformed records listed, shown, exported, sent again, deleted."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

import click
import msgspec

from streams.cli import dead_letters_text as text
from streams.cli.closing import KAFKA, FullGroup, closing
from streams.cli.dead_letters_chosen import PLACE, chosen
from streams.cli.dead_letters_limits import refusal_of
from streams.cli.definitions import chosen_definition
from streams.cli.environment import client_settings
from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.kafka_errors import answered
from streams.cli.mappings import load_mapping
from streams.cli.output import opened_to_write
from streams.cli.terminal import say
from streams.core.customer.identity import Identity
from streams.core.definition.definition import Definition
from streams.deadletters.deleting import DeletingError, Plan, delete, plan, still_there
from streams.deadletters.foreign import ForeignLetters, RegistryAwayError
from streams.deadletters.letter import Letter, Place
from streams.deadletters.original import line, original
from streams.deadletters.reading import LetterLog, opened, undecided
from streams.deadletters.replaying import Judge, Replayed, replay
from streams.deadletters.wanted import Wanted
from streams.engine.kafka.client import Client
from streams.replay.lines import to_line
from streams.settings import Settings, SettingsError

_LISTED = 10
_READS = f"{KAFKA}, KPI_TOPIC_DEAD_LETTER, KPI_TOPIC_*"
T = TypeVar("T")


@click.group(
    cls=FullGroup,
    epilog=closing(
        "kpi dead-letters list --since 2h",
        "kpi dead-letters replay --reason foreign_partition --dry-run",
        reads=_READS,
    ),
)
def command() -> None:
    """List, show, export, send again or delete malformed records.

    They lie in the dead-letter topic (KPI_TOPIC_DEAD_LETTER) as they came, with the personal data in them,
    for KPI_DEAD_LETTER_RETENTION. Options choose which; all that are given must hold. Each letter has a
    place, PARTITION:OFFSET. Records that others wrote into the topic are told as "foreign".
    """


@command.command(
    "list",
    epilog=closing(
        "kpi dead-letters list --since 2h",
        "kpi dead-letters list --kind purchase --reason bad_money --json",
        reads=f"{_READS}, KPI_SECRET",
    ),
)
@chosen
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def list_letters(*, settings: Settings, wanted: Wanted, limit: int | None, as_json: bool) -> None:
    """Print a line a letter, and on standard error how many there are by kind and reason.

    A line has the letter's place, when it was written, kind, partition and offset of the record, reason,
    field, and the keyed hash of its key ("kpi hash ID" prints that of a customer) where KPI_SECRET is set.
    No payload and no key is shown. --limit 0 prints the summary alone.
    """
    identity = Identity(settings.secret_bytes) if settings.secret else None
    summary, listed = text.Summary(), 0

    def take(letter: Letter) -> None:
        nonlocal listed
        kind = wanted.kind(letter)
        summary.add(letter, kind)
        if limit is not None and listed >= limit:
            return
        listed += 1
        if as_json:
            say(msgspec.json.encode(text.document(letter, kind, identity)).decode())
        else:
            say(text.row(letter, kind, identity))

    _each(settings, wanted, None, take)
    for told in summary.lines():
        say(told, err=True)


@command.command(epilog=closing("kpi dead-letters show 0:17", reads=_READS, ends="1 there is no such letter"))
@click.argument("place", metavar="PLACE", type=PLACE)
def show(*, place: Place) -> None:
    """Print everything of the letter at PLACE: headers, key and value, as far as they are text.

    It holds what the producer sent, personal data included. What a terminal would obey is escaped.
    """
    settings = client_settings()
    letter = _asked(settings, lambda log: log.at(place))
    if letter is None:
        raise CliError(Exit.FAILED, f"there is no letter at {place}")
    for told in text.whole(letter):
        say(told)


@command.command(
    epilog=closing(
        "kpi dead-letters export letters.jsonl --kind survey",
        "kpi dead-letters export - | kpi replay -",
        reads=_READS,
        ends="4 some were left out",
    )
)
@click.argument("file")
@chosen
def export(*, settings: Settings, wanted: Wanted, limit: int | None, file: str) -> None:
    """Write the original records to FILE (- for standard output), as "kpi send" and "kpi replay" read them.

    One record a line; a value that is no JSON on one line stands in it as value_b64, a key that is no UTF-8
    as key_b64. Headers do not go along. Left out, and counted, are foreign records and those that are not
    whole. A name that ends in .gz is packed.
    """
    left: Counter[str] = Counter()
    written = 0
    with opened_to_write(file) as output:

        def take(letter: Letter) -> None:
            nonlocal written
            found = original(letter, wanted)
            if isinstance(found, str):
                left[found] += 1
                return
            output.write(to_line(line(letter, found[0])))
            written += 1

        _each(settings, wanted, limit, take)
    say(f"{written:,} records written", err=True)
    _tell_left(left, "were not written")


@command.command(
    "replay",
    epilog=closing(
        "kpi dead-letters replay --reason foreign_partition --dry-run",
        "kpi dead-letters replay --kind purchase --since 2h",
        reads=f"{_READS}, KPI_DEFINITION_FILE, KPI_PARTITIONER, KPI_MAPPING_FILE, KPI_REGISTRY_*",
        ends="4 some were left out",
    ),
)
@chosen
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--force", is_flag=True, help="Send malformed records, too.")
def replay_letters(
    *, settings: Settings, wanted: Wanted, limit: int | None, dry_run: bool, force: bool
) -> None:
    """Send the original records to their source topics again, after a cure; repeats count once.

    Records are judged by the deployment's definition (KPI_DEFINITION_FILE): those that are still malformed
    are left out, and told with the reason. Value, headers and timestamp are as they came; a record without a
    key gets the customer's id. The service counts an event once, so running it again does no harm. What comes
    back as a dead letter is never sent again. Sent letters stay: "kpi dead-letters delete" deletes them.

    With KPI_MAPPING_FILE records of the topics that "kpi ingest" reads go back there, each into its partition
    and with its own key, if the mapping makes events of them by now.
    """
    definition = chosen_definition(settings.definition_file or None)
    client = Client(settings)
    foreign = _foreign(settings, definition)
    topics = [] if foreign is None else answered(client, _read_by(client, foreign), "looking at topics")
    judge = Judge(wanted, definition, refusal_of(settings, topics), _now_ms, foreign=foreign, force=force)
    left = 0

    def told(letter: Letter, why: str) -> None:
        nonlocal left
        left += bool(why)
        if why and left <= _LISTED:
            say(f"{letter.place} is not sent: {why}", err=True)

    async def run(log: LetterLog) -> Replayed:
        await _tell_open(client, log)
        try:
            return await replay(
                client,
                log,
                wanted,
                judge,
                settings.partitioner,
                told,
                foreign=topics,
                limit=limit,
                dry_run=dry_run,
            )
        finally:
            if foreign is not None:
                await foreign.close()

    try:
        done = _asked(settings, run)
    except RegistryAwayError as error:
        raise CliError(Exit.UNREACHABLE, str(error)) from error
    for sent in text.tally(done.sent, done="would be sent: " if dry_run else "sent: "):
        say(sent)
    say(f"{done.sent.total():>10,}  {'would be sent' if dry_run else 'sent'} in all")
    _tell_left(done.left, "would not be sent" if dry_run else "were not sent")


@command.command(
    "delete",
    epilog=closing(
        "kpi dead-letters delete --key c-7 --dry-run",
        "kpi dead-letters delete --until 7d --yes",
        reads=f"{_READS}, KPI_APP_ID, KPI_PROCESSING_GUARANTEE",
        ends="1 some are left: they came meanwhile, another run kept them, or nobody can read them yet",
    ),
)
@chosen
@click.option("--all", "everything", is_flag=True, help="Every letter, if no other option chooses.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete_letters(
    *, settings: Settings, wanted: Wanted, limit: int | None, everything: bool, dry_run: bool, yes: bool
) -> None:
    """Delete letters, like those of a customer who is to be erased: --key ID.

    Kafka deletes a partition's beginning only: letters that stay are first written once more, then everything
    before goes at once. Broken off at any point, no letter is lost, and none counts twice: run it again.
    Places change. One run at a time. Nobody can read what is deleted; the brokers' files go within a day.
    """
    if wanted.everything and not everything:
        raise CliError(Exit.USAGE, "say which letters, or --all")
    client = Client(settings)
    if not yes:
        planned = _asked(settings, lambda log: plan(log, wanted, limit))
        _tell_plan(planned, "would be deleted" if dry_run else "will be deleted")
        if dry_run or not planned.deleted:
            return
        click.confirm("Delete them?", abort=True, err=True)
    elif dry_run:
        raise CliError(Exit.USAGE, "--dry-run and --yes: give one of them")
    try:
        done = _asked(settings, lambda log: delete(client, log, wanted, limit))
    except DeletingError as error:
        raise CliError(Exit.FAILED, str(error)) from error
    _tell_plan(done, "deleted")
    _check_gone(settings, done, wanted if limit is None else None)


def _check_gone(settings: Settings, done: Plan, wanted: Wanted | None) -> None:
    async def look(log: LetterLog) -> tuple[list[Place], int]:
        async with opened(Client(settings), log.topic, whole=True) as whole:
            return await still_there(log, whole, done, wanted)

    there, open_ones = _asked(settings, look)
    if there:
        raise CliError(Exit.FAILED, text.still_there(there))
    if open_ones:
        raise CliError(
            Exit.FAILED,
            f"{open_ones:,} records in or behind open transactions cannot be read: run this again",
        )


def _tell_plan(planned: Plan, verb: str) -> None:
    say(f"{planned.deleted:,} letters {verb}; {planned.kept:,} that stay are written once more")
    if planned.mentioned:
        say(text.mentioned(planned), err=True)


def _foreign(settings: Settings, definition: Definition) -> ForeignLetters | None:
    """What the deployment's mapping says of letters, if it has one."""
    if not settings.mapping_file:
        return None
    mapping, _ = load_mapping(settings.mapping_file)
    try:
        return ForeignLetters(mapping, definition, settings)
    except SettingsError as error:
        raise CliError(Exit.USAGE, str(error)) from error


async def _read_by(client: Client, foreign: ForeignLetters) -> list[str]:
    """The topics there are that the mapping reads."""
    admin = client.admin()
    try:
        await admin.start()
        return sorted(name for name in await admin.list_topics() if foreign.reads(name))
    finally:
        await admin.close()


def _tell_left(left: Counter[str], verb: str) -> None:
    for told in text.tally(left, done=""):
        say(told, err=True)
    if left:
        raise CliError(Exit.BAD_DATA, f"{left.total():,} letters {verb}")


def _each(settings: Settings, wanted: Wanted, limit: int | None, take: Callable[[Letter], None]) -> None:
    """Hand over the letters that are wanted, at most so many."""

    async def run(log: LetterLog) -> None:
        await _tell_open(Client(settings), log)
        taken = 0
        async with aclosing(log.letters()) as letters:
            async for letter in letters:
                if taken == limit:
                    return
                if wanted.takes(letter):
                    taken += 1
                    take(letter)

    _asked(settings, run)


async def _tell_open(client: Client, log: LetterLog) -> None:
    """Say that letters may be missing which nobody can read yet."""
    async with opened(client, log.topic, whole=True) as whole:
        if count := await undecided(log, whole):
            say(f"{count:,} records in or behind open transactions are not among these", err=True)


def _asked(settings: Settings, question: Callable[[LetterLog], Awaitable[T]]) -> T:
    client = Client(settings)

    async def run() -> T:
        async with opened(client, settings.topic_dead_letter) as log:
            return await question(log)

    return answered(client, run(), "reading or writing dead letters")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
