"""Where and how the service runs: typed settings, read once from a mapping (environment ``KPI_<NAME>``).

What changes a published number is no setting but stands in the definition file. A wrong value raises
SettingsError with the key, the value and what is allowed; the value of a secret is never repeated, neither
there nor in ``repr``. Nothing here reads the environment by itself or opens a file.
"""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from streams.core.definition import DefinitionError, parse_duration
from streams.core.events import KINDS, Kind

PREFIX = "KPI_"


class SettingsError(ValueError):
    """A setting that cannot be used: key, value (unless secret) and what is allowed."""

    def __init__(self, name: str, value: str, allowed: str, *, secret: bool = False) -> None:
        key = PREFIX + name.upper()
        super().__init__(f"{key}: {'(hidden)' if secret else repr(value)} is not allowed; {allowed}")
        self.key = key


def _seconds(default: str, lowest_ms: int = 1) -> int:
    """A duration, kept in ms."""
    return field(default=parse_duration(default), metadata={"duration": True, "low": lowest_ms})


def _secret() -> str:
    return field(default="", repr=False, metadata={"secret": True})


def _between(default: int, low: int, high: int) -> int:
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that says where and how a process runs. Durations are in ms."""

    brokers: tuple[str, ...] = ("127.0.0.1:9092",)
    app_id: str = "kpi-streams"
    """Consumer group, and prefix of the transactional ids."""
    partitions: int = _between(4, 1, 1_000)
    replication_factor: int = _between(3, 1, 9)
    tick: int = _seconds("1s", 100)
    """Evaluation and commit interval."""
    dimension_interval: int = _seconds("5s", 100)
    session_timeout: int = _seconds("10s", 1_000)
    heartbeat_interval: int = _seconds("500ms", 100)
    """Of the consumer group: how long it takes the others to learn that a worker has left."""
    rebalance_timeout: int = _seconds("30s", 1_000)
    request_timeout: int = _seconds("30s", 1_000)
    stuck_timeout: int = _seconds("60s", 10_000)
    """The watchdog ends a process that makes no progress for so long."""
    processing_guarantee: Literal["exactly_once", "at_least_once"] = "exactly_once"
    role: Literal["all", "worker", "publisher"] = "all"
    http_host: str = "127.0.0.1"
    http_port: int = _between(8700, 0, 65_535)
    redis_url: str = field(default="redis://127.0.0.1:6379/0", repr=False)
    """May hold a password; empty: no Redis."""
    redis_username: str = ""
    redis_password: str = _secret()
    redis_cafile: str = ""
    redis_timeout: int = _seconds("2s", 10)
    at_risk_limit: int = _between(1_000, 0, 10_000)
    """How many customers the early-warning set names at most."""
    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = "PLAINTEXT"
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: str = _secret()
    kafka_cafile: str = ""
    kafka_certfile: str = ""
    kafka_keyfile: str = ""
    secret: str = _secret()
    """Keys every digest of a customer or event; required outside the demo."""
    demo: bool = False
    definition_file: str = ""
    """Empty: the documented defaults."""
    topic_signup: str = "crm.customer.signup.v1"
    topic_purchase: str = "crm.customer.purchase.v1"
    topic_cancellation: str = "crm.customer.cancellation.v1"
    topic_survey: str = "crm.customer.survey.v1"
    topic_void: str = "crm.customer.void.v1"
    topic_erase: str = "crm.customer.erase.v1"
    topic_changelog: str = "crm.kpi.changelog.v1"
    topic_totals: str = "crm.kpi.totals.v1"
    topic_dead_letter: str = "crm.kpi.dead-letter.v1"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    datadir: Path = Path("kpi-data")
    unknown: tuple[str, ...] = ()
    """Keys with our prefix that mean nothing: the caller warns of them."""

    @property
    def exactly_once(self) -> bool:
        """Whether state and offsets move in Kafka transactions."""
        return self.processing_guarantee == "exactly_once"

    @property
    def source_topics(self) -> dict[str, Kind]:
        """Source topic -> kind of event, in the order in which kinds are applied."""
        return {getattr(self, f"topic_{kind}"): kind for kind in KINDS}

    @property
    def secret_bytes(self) -> bytes:
        """The secret; the demo's own where none is set."""
        return self.secret.encode() or b"demo"


