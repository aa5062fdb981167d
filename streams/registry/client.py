"""A schema registry asked over HTTP, by the API that Confluent's, Apicurio's and Karapace share.

Rules: a registry that says it has no such schema has said something; whatever else comes instead of an
answer is trouble, which callers wait out. Answers are bounded. Never: repeats what a registry sent in a
message, or follows it elsewhere.
"""

import ssl
from base64 import b64decode
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import aiohttp
import msgspec

from streams.settings import Settings, SettingsError

_ACCEPT: Final = "application/vnd.schemaregistry.v1+json, application/json"
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
_MOST_BYTES: Final = 4 << 20
_MOST_REFERENCES: Final = 200
_UNKNOWN: Final = range(40_400, 40_500)
"""Error codes of what the registry does not have."""
_OK: Final = 200


class TroubleError(Exception):
    """The registry does not answer, or not as one; the message is one line."""


class UnknownSchemaError(Exception):
    """The registry has no such schema."""


class _Reference(msgspec.Struct):
    name: str
    subject: str
    version: int


class _Answer(msgspec.Struct):
    schema: str
    schema_type: str = msgspec.field(name="schemaType", default="AVRO")
    references: list[_Reference] = []


class _Error(msgspec.Struct):
    error_code: int


class Schema(NamedTuple):
    """A schema as a registry keeps it."""

    kind: str
    """AVRO, JSON or PROTOBUF."""
    text: str
    """Of Protobuf: a serialized FileDescriptorProto in base64."""
    references: tuple[tuple[str, str], ...]
    """Name and text of all that it builds on, what others build on first."""


class RegistryClient:
    """Asks one registry.

    Args:
        url: its address.
        username: for HTTP's basic authentication; empty: none.
        password: of that user.
        cafile: PEM file of the authority that signed its certificate; empty: the system's.
    """

    def __init__(self, url: str, username: str = "", password: str = "", cafile: str = "") -> None:
        self.url = url.rstrip("/")
        self._auth = aiohttp.BasicAuth(username, password) if username else None
        self._tls = ssl.create_default_context(cafile=cafile) if cafile else True
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Give connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def schema(self, schema_id: int) -> Schema:
        """The schema of an id.

        Raises:
            UnknownSchemaError: there is none.
            TroubleError: the registry does not answer.
        """
        path = f"/schemas/ids/{schema_id}"
        answer = await self._ask(path)
        serialized = answer.schema_type == "PROTOBUF"
        references: dict[str, str] = {}
        await self._refer(answer.references, references, serialized=serialized)
        text = await self._serialized(path) if serialized else answer.schema
        return Schema(answer.schema_type, text, tuple(references.items()))

    async def _refer(self, wanted: list[_Reference], found: dict[str, str], *, serialized: bool) -> None:
        for one in wanted:
            if one.name in found:
                continue
            if len(found) >= _MOST_REFERENCES:
                raise TroubleError(
                    f"the schema registry: a schema has more than {_MOST_REFERENCES} references"
                )
            path = f"/subjects/{quote(one.subject, safe='')}/versions/{one.version}"
            answer = await self._ask(path)
            await self._refer(answer.references, found, serialized=serialized)
            found[one.name] = await self._serialized(path) if serialized else answer.schema

    async def _serialized(self, path: str) -> str:
        """The descriptors of Protobuf; some registries have its text alone, by which nothing can be read."""
        text = (await self._ask(path, serialized=True)).schema
        try:
            b64decode(text, validate=True)
        except ValueError as error:
            raise TroubleError(
                f"{self._named} gives Protobuf's .proto text alone; "
                "kpi ingest needs descriptors (?format=serialized)"
            ) from error
        return text

    async def _ask(self, path: str, *, serialized: bool = False) -> _Answer:
        query = {"format": "serialized"} if serialized else {}
        try:
            async with self._open().get(
                self.url + path, params=query, allow_redirects=False, ssl=self._tls
            ) as answer:
                body = await answer.content.read(_MOST_BYTES + 1)
                while not answer.content.at_eof() and len(body) <= _MOST_BYTES:
                    body += await answer.content.read(_MOST_BYTES + 1 - len(body))
                return self._read(answer.status, body)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TroubleError(f"{self._named} does not answer ({type(error).__name__})") from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            headers = {"Accept": _ACCEPT}
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, auth=self._auth, headers=headers)
        return self._session

    def _read(self, status: int, body: bytes) -> _Answer:
        try:
            if status == _OK:
                return msgspec.json.decode(body, type=_Answer)
            code = msgspec.json.decode(body, type=_Error).error_code
        except msgspec.MsgspecError:
            code = 0
        if code in _UNKNOWN:
            raise UnknownSchemaError
        if status == _OK:
            raise TroubleError(f"{self._named} gives an answer that is no schema")
        raise TroubleError(f"{self._named} answers with HTTP status {status}")

    @property
    def _named(self) -> str:
        return f"the schema registry at {self.url.rpartition('@')[2]}"


def client_of(settings: Settings) -> RegistryClient:
    """The client of the deployment's registry.

    Raises:
        SettingsError: there is none, or its address cannot be used.
    """
    url = settings.registry_url
    if not url.startswith(("http://", "https://")) or "@" in url:
        wrong = "not set" if not url else "it cannot be used"
        raise SettingsError(
            "registry_url", wrong, "an address like https://registry:8081, without a password"
        )
    try:
        return RegistryClient(
            url, settings.registry_username, settings.registry_password, settings.registry_cafile
        )
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            "registry_cafile", f"it cannot be read ({type(error).__name__})", "a PEM file of certificates"
        ) from None


Decoded = Any
"""What a decoder makes of a record: dicts, lists and scalars."""
