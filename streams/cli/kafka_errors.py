"""Questions to Kafka from a command: their answer, or one line that says why there is none, and an exit code.

Rules: every command asks through here. What went wrong is told apart by engine/failures.py: no connection,
refused (TLS, login, rights), or failed although Kafka answers.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiokafka.errors import KafkaError

from streams.cli.errors import CliError
from streams.cli.exits import Exit
from streams.engine.exits import EngineError, ExitCode
from streams.engine.kafka.client import Client
from streams.engine.kafka.failures import Cause, explain
from streams.ingest.sender import SendingError
from streams.settings import SettingsError

T = TypeVar("T")

_CODES = {
    Cause.UNREACHABLE: Exit.UNREACHABLE,
    Cause.REFUSED: Exit.DENIED,
    Cause.FAILED: Exit.FAILED,
}


def answered(client: Client, question: Coroutine[Any, Any, T], doing: str) -> T:
    """Run a question to its end.

    Args:
        client: whose addresses and credentials it uses.
        question: what is asked.
        doing: what it is for, like "reading topics": stands in the line of an error.

    Raises:
        CliError: Kafka cannot be reached, refuses, or fails; or a certificate file cannot be used.
    """
    try:
        return asyncio.run(_asked(client, question, doing))
    except SettingsError as error:
        raise CliError(Exit.USAGE, str(error)) from error
    except EngineError as error:
        denied = error.code is ExitCode.ACCESS_DENIED
        raise CliError(Exit.DENIED if denied else Exit.FAILED, str(error)) from error
    except SendingError as error:
        raise CliError(_CODES[error.failure.cause], str(error)) from error


async def _asked(client: Client, question: Coroutine[Any, Any, T], doing: str) -> T:
    try:
        return await question
    except BrokenPipeError:  # our own output: connections to Kafka break in other words
        raise
    except (KafkaError, OSError) as error:
        failure = await explain(client.options, error, doing)
        raise CliError(_CODES[failure.cause], failure.text) from error
