"""Which dead letters their source topics would take and keep: what ``kpi send`` asks, of whole records."""

from collections.abc import Sequence

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.cli.send_limits import KeptTooShortError, ask
from streams.deadletters.letter import Copied
from streams.deadletters.replaying import GONE, Refusal
from streams.engine.kafka.sizes import SOURCE_MAX_BYTES
from streams.replay.lines import LineError
from streams.settings import Settings
from streams.simulate.records import SimRecord


def refusal_of(settings: Settings, foreign: Sequence[str] = ()) -> Refusal:
    """What the source topics, and foreign ones, say of records, asked now.

    Raises:
        CliError: Kafka gives no answer, or a topic is missing; later: a record that a topic would not keep.
    """
    limits = ask(settings, SOURCE_MAX_BYTES, foreign).limits

    def refusal(topic: str, record: Copied, now_ms: int) -> str:
        of = limits.get(topic)
        if of is None:
            return GONE
        timestamp = now_ms if record.timestamp is None else record.timestamp
        try:
            of.check(SimRecord(topic, record.key, record.value or b"", timestamp), now_ms)
        except LineError as error:
            return str(error)
        except KeptTooShortError as error:
            raise CliError(Exit.FAILED, f"a record {error}") from error
        return "" if record.size <= of.max_bytes else f"more than {of.max_bytes:,} bytes with its headers"

    return refusal
