"""Dimensions beside the business' own four: few stable values, and nothing else of the history changes."""

import json
from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from streams.core.decoding.decoder import Decoder
from streams.core.definition.definition import Definition
from streams.core.events import Malformed
from streams.simulate import Business, SimRecord, to_line, topic_of
from streams.simulate.dimensions import KINDS_OF_CUSTOMERS, values_of
from tests.agreement import disagreements
from tests.laws.test_replay_law import documents
from tests.recount import recount

END = 1_776_211_200_000
SIGNUP = topic_of("signup")
OWN = ("segment", "plan", "channel", "region")
NAMED = Definition(dimensions=("industry", "segment", "store"))
ODD = 'caf\u00e9 "\\'


def history(definition: Definition | None, customers: int = 300) -> list[SimRecord]:
    """Three weeks under a definition."""
    return list(Business(5, customers, 21, END, definition=definition).history())


def signups(records: list[SimRecord]) -> list[dict[str, object]]:
    """The signups that a decoder takes, as they came."""
    decoder = Decoder(Definition())
    return [
        msgspec.json.decode(record.value, type=dict[str, object])
        for record in records
        if record.topic == SIGNUP
        and not isinstance(decoder.one("signup", record.key, record.value, record.timestamp_ms), Malformed)
    ]


def test_naming_a_dimension_changes_nothing_else() -> None:
    """Every record is the same but for the attribute; a dimension has the same values beside any others."""
    plain, named = history(None), history(NAMED)
    alone = history(Definition(dimensions=("store",)))
    told = 0
    assert len(plain) == len(named) == len(alone)
    for without, with_both, with_one in zip(plain, named, alone, strict=True):
        if without == with_both:
            assert without == with_one
            continue
        told += 1
        fields = json.loads(with_both.value)
        assert fields.get("store") == json.loads(with_one.value).get("store")
        rest = {name: value for name, value in fields.items() if name not in {"industry", "store"}}
        assert rest == json.loads(without.value)
        assert without._replace(value=b"") == with_both._replace(value=b"")
    assert told > len(signups(plain)) * 0.9


def test_shares_are_unequal_and_some_signups_lack_it() -> None:
    """The first of five values has about two fifths of the customers; a twentieth has none."""
    found = Counter(signup.get("industry") for signup in signups(history(NAMED, 3_000)))
    assert set(found) == {*values_of("industry", NAMED), None}
    assert values_of("industry", NAMED) == tuple(f"industry-{letter}" for letter in "abcde")
    shares = [found[value] / found.total() for value in (*values_of("industry", NAMED), None)]
    for share, wanted in zip(shares, (0.4, 0.2, 0.15, 0.1, 0.1, 0.05), strict=True):
        assert share == pytest.approx(wanted, abs=0.03)


def test_combinations_stay_few_under_eight_dimensions() -> None:
    """At most twenty kinds of customers, whatever is named: no combination has to be joined into other."""
    eight = Definition(dimensions=tuple(f"d{letter}" for letter in "abcdefgh"))
    kinds = {tuple(signup.get(name) for name in eight.dimensions) for signup in signups(history(eight))}
    assert len(kinds) == KINDS_OF_CUSTOMERS
    of_their_own = {tuple(signup.get(name) for name in OWN) for signup in signups(history(None, 5_000))}
    assert len(of_their_own) * KINDS_OF_CUSTOMERS < Definition().max_profiles


@pytest.mark.parametrize(
    ("name", "allow", "expected"),
    [
        ("store", (("store", ("north", ODD)),), ("north", ODD)),
        ("store", (("store", tuple("abcdefg")),), tuple("abcde")),
        ("store", (("store", ()),), tuple(f"store-{letter}" for letter in "abcde")),
        ("s" * 40, (), tuple("abcde")),
        ("store_of_2024_0101", (), tuple("abcde")),
        ("segment", (("segment", ("gold",)),), ("smb", "mid-market", "public", "enterprise")),
    ],
)
def test_values_are_those_that_the_definition_takes(
    name: str, allow: tuple[tuple[str, tuple[str, ...]], ...], expected: tuple[str, ...]
) -> None:
    """Listed ones first; made-up ones have the form of a short name; the business' own stay what they are."""
    definition = Definition(dimensions=(name,), allow=allow)
    assert values_of(name, definition) == expected
    found = {signup.get(name) for signup in signups(history(definition))}
    assert found == {*expected, None}


@pytest.mark.parametrize("dimensions", [(), ("industry",), ("store", "plan"), NAMED.dimensions])
def test_a_replay_of_it_is_the_recount(dimensions: tuple[str, ...]) -> None:
    """Every value of every dimension, under names of any kind."""
    definition = replace(NAMED, dimensions=dimensions)
    records = [json.loads(to_line(record)) for record in history(definition, 60)]
    (text,) = documents(records, END, definition=definition).values()
    found = json.loads(text)["dimensions"]
    expected = json.loads(json.dumps(recount(records, END, definition)))["dimensions"]
    assert list(found)[: len(dimensions)] == list(dimensions)
    for name in dimensions:
        assert found[name].keys() - {"unknown"} == set(values_of(name, definition))
    assert disagreements(found, expected, whole=True) == []
