"""Dimensions by choice: which names are allowed, which are taken, and what a signup says of them."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.decoding.decoder import Decoder
from streams.core.decoding.expected import FIELDS, described
from streams.core.definition.definition import Definition, DefinitionError
from streams.core.definition.dimensions import EVENT_DIMENSIONS, TAKEN
from streams.core.events import KINDS, Malformed, Signup
from streams.ingest.opening_balance import columns_of
from streams.publish.prometheus.metrics import (
    ACCOUNT,
    ALARMS,
    COMPONENTS,
    DIMENSION,
    DOCUMENT,
    KPIS,
    PARTS,
    PROCESS,
)
from tests.core.decode_cases import AT, LONG_TEXT, value_of
from tests.core.decode_reference import reference
from tests.core.test_decode_laws import as_dictionary
from tests.support.chance import examples

EIGHT = ("industry", "age_band", "store", "from", "attribute_0", "a", "x9", "z" * 40)
SETS = ((), ("industry",), ("industry", "store"), EIGHT)
TEXTS: st.SearchStrategy[object] = st.sampled_from(
    ["smb", "", None, "web, ☂", "x" * 256, "x" * 257, 7, True, [], "unknown"]
)


@pytest.mark.parametrize("dimensions", SETS, ids=len)
def test_up_to_eight_names_are_a_choice(dimensions: tuple[str, ...]) -> None:
    """Of letters, digits and underscores; every dimension is one of them or of events."""
    definition = Definition(dimensions=dimensions)
    assert definition.all_dimensions == (*dimensions, *EVENT_DIMENSIONS)


@pytest.mark.parametrize(
    ("dimensions", "told"),
    [
        ((*EIGHT, "ninth"), "dimensions: 9 of them: allowed are 8 or fewer"),
        (
            ("Store",),
            "dimensions: 'Store': allowed are a to z, 0 to 9 and _, a letter first, at most 40 in all",
        ),
        (("9th",), "dimensions: '9th': allowed are a to z"),
        (("",), "dimensions: '': allowed are a to z"),
        (("z" * 41,), "at most 40 in all"),
        (("größe",), "dimensions: 'größe': allowed are a to z"),
        (("store\n",), "allowed are a to z"),
        (("plan", "store", "plan"), "dimensions: 'plan' stands there twice: allowed is once"),
        (("reason",), "dimensions: 'reason': is a dimension of events already: allowed is another name"),
        (("trial",), "dimensions: 'trial': is a field of events already: allowed is another name"),
        (("since",), "dimensions: 'since': is a column of opening balances already: allowed is another name"),
        (
            ("window",),
            "dimensions: 'window': is a label of published metrics already: allowed is another name",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused(dimensions: tuple[str, ...], told: str) -> None:
    """In one line, with what is allowed."""
    with pytest.raises(DefinitionError) as refused:
        Definition(dimensions=dimensions)
    assert told in str(refused.value)


def test_what_is_taken_is_what_is_called_so() -> None:
    """Fields of events, columns of opening balances, labels of metrics: all of them, and no more."""
    taken = {what: set(names.split()) for what, names in TAKEN.items()}
    own = {*EVENT_DIMENSIONS}
    assert taken["a dimension of events"] == own
    assert taken["a field of events"] == {*FIELDS} - own
    columns = {*columns_of(Definition(dimensions=()))}
    assert taken["a column of opening balances"] == columns - {*FIELDS}
    labels = {
        label
        for one in (*COMPONENTS, *DOCUMENT, *PROCESS, *ALARMS, *PARTS, *KPIS, *ACCOUNT)
        for label in one.labels
    }
    assert taken["a label of published metrics"] == {*labels, *DIMENSION, "le"} - own - {*FIELDS}


def test_the_default_has_the_hash_it_always_had() -> None:
    """Other names, and another order of them, are another count."""
    default, moved = Definition(), replace(Definition(), dimensions=("plan", "segment", "channel", "region"))
    assert (default.hash, default.counting_hash) == ("33c94bd7b8071cd2", "48766bc2fea6eb85")
    assert len({default.counting_hash, moved.counting_hash, Definition(dimensions=()).counting_hash}) == 3


@pytest.mark.parametrize("dimensions", SETS, ids=len)
def test_a_signup_carries_what_the_definition_names(dimensions: tuple[str, ...]) -> None:
    """In its order; what it does not name is ignored as any unknown member, whatever it is."""
    decoder = Decoder(Definition(dimensions=dimensions))
    said: dict[str, object] = {name: f"v{at}" for at, name in enumerate(dimensions)}
    ignored: dict[str, object] = {"plan": 3, "segment": "x" * 300, "attribute_1": 7, "acquisition_cost": "1"}
    found = decoder.one("signup", None, value_of("signup", **ignored, **said), AT)
    assert found == Signup("e1", "shop", "c1", AT, tuple(said.values()), cost_minor=100)  # type: ignore[arg-type]
    absent = decoder.one("signup", None, value_of("signup", **dict.fromkeys(dimensions, "")), AT)
    assert absent == Signup("e1", "shop", "c1", AT, (None,) * len(dimensions))


@pytest.mark.parametrize(
    ("value", "reason"), [(LONG_TEXT, "too_long"), (7, "wrong_type"), ([], "wrong_type")]
)
def test_an_attribute_that_is_no_text_is_malformed(value: object, reason: str) -> None:
    """Whatever the dimension is called, with the words that segment has."""
    decoder = Decoder(Definition(dimensions=("industry", "store")))
    found = decoder.one("signup", None, value_of("signup", store=value), AT)
    assert isinstance(found, Malformed)
    assert (found.reason, found.field) == (reason, "store")
    assert described(found) == f"{reason}: store: expected a text of at most 256 characters"


@settings(max_examples=examples(200))
@given(
    dimensions=st.sampled_from(SETS),
    said=st.dictionaries(st.sampled_from((*EIGHT, "plan")), TEXTS),
    fast=st.booleans(),
)
def test_a_second_decoder_agrees_on_every_signup(
    dimensions: tuple[str, ...], said: dict[str, object], *, fast: bool
) -> None:
    """By the fast path, and by the strict one, which a number beyond 64 bits leads to."""
    definition = Definition(dimensions=dimensions)
    value = json.dumps({**json.loads(value_of("signup")), **said, **({} if fast else {"x": 9**99})}).encode()
    decoded = Decoder(definition).one("signup", None, value, AT)
    assert as_dictionary(decoded) == reference("signup", None, value, AT, definition)
    assert not isinstance(decoded, Malformed) or decoded.field in (*FIELDS, *dimensions)


def test_attributes_are_of_signups_alone() -> None:
    """Another kind may have a member of that name: it is ignored there."""
    decoder = Decoder(Definition(dimensions=("store",)))
    for kind in set(KINDS) - {"signup"}:
        assert not isinstance(decoder.one(kind, None, value_of(kind, store=7), AT), Malformed)
