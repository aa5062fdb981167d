"""What single values cannot tell: whether settings are there that must be, and go together.

Rules: of two that do not go together the one that was set is named: a default is nobody's mistake. What is
missing and what is empty are told apart.
"""

import shlex
from collections.abc import Mapping
from dataclasses import fields

from streams.core.definition.definition import duration_text
from streams.hosts import is_host
from streams.quoting import quoted
from streams.settings.declare import SettingsError, allowed
from streams.settings.table import LEAST_SECRET, Settings

_SASL = ("SASL_PLAINTEXT", "SASL_SSL")
_FIELDS = {item.name: item for item in fields(Settings) if item.name != "unknown"}

GivenAs = Mapping[str, str]
"""Of each setting that was given, the name of its key: its own, or that of its file."""


def check(settings: Settings, given_as: GivenAs) -> None:
    """Hold all against each other.

    Raises:
        SettingsError: the first thing that does not go together.
    """
    _check_texts(settings)
    _check_intervals(settings)
    _check_certificates(settings, given_as)
    _check_kafka(settings, given_as)
    if not is_host(settings.http_host):
        wrong = f"{quoted(settings.http_host)} is no name of a host"
        raise SettingsError("http_host", wrong, "an address of this machine, or its name")
    if len(settings.secret) < LEAST_SECRET and (settings.secret or not settings.demo):
        name = given_as.get("secret", "secret")
        wrong = "too short" if settings.secret else _lacking("secret", given_as)
        raise SettingsError(name, wrong, allowed(_FIELDS["secret"]))


def _lacking(name: str, given_as: GivenAs) -> str:
    return "empty" if name in given_as else "not set"


def _check_intervals(settings: Settings) -> None:
    if settings.dimension_interval % settings.tick:
        _blame(settings, ("dimension_interval", "a multiple of"), ("tick", "a divisor of"))
    if settings.session_timeout > settings.request_timeout:
        _blame(settings, ("session_timeout", "at most"), ("request_timeout", "at least"))
    if settings.heartbeat_interval * 3 > settings.session_timeout:
        _blame(
            settings,
            ("heartbeat_interval", "at most a third of"),
            ("session_timeout", "at least three times"),
        )


def _blame(settings: Settings, first: tuple[str, str], second: tuple[str, str]) -> None:
    """Refuse the first of two durations, or the second if the first has its default.

    Args:
        settings: which hold both.
        first: its name, and what it must be to the second.
        second: likewise.
    """
    (name, must), (other, _) = first, second
    if getattr(settings, name) == _FIELDS[name].default != getattr(settings, other):
        (name, must), (other, _) = second, first
    beside = f"KPI_{other.upper()}"
    wrong = f"{duration_text(getattr(settings, name))} does not go with {beside}"
    raise SettingsError(name, wrong, f"{must} {duration_text(getattr(settings, other))}")


def _check_kafka(settings: Settings, given_as: GivenAs) -> None:
    """Credentials that are complete, and nothing that would be ignored."""
    if settings.kafka_protocol in _SASL:
        _check_sasl(settings, given_as)
    tls = settings.kafka_protocol in ("SSL", "SASL_SSL")
    for name in ("kafka_cafile", "kafka_certfile"):
        if getattr(settings, name) and not tls:
            wrong = f"of no use with KPI_KAFKA_PROTOCOL {settings.kafka_protocol}"
            raise SettingsError(name, wrong, "left out, or go with KPI_KAFKA_PROTOCOL SSL or SASL_SSL")


def _check_certificates(settings: Settings, given_as: GivenAs) -> None:
    """A client certificate and its key, or neither."""
    for peer in ("kafka", "redis"):
        for name, beside, what in (("keyfile", "certfile", "key"), ("certfile", "keyfile", "certificate")):
            lacking, given = f"{peer}_{name}", f"{peer}_{beside}"
            if getattr(settings, given) and not getattr(settings, lacking):
                must = f"the PEM file of the {what} of KPI_{given.upper()}"
                raise SettingsError(lacking, _lacking(lacking, given_as), must)


def _check_sasl(settings: Settings, given_as: GivenAs) -> None:
    if settings.kafka_mechanism == "OAUTHBEARER":
        _check_token_command(settings.kafka_token_command, given_as)
        return
    for name, what in (("kafka_username", "the name of a user"), ("kafka_password", "that user's password")):
        if not getattr(settings, name):
            must = f"{what}, as KPI_KAFKA_PROTOCOL is {settings.kafka_protocol}"
            raise SettingsError(given_as.get(name, name), _lacking(name, given_as), must)


def _check_token_command(command: str, given_as: GivenAs) -> None:
    name, must = "kafka_token_command", "a program with its arguments"
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise SettingsError(name, f"{quoted(command)} cannot be split into words ({error})", must) from None
    if not words:
        must = "a program that prints a token, as KPI_KAFKA_MECHANISM is OAUTHBEARER"
        raise SettingsError(name, _lacking(name, given_as), must)


def _check_texts(settings: Settings) -> None:
    """No text that must be there is empty, and no two topics are the same."""
    topics = {name: getattr(settings, name) for name in _FIELDS if name.startswith("topic_")}
    for name, item in _FIELDS.items():
        value = getattr(settings, name)
        if isinstance(item.default, str) and item.default and not value and name != "redis_url":
            raise SettingsError(name, "empty", allowed(item))
        for other, topic in topics.items():
            if name in topics and other != name and topic == value:
                _blame_topic(settings, name, other)


def _blame_topic(settings: Settings, name: str, other: str) -> None:
    """Refuse the one of two equal topics that was set."""
    if getattr(settings, name) == _FIELDS[name].default:
        name, other = other, name
    wrong = f"{quoted(getattr(settings, name))} is the topic of KPI_{other.upper()}, too"
    raise SettingsError(name, wrong, "a name that no other topic has")
