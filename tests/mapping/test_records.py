"""What becomes of a record as a whole: its source, several events of one, formats, bad bytes."""

import json

import pytest

from streams.core.definition.definition import Definition
from streams.core.events import Void
from streams.mapping import Foreign, Ignored, Mapped, Refused, parse_mapping
from streams.mapping.mapper import Mapper
from streams.mapping.plan import MAX_BYTES, MAX_EVENTS
from tests.mapping.support import (
    NOW,
    ORDER,
    TOPIC,
    events,
    foreign,
    mapper,
    members,
    order,
    outcome,
    refusal,
    toml,
)

EACH = {
    "each": '"lines"',
    "event_id": '["id", "lines.sku"]',
    "amount": '"lines.price"',
}


@pytest.mark.parametrize("status", ["open", None, 7, ["paid"], "Paid"])
def test_what_the_conditions_leave_out_is_ignored(status: object) -> None:
    """The reason is in the mapping's words."""
    found = outcome(order(status=status), where='{ "status" = ["paid", "refunded"] }')
    assert found == Ignored("where", "status is none of paid, refunded")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ('["paid"]', "paid"),
        ('"paid"', "paid"),
        ("7", 7),
        ("7", "7"),
        ("true", True),
        ("[false, 1]", "false"),
        ("-9007199254740993", -9007199254740993),
    ],
)
def test_conditions_compare_texts_numbers_and_flags(where: str, value: object) -> None:
    """A number and a flag may stand in quotes, but a text is none of them."""
    assert isinstance(outcome(order(status=value), where=f'{{ "status" = {where} }}'), Mapped)
    assert isinstance(outcome(order(status="7x"), where='{ "status" = 7 }'), Ignored)
    assert isinstance(outcome(order(status=7), where='{ "status" = "7" }'), Ignored)
    assert isinstance(outcome(order(status=1.0), where='{ "status" = 1 }'), Ignored)


def test_all_conditions_must_hold_however_texts_are_escaped() -> None:
    """One of several is not enough."""
    where = '{ "status" = "paid", "live" = true }'
    raw = json.dumps(order(status="?", live=True)).replace("?", "p\\u0061id").encode()
    assert isinstance(mapper(toml(where=where)).one(foreign(raw)), Mapped)
    assert outcome(order(status="paid", live=False), where=where) == Ignored("where", "live is none of true")


KINDS = '{ path = "type", values = { "order.paid" = "purchase", "user.gone" = "cancellation" } }'


def test_a_kind_by_a_value() -> None:
    """Each kind takes its own fields."""
    by_type = mapper(toml(kind=KINDS, reason='"why"'))
    assert members(by_type.one(foreign(order(type="order.paid", why="x")))).keys() & {"reason", "amount"} == {
        "amount"
    }
    made = by_type.one(foreign(order(type="user.gone", why="price")))
    assert isinstance(made, Mapped)
    assert made.events[0].kind == "cancellation"
    assert members(made).keys() & {"reason", "amount"} == {"reason"}


@pytest.mark.parametrize("kind", ["order.open", None, 7, {}])
def test_a_value_that_is_no_kinds_is_unmapped(kind: object) -> None:
    """An absent one, too."""
    found = mapper(toml(kind=KINDS)).one(foreign(order(type=kind)))
    assert found == Ignored("unmapped", "type has a value that is no kind's")
    assert mapper(toml()).one(foreign(ORDER, "other")) == Ignored("unmapped", "no source reads this topic")


def test_the_first_source_that_takes_a_record_has_it() -> None:
    """Where none does, a condition says why."""
    first, second = toml(where='{ "type" = "a" }'), toml(where='{ "type" = "b" }').partition("\n")[2]
    both = mapper(first + second)
    found = both.one(foreign(order(type="b")))
    assert isinstance(found, Mapped)
    assert found.source == 1
    assert both.one(foreign(order(type="c"))) == Ignored("where", "type is none of a")


@pytest.mark.parametrize(
    ("pattern", "topic", "reads"),
    [
        ("shop.*", "shop.orders", True),
        ("shop.*", "shop.", True),
        ("shop.*", "shop", False),
        ("*.orders", "shop.orders", True),
        ("*.orders", "orders", False),
        ("s*p.*.v*", "shop.orders.v1", True),
        ("s*p.*.v*", "shop.v1", False),
        ("a*a", "a", False),
        ("*", "anything", True),
        ("shop.orders", "shop-orders", False),
    ],
)
def test_a_topic_with_stars(pattern: str, topic: str, *, reads: bool) -> None:
    """A star stands for any characters; nothing else has a meaning. The topic's name is the source."""
    found = mapper(toml(topic=f'"{pattern}"')).one(foreign(ORDER, topic))
    assert isinstance(found, Mapped) == reads
    if reads:
        assert members(found)["source"] == topic


