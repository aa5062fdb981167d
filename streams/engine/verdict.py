"""Why the process has to end, of an unexpected error: the exit code, and a line that says whose fault it is.

Rules: rights that are missing are told with what is denied; what Kafka or the network did is theirs; anything
else is a defect of ours, is said to be one, and its traceback is logged once (kinds and places, no texts).
"""

from collections.abc import Mapping
from typing import Any

from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from streams.engine.exits import EngineError, ExitCode, log_traceback
from streams.engine.kafka.failures import denied
from streams.engine.kafka.fetch import CorruptBatchError

COUNT_ANEW = "count anew from the source topics: stop all workers, start one with kpi worker --rebuild"
"""The cure where what was counted cannot be gone on with."""
_FENCED = (ProducerFenced, InvalidProducerEpoch)
_THEIRS = (KafkaError, OSError, TimeoutError)


def verdict(
    options: Mapping[str, Any], error: BaseException, doing: str, otherwise: ExitCode
) -> tuple[ExitCode, str]:
    """The exit code and the line.

    Args:
        options: Client.options, to say who we are.
        error: what was raised.
        doing: what was being done, like "partition 3: writing a flush".
        otherwise: the code where nothing more is known.
    """
    if isinstance(error, EngineError):
        return error.code, str(error)
    told = denied(options, error, doing)
    if told is not None:
        return ExitCode.ACCESS_DENIED, told
    if isinstance(error, _FENCED):
        return ExitCode.FENCED, f"{doing}: another worker owns it now ({type(error).__name__})"
    if isinstance(error, _THEIRS):
        return otherwise, f"{doing} failed: {describe(error)}"
    log_traceback(doing, error)
    return (
        otherwise,
        f"{doing} failed: {type(error).__name__}; this is a defect: please report the lines above",
    )


def damaged_source(error: CorruptBatchError) -> str:
    """The line about a source topic that cannot be read on."""
    return (
        f"{error.topic} partition {error.partition}: the records at offsets {error.offset} to "
        f"{error.after - 1} cannot be read: {error.why}. Restore the partition from a replica or a back-up; "
        f"or leave them out: stop all workers, then kpi topics skip {error.topic} {error.partition}"
    )


def made_anew(topic: str, whose: str) -> EngineError:
    """The end of a process whose source topic is another one than before.

    Args:
        topic: a source topic.
        whose: what was done with the former topic, up to its name.
    """
    return EngineError(
        ExitCode.OFFSETS_LOST,
        f"{topic} was deleted and made anew: {whose} the topic before it, and the same offset means another "
        f"record now; what is not in the new topic is lost. To count what it holds, {COUNT_ANEW} --force "
        "--accept-loss",
    )


def describe(error: BaseException) -> str:
    """An error of Kafka's client in a few words; never its payload."""
    return f"{type(error).__name__}: {error}"[:200]
