"""Settings: what is read, what is refused, and what is never repeated."""

import pytest

from streams.settings import SettingsError, read

SECRET = {"KPI_SECRET": "a long random text"}


def test_defaults_need_only_the_secret() -> None:
    """Everything else has the documented default."""
    settings = read(SECRET)
    assert settings.brokers == ("127.0.0.1:9092",)
    assert settings.tick == 1_000
    assert settings.exactly_once
    assert settings.http_port == 8700
    assert next(iter(settings.source_topics.values())) == "signup"


def test_values_are_typed() -> None:
    """Durations are ms, lists are tuples, switches are booleans."""
    settings = read(
        SECRET
        | {
            "KPI_BROKERS": "a:1, [::1]:2",
            "KPI_TICK": "250ms",
            "KPI_DIMENSION_INTERVAL": "1s",
            "KPI_ROLE": "worker",
            "PATH": "/bin",
        }
    )
    assert settings.brokers == ("a:1", "[::1]:2")
    assert settings.tick == 250
    assert settings.role == "worker"
    assert settings.unknown == ()


def test_unknown_keys_are_told_apart() -> None:
    """They may be a typing error, or an orchestrator's own; the caller warns."""
    assert read(SECRET | {"KPI_BROKER": "a:1"}).unknown == ("KPI_BROKER",)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("KPI_PARTITIONS", "0", "a whole number from 1 to 1000"),
        ("KPI_PARTITIONS", "four", "a whole number from 1 to 1000"),
        ("KPI_TICK", "1", "a duration of at least 100 ms"),
        ("KPI_TICK", "20ms", "a duration of at least 100 ms"),
        ("KPI_PROCESSING_GUARANTEE", "exactly-once", "one of exactly_once, at_least_once"),
        ("KPI_ROLE", "", "one of all, worker, publisher"),
        ("KPI_BROKERS", "localhost", "host:port"),
        ("KPI_BROKERS", ":9092", "host:port"),
        ("KPI_DEMO", "yes", "true or false"),
        ("KPI_APP_ID", "", "some text"),
        ("KPI_TOPIC_SURVEY", "crm.customer.purchase.v1", "a name no other topic has"),
        ("KPI_DIMENSION_INTERVAL", "1500ms", "a multiple of KPI_TICK"),
        ("KPI_HEARTBEAT_INTERVAL", "9s", "at most a third of KPI_SESSION_TIMEOUT"),
        ("KPI_SESSION_TIMEOUT", "40s", "at most KPI_REQUEST_TIMEOUT"),
        ("KPI_KAFKA_CERTFILE", "cert.pem", "together with KPI_KAFKA_KEYFILE"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(key: str, value: str, allowed: str) -> None:
    """Key, value and what is allowed, in one line."""
    with pytest.raises(SettingsError) as raised:
        read(SECRET | {key: value})
    message = str(raised.value)
    assert allowed in message
    assert "\n" not in message
    assert message.startswith("KPI_")


def test_a_secret_is_required_outside_the_demo() -> None:
    """The demo has one of its own."""
    with pytest.raises(SettingsError, match="KPI_SECRET"):
        read({})
    assert read({"KPI_DEMO": "true"}).secret_bytes == b"demo"


def test_secrets_are_never_shown() -> None:
    """Neither in repr nor in a message."""
    settings = read(
        SECRET
        | {
            "KPI_KAFKA_PASSWORD": "hunter2",
            "KPI_REDIS_URL": "redis://u:hunter3@h",
            "KPI_REDIS_PASSWORD": "hunter4",
        }
    )
    shown = repr(settings)
    assert not any(word in shown for word in ("a long random text", "hunter2", "hunter3", "hunter4"))