def test_a_source_of_its_own() -> None:
    """A constant, or from the record; one that is absent there is none."""
    assert members(outcome(ORDER, source='{ value = "shop" }'))["source"] == "shop"
    assert members(outcome(order(shop="eu"), source='"shop"'))["source"] == "eu"
    assert "source" not in members(outcome(ORDER, source='"shop"'))


def test_several_events_of_a_record() -> None:
    """The element's number joins the id; fields come from the element and from the record."""
    found = outcome(ORDER, **EACH)
    assert [(one.event_id, one.customer_id) for one in events(found)] == [
        ("17:a:0", "c-7"),
        ("17:b:1", "c-7"),
    ]


def test_elements_that_are_left_out_are_counted() -> None:
    """Conditions may ask for an element's values; where none holds the record is ignored."""
    where = '{ "lines.sku" = "b" }'
    found = outcome(ORDER, where=where, **EACH)
    assert isinstance(found, Mapped)
    assert (len(found.events), found.left_out) == (1, 1)
    assert outcome(ORDER, where='{ "lines.sku" = "c" }', **EACH) == Ignored("where", "lines.sku is none of c")
    assert outcome(order(lines=[]), **EACH) == Ignored("where", "lines is empty")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (None, ("missing_field", "each", "lines")),
        ({"0": {}}, ("not_list", "each", "lines")),
        ("x", ("not_list", "each", "lines")),
        ([{"sku": "a", "price": 1}, 7], ("not_object", "each", "lines.1")),
        ([{"sku": "a", "price": 1}, {"sku": "b", "price": "x"}], ("bad_money", "amount", "lines.price")),
        ([{"sku": "a"}], ("missing_field", "amount", "lines.price")),
    ],
)
def test_a_record_gives_all_of_its_events_or_none(lines: object, told: tuple[str, str, str]) -> None:
    """An element that is no event refuses the whole record."""
    assert refusal(outcome(order(lines=lines), **EACH)) == told


def test_a_record_gives_so_many_events_and_bytes() -> None:
    """One great text beside many lines would multiply."""
    many = [{"sku": "a", "price": 1}] * (MAX_EVENTS + 1)
    assert refusal(outcome(order(lines=many), **EACH)) == ("too_many_events", "each", "lines")
    survey = {
        "kind": '"survey"',
        "currency": None,
        "survey": '{ value = "nps" }',
        "score": '"lines.price"',
        "comment": '"text"',
    }
    few = order(lines=many[:100], text="x" * (MAX_BYTES // 99))
    assert refusal(outcome(few, **(EACH | {"amount": None} | survey)))[0] == "too_many_events"


def test_a_void_names_what_it_withdraws_by_the_same_rule() -> None:
    """Its own source is the default."""
    found = outcome(
        order(refers=["x:y", "z"]),
        kind='"void"',
        amount=None,
        currency=None,
        voids_event_id='["refers.0", "refers.1"]',
    )
    (event,) = events(found)
    assert isinstance(event, Void)
    assert (event.target_id, event.target_source) == ("x%3Ay:z", TOPIC)


def test_an_erase_needs_nothing_more() -> None:
    """The envelope is all."""
    assert members(outcome(ORDER, kind='"erase"', amount=None, currency=None))["customer_id"] == "c-7"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", "empty_value"),
        (None, "empty_value"),
        (b"{", "not_json"),
        (b"null", "not_object"),
        (b"[{}]", "not_object"),
        (b'"x"', "not_object"),
        (b'{"id":NaN}', "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b'{"id":"\xff"}', "invalid_utf8"),
        (b'{"unnamed":"\xff"}', "invalid_utf8"),
        (b'{"x":' + b"[" * 300 + b"]" * 300 + b"}", "too_deep"),
        (b'{"x":' + b"[" * 100_000, "too_deep"),
        (b"{} {}", "not_json"),
    ],
)
def test_bytes_that_are_no_record(value: bytes | None, reason: str) -> None:
    """Each is told, and none is raised."""
    found = mapper(toml()).one(Foreign(TOPIC, None, value, NOW))
    assert refusal(found) == (reason, "", "")


def test_the_definition_judges() -> None:
    """Its earliest time, and its base currency."""
    text = toml(occurred_at='{ path = "at", unit = "s" }')
    late = Mapper(parse_mapping(text, "m"), Definition(min_event_time_ms=NOW))
    assert refusal(late.one(foreign(ORDER)))[0] == "too_old"


def test_a_refusal_tells_nothing_of_the_record() -> None:
    """Paths are the mapping's words."""
    found = outcome(order(customer={"id": {"secret": "Ann"}}, total="secret"))
    assert isinstance(found, Refused)
    assert found.described() == (
        "wrong_type: customer_id, from customer.id: expected a text of 1 to 128 characters"
    )
    missing = outcome(order(customer=None))
    assert isinstance(missing, Refused)
    assert "is missing; expected" in missing.described()