def read(environ: Mapping[str, str]) -> Settings:
    """The settings of an environment; what it does not name has its default.

    Raises:
        SettingsError: a wrong value, or values that do not go together.
    """
    values: dict[str, Any] = {}
    known = {item.name: item for item in fields(Settings) if item.name != "unknown"}
    unknown = []
    for key, text in sorted(environ.items()):
        if not key.startswith(PREFIX):
            continue
        item = known.get(key.removeprefix(PREFIX).lower())
        if item is None:
            unknown.append(key)
        else:
            values[item.name] = _parse(item, text.strip())
    settings = Settings(**values, unknown=tuple(unknown))
    _check(settings)
    return settings


def _parse(item: Field[object], text: str) -> object:
    """One value of the type its field has."""
    if item.metadata.get("duration"):
        return _duration(item, text)
    if get_origin(item.type) is Literal:
        return _choice(item, text)
    parsers: dict[object, Callable[[Field[object], str], object]] = {
        bool: _switch,
        int: _whole,
        tuple[str, ...]: _addresses,
        Path: lambda _item, path: Path(path),
    }
    parser = parsers.get(item.type)
    return text if parser is None else parser(item, text)


def _switch(item: Field[object], text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise SettingsError(item.name, text, "true or false")
    return text.lower() == "true"


def _whole(item: Field[object], text: str) -> int:
    low, high = item.metadata["low"], item.metadata["high"]
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise SettingsError(item.name, text, f"a whole number from {low} to {high}")
    return int(text)


def _choice(item: Field[object], text: str) -> str:
    if text not in get_args(item.type):
        raise SettingsError(item.name, text, "one of " + ", ".join(get_args(item.type)))
    return text


def _duration(item: Field[object], text: str) -> int:
    low = item.metadata["low"]
    allowed = f"a duration of at least {low} ms, like 500ms, 10s or 5m"
    try:
        ms = parse_duration(text)
    except DefinitionError:
        raise SettingsError(item.name, text, allowed) from None
    if ms < low:
        raise SettingsError(item.name, text, allowed)
    return ms


def _addresses(item: Field[object], text: str) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in text.split(",") if part.strip())
    if not addresses or not all(_is_address(address) for address in addresses):
        raise SettingsError(item.name, text, "host:port, several separated by commas")
    return addresses


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit()


def _check(settings: Settings) -> None:
    """What single values cannot tell.

    Raises:
        SettingsError: the first thing that does not go together.
    """
    _check_texts(settings)
    if not settings.secret and not settings.demo:
        raise SettingsError("secret", "", "a long random text, the same on every worker", secret=True)
    if settings.dimension_interval % settings.tick:
        raise SettingsError(
            "dimension_interval", f"{settings.dimension_interval}ms", "a multiple of KPI_TICK"
        )
    if settings.session_timeout > settings.request_timeout:
        raise SettingsError("session_timeout", f"{settings.session_timeout}ms", "at most KPI_REQUEST_TIMEOUT")
    if settings.heartbeat_interval * 3 > settings.session_timeout:
        raise SettingsError(
            "heartbeat_interval", f"{settings.heartbeat_interval}ms", "at most a third of KPI_SESSION_TIMEOUT"
        )
    if settings.kafka_protocol == "SASL_SSL" and not (settings.kafka_username and settings.kafka_password):
        raise SettingsError("kafka_username", settings.kafka_username, "with SASL_SSL, a name and a password")
    if bool(settings.kafka_certfile) != bool(settings.kafka_keyfile):
        raise SettingsError("kafka_certfile", settings.kafka_certfile, "together with KPI_KAFKA_KEYFILE")


def _check_texts(settings: Settings) -> None:
    """No text that must be there is empty, and no two topics are the same."""
    topics = [getattr(settings, item.name) for item in fields(Settings) if item.name.startswith("topic_")]
    for item in fields(Settings):
        value = getattr(settings, item.name)
        if isinstance(item.default, str) and item.default and not value and item.name != "redis_url":
            raise SettingsError(item.name, "", "some text")
        if item.name.startswith("topic_") and topics.count(value) > 1:
            raise SettingsError(item.name, value, "a name no other topic has")
