"""Foreign text never gets to a terminal as markup, as a control character or as a line of its own."""

import json
import time
from collections.abc import Iterator
from uuid import uuid4

import msgspec
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.exits import Exit
from streams.cli.terminal import shown
from streams.client import Place
from streams.embedded import ValkeyServer
from streams.redis_contract.layout import Keys
from tests.cli.conftest import Kpi

FOREIGN = (
    "[/x]",
    "[red]a[/red]",
    ":smile:",
    "\x1b[31mred",
    "a\nb",
    "a\u2028b",
    "\u202egpj.exe",
    "\x9b2J",
    "\ue000",
)
"""What a customer's segment may be called, as far as anybody here can stop it."""


@given(st.text())
def test_what_is_shown_is_printable_and_printable_text_stays_as_it_is(text: str) -> None:
    """So is what follows it on the line."""
    assert shown(text).isprintable()
    assert shown(text) == text or not text.isprintable()


@given(st.dictionaries(st.text(), st.text()))
def test_json_that_is_shown_is_the_same_json(document: dict[str, str]) -> None:
    """Programs read what people see."""
    assert json.loads(shown(msgspec.json.encode(document).decode())) == document


def test_a_byte_that_is_no_utf8_is_shown() -> None:
    """As the system hands it over in arguments and file names."""
    assert shown("caf\udce9") == "caf\\udce9"


@pytest.fixture
def tenant(valkey: ValkeyServer) -> Iterator[str]:
    """A tenant with one value under each foreign name."""
    name = f"t{uuid4().hex[:8]}"
    now_ms = str(int(time.time() * 1000))
    fields = {"t": now_ms, "churn_ratio": "0.25", "churn_ratio:n": "1000", "churn_ratio:status": "ok"}
    keys = Keys(name)
    with redis.Redis.from_url(valkey.url) as client:
        for value in FOREIGN:
            key = keys.hash(Place("24h", "segment", value))
            client.hset(key, mapping=fields)
            client.sadd(keys.index, key)
        yield name


@pytest.mark.parametrize("value", FOREIGN)
def test_a_foreign_name_is_shown_by_watch_get_and_explain(
    kpi: Kpi, valkey: ValkeyServer, tenant: str, value: str
) -> None:
    """In the title, in the line, in JSON and in the error: nothing but line ends is not printable."""
    place = ("--dimension", "segment", "--value", value, "--tenant", tenant, "--redis", valkey.url)
    watched = kpi("watch", *place)
    assert (watched.code, watched.err) == (Exit.OK, "")
    assert f"{tenant} 24h segment {shown(value)}" in watched.out
    got = kpi("get", "churn_ratio", "--json", *place)
    assert (got.code, json.loads(got.out)["place"]["value"]) == (Exit.OK, value)
    told = kpi("get", f"churn{value}", *place)
    explained = kpi("explain", f"churn{value}", *place)
    assert told.code not in (Exit.OK, Exit.INTERNAL)
    assert explained.code not in (Exit.OK, Exit.INTERNAL)
    for ran in (watched, got, told, explained):
        assert all(line.isprintable() for line in (ran.out + ran.err).split("\n"))
    assert told.err.count("\n") == explained.err.count("\n") == 1
