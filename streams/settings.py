"""Where and how the service runs: typed settings, read once from a mapping (environment ``KPI_<NAME>``).

What changes a published number is no setting but stands in the definition file. A wrong value raises
SettingsError with the key, the value and what is allowed; the value of a secret is never repeated, neither
there nor in ``repr``. Nothing here reads the environment by itself or opens a file.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
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


def _seconds(default: str, lowest_ms: int = 1) -> Any:
    """A duration, kept in ms."""
    return field(default=parse_duration(default), metadata={"duration": True, "low": lowest_ms})


def _secret() -> Any:
    return field(default="", repr=False, metadata={"secret": True})


def _between(default: int, low: int, high: int) -> Any:
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
    heartbeat_interval: int = _seconds("3s", 100)
    rebalance_timeout: int = _seconds("30s", 1_000)
    request_timeout: int = _seconds("30s", 1_000)
    stuck_timeout: int = _seconds("60s", 1_000)
    """The watchdog ends a process that makes no progress for so long."""
    processing_guarantee: Literal["exactly_once", "at_least_once"] = "exactly_once"
    role: Literal["all", "worker", "publisher"] = "all"
    http_host: str = "127.0.0.1"
    http_port: int = _between(8700, 0, 65_535)
    redis_url: str = field(default="redis://127.0.0.1:6379/0", repr=False)
    """May hold a password; empty: no Redis."""
    redis_timeout: int = _seconds("1s", 10)
    expose_customer_ids: bool = False
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
            values[item.name] = _parse(item.name, item.type, item.metadata, text.strip())
    settings = Settings(**values, unknown=tuple(unknown))
    _check(settings)
    return settings


def _parse(name: str, kind: Any, metadata: Mapping[str, Any], text: str) -> Any:
    """One value of the type its field has."""
    if metadata.get("duration"):
        return _duration(name, text, metadata["low"])
    if kind is bool:
        if text.lower() not in {"true", "false"}:
            raise SettingsError(name, text, "true or false")
        return text.lower() == "true"
    if kind is int:
        low, high = metadata["low"], metadata["high"]
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise SettingsError(name, text, f"a whole number from {low} to {high}")
        return int(text)
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise SettingsError(name, text, "one of " + ", ".join(get_args(kind)))
        return text
    if kind is Path:
        return Path(text)
    if get_origin(kind) is tuple:
        return _addresses(name, text)
    return text


def _duration(name: str, text: str, low: int) -> int:
    allowed = f"a duration of at least {low} ms, like 500ms, 10s or 5m"
    try:
        ms = parse_duration(text)
    except DefinitionError:
        raise SettingsError(name, text, allowed) from None
    if ms < low:
        raise SettingsError(name, text, allowed)
    return ms


def _addresses(name: str, text: str) -> tuple[str, ...]:
    addresses = tuple(part.strip() for part in text.split(",") if part.strip())
    if not addresses or not all(port.isdigit() for port in (a.rpartition(":")[2] for a in addresses)):
        raise SettingsError(name, text, "host:port, several separated by commas")
    return addresses


def _check(settings: Settings) -> None:
    """What single values cannot tell."""
    topics = [getattr(settings, item.name) for item in fields(Settings) if item.name.startswith("topic_")]
    for item in fields(Settings):
        required = isinstance(item.default, str) and item.default and item.default is not MISSING
        if required and item.name != "redis_url" and not getattr(settings, item.name):
            raise SettingsError(item.name, "", "some text")
        twice = item.name.startswith("topic_") and topics.count(getattr(settings, item.name)) > 1
        if twice:
            raise SettingsError(item.name, getattr(settings, item.name), "a name no other topic has")
    if not settings.secret and not settings.demo:
        raise SettingsError("secret", "", "a long random text, the same on every worker", secret=True)
    if settings.dimension_interval % settings.tick:
        raise SettingsError("dimension_interval", f"{settings.dimension_interval}ms", "a multiple of KPI_TICK")
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
