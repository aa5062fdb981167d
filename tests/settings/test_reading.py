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
        ("KPI_TICK", "1", "a duration of at least 100ms"),
        ("KPI_TICK", "20ms", "a duration of at least 100ms"),
        ("KPI_PROCESSING_GUARANTEE", "exactly-once", "one of exactly_once, at_least_once"),
        ("KPI_ROLE", "", "one of all, worker, publisher"),
        ("KPI_BROKERS", "localhost", "host:port"),
        ("KPI_BROKERS", ":9092", "host:port"),
        ("KPI_DEMO", "yes", "true or false"),
        ("KPI_APP_ID", "", "some text"),
        ("KPI_TOPIC_SURVEY", "crm.customer.purchase.v1", "a name that no other topic has"),
        ("KPI_DIMENSION_INTERVAL", "1500ms", "a multiple of"),
        ("KPI_HEARTBEAT_INTERVAL", "9s", "at most a third of"),
        ("KPI_SESSION_TIMEOUT", "40s", "at most"),
        ("KPI_KAFKA_CERTFILE", "cert.pem", "KPI_KAFKA_KEYFILE: not set; it must be the PEM file of the key"),
        ("KPI_KAFKA_KEYFILE", "key.pem", "KPI_KAFKA_CERTFILE: not set; it must be the PEM file of the cert"),
        ("KPI_KAFKA_CAFILE", "ca.pem", "with KPI_KAFKA_PROTOCOL SSL or SASL_SSL"),
        ("KPI_KAFKA_PROTOCOL", "SASL_SSL", "KPI_KAFKA_USERNAME: not set; it must be the name of a user, as"),
        ("KPI_TICK", "3s", "a divisor of"),
        ("KPI_PARTITIONS", "9" * 5_000, "a whole number from 1 to 1000"),
        ("KPI_BROKERS", "a:99999", "host:port"),
        ("KPI_BROKERS", "a:0", "host:port"),
        ("KPI_BROKERS", "a..b:9092", "host:port"),
        ("KPI_BROKERS", f"{64 * 'a'}.b:9092", "host:port"),
        ("KPI_HTTP_HOST", "a..b", "an address of this machine"),
        ("KPI_SECRET", "too short", "at least 16 characters"),
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


LONG_TEXT = "it must be a long random text of at least 16 characters, the same on every worker"
A_COUNT = "it must be a whole number from 1 to 1000"
A_DURATION = "it must be a duration of at least 100ms, like 500ms, 10s or 5m"
LINES: tuple[tuple[dict[str, str], str], ...] = (
    ({}, f"KPI_SECRET: not set; {LONG_TEXT}"),
    ({"KPI_SECRET": ""}, f"KPI_SECRET: empty; {LONG_TEXT}"),
    ({"KPI_SECRET": "short"}, f"KPI_SECRET: too short; {LONG_TEXT}"),
    ({"KPI_PARTITIONS": ""}, f"KPI_PARTITIONS: empty; {A_COUNT}"),
    ({"KPI_PARTITIONS": "four"}, f"KPI_PARTITIONS: 'four' is no whole number; {A_COUNT}"),
    ({"KPI_PARTITIONS": "0"}, f"KPI_PARTITIONS: '0' is too small; {A_COUNT}"),
    ({"KPI_PARTITIONS": "-5"}, f"KPI_PARTITIONS: '-5' is too small; {A_COUNT}"),
    ({"KPI_PARTITIONS": "9" * 5_000}, f"KPI_PARTITIONS: '{'9' * 100}'... is too great; {A_COUNT}"),
    ({"KPI_TICK": " "}, f"KPI_TICK: empty; {A_DURATION}"),
    ({"KPI_TICK": "3"}, f"KPI_TICK: '3' is no duration; {A_DURATION}"),
    ({"KPI_TICK": "99ms"}, f"KPI_TICK: '99ms' is too short; {A_DURATION}"),
    ({"KPI_TICK": "0s"}, f"KPI_TICK: '0s' is too short; {A_DURATION}"),
    ({"KPI_ROLE": "boss"}, "KPI_ROLE: 'boss' is none of them; it must be one of all, worker, publisher"),
    ({"KPI_DEMO": "1"}, "KPI_DEMO: '1' is neither; it must be true or false"),
    ({"KPI_BROKERS": "a:1,b"}, "KPI_BROKERS: 'b' is no host:port; it must be host:port, several separated"),
    ({"KPI_APP_ID": ""}, "KPI_APP_ID: empty; it must be some text"),
    (
        {"KPI_TOPIC_VOID": "crm.customer.survey.v1"},
        "KPI_TOPIC_VOID: 'crm.customer.survey.v1' is the topic of KPI_TOPIC_SURVEY, too; it must be a name",
    ),
    (
        {"KPI_TICK": "3s"},
        "KPI_TICK: 3s does not go with KPI_DIMENSION_INTERVAL; it must be a divisor of 5s",
    ),
    (
        {"KPI_KAFKA_CAFILE": "ca.pem"},
        "KPI_KAFKA_CAFILE: of no use with KPI_KAFKA_PROTOCOL PLAINTEXT; it must be left out, or go with",
    ),
)


@pytest.mark.parametrize(("given", "line"), LINES, ids=lambda value: str(value)[:40])
def test_unset_empty_too_short_of_another_type_and_out_of_range_are_told_apart(
    given: dict[str, str], line: str
) -> None:
    """Read aloud, each says what is wrong and what to set."""
    with pytest.raises(SettingsError) as raised:
        read(given if "SECRET" in line.partition(":")[0] else SECRET | given)
    assert str(raised.value).startswith(line)


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


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"KPI_KAFKA_USERNAME": "u"}, "KPI_KAFKA_PASSWORD: not set; it must be that user's password"),
        ({"KPI_KAFKA_USERNAME": "u", "KPI_KAFKA_PASSWORD": ""}, "KPI_KAFKA_PASSWORD: empty; "),
        (
            {"KPI_KAFKA_MECHANISM": "OAUTHBEARER"},
            "KPI_KAFKA_TOKEN_COMMAND: not set; it must be a program that",
        ),
        ({"KPI_KAFKA_MECHANISM": "OAUTHBEARER", "KPI_KAFKA_TOKEN_COMMAND": "a 'b"}, "No closing quotation"),
    ],
)
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_credentials_are_complete(protocol: str, given: dict[str, str], blamed: str) -> None:
    """Whatever SASL needs is asked for by the name of its setting."""
    with pytest.raises(SettingsError) as raised:
        read(SECRET | {"KPI_KAFKA_PROTOCOL": protocol} | given)
    assert blamed in str(raised.value)
