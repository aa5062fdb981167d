"""How clients prove who they are to Kafka, and how they know that it is Kafka: TLS and SASL from settings.

Rules: one place makes what aiokafka and Faust take. Files that cannot be used are a SettingsError that names
the setting. Credentials and tokens stand in no message.
"""

import asyncio
import base64
import binascii
import json
import shlex
import ssl
import time
from typing import Any

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials
from faust.types.auth import CredentialsT

from streams.quoting import quoted
from streams.settings import Settings, SettingsError

_TOKEN_S = 30.0
"""How long the token command may take."""
_EARLY_S = 30.0
"""A token is fetched anew this long before it expires."""
_ENCRYPTED = ("SSL", "SASL_SSL")
_AUTHENTICATED = ("SASL_PLAINTEXT", "SASL_SSL")


class TokenError(KafkaError):  # type: ignore[misc]  # aiokafka is untyped
    """The token command gave no token; the message says why, without what it printed."""


class TokenCommand(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka is untyped
    """Tokens that a program prints; one that says when it expires (a JWT) is used until shortly before.

    Clients of several threads share it, each with an event loop of its own: nothing here belongs to one.
    """

    def __init__(self, command: str) -> None:
        self._words = shlex.split(command)
        self._token = ""
        self._until = 0.0

    async def token(self) -> str:
        """A token that has not expired.

        Raises:
            TokenError: the program cannot be started, fails, or prints nothing.
        """
        if time.time() < self._until:
            return self._token
        token = await self._run()
        self._token, self._until = token, _expiry(token) - _EARLY_S
        return token

    async def _run(self) -> str:
        name = self._words[0]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise TokenError(f"the token command {name} cannot be started: {error.strerror}") from None
        try:
            printed, _ = await asyncio.wait_for(process.communicate(), _TOKEN_S)
        except TimeoutError:
            process.kill()
            raise TokenError(f"the token command {name} took more than {_TOKEN_S:.0f} s") from None
        if process.returncode:
            raise TokenError(f"the token command {name} failed with exit code {process.returncode}")
        token = printed.decode("ascii", "replace").strip()
        if not token or not token.isprintable() or not token.isascii():
            raise TokenError(f"the token command {name} printed no token")
        return token


def _expiry(token: str) -> float:
    """When a token expires (s since the epoch); 0 for one that does not say."""
    try:
        claims = token.split(".")[1]
        read = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(read["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return 0.0


class Security:
    """What clients of one process use; the same TLS context and tokens for all of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context: ssl.SSLContext | None = None
        self._tokens: TokenCommand | None = None

    def options(self) -> dict[str, Any]:
        """Keyword arguments that every aiokafka client takes.

        Raises:
            SettingsError: a certificate file cannot be used.
        """
        settings = self._settings
        options: dict[str, Any] = {"security_protocol": settings.kafka_protocol}
        if settings.kafka_protocol in _ENCRYPTED:
            options["ssl_context"] = self._tls()
        if settings.kafka_protocol in _AUTHENTICATED:
            options["sasl_mechanism"] = settings.kafka_mechanism
            if settings.kafka_mechanism == "OAUTHBEARER":
                options["sasl_oauth_token_provider"] = self._provider()
            else:
                options["sasl_plain_username"] = settings.kafka_username
                options["sasl_plain_password"] = settings.kafka_password
        return options

    def credentials(self) -> CredentialsT | None:
        """The same for Faust.

        Raises:
            SettingsError: a certificate file cannot be used.
        """
        settings = self._settings
        context = self._tls() if settings.kafka_protocol in _ENCRYPTED else None
        if settings.kafka_protocol not in _AUTHENTICATED:
            return None if context is None else SSLCredentials(context)
        if settings.kafka_mechanism == "OAUTHBEARER":
            return OAuthCredentials(oauth_cb=self._provider(), ssl_context=context)
        return SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password,
            ssl_context=context,
            mechanism=settings.kafka_mechanism,
        )

    def _provider(self) -> TokenCommand:
        if self._tokens is None:
            self._tokens = TokenCommand(self._settings.kafka_token_command)
        return self._tokens

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = _context(self._settings)
        return self._context


def _context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.kafka_cafile or None)
    except OSError as error:
        raise _unreadable(
            "kafka_cafile", settings.kafka_cafile, "a PEM file of certificates", error
        ) from None
    if settings.kafka_certfile:
        try:
            # without an answer for a pass phrase it would be asked for on the terminal
            context.load_cert_chain(settings.kafka_certfile, settings.kafka_keyfile, password="")
        except OSError as error:
            allowed = "a PEM file, with its key without a pass phrase in KPI_KAFKA_KEYFILE"
            raise _unreadable("kafka_certfile", settings.kafka_certfile, allowed, error) from None
    return context


def _unreadable(name: str, path: str, allowed: str, error: OSError) -> SettingsError:
    why = getattr(error, "reason", None) or error.strerror or type(error).__name__
    return SettingsError(name, f"{quoted(path)} cannot be used ({why})", allowed)
