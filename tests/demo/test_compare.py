"""The self-check finds what is missing, wrong or too much, wherever it is published."""

from collections.abc import Callable

import msgspec
import pytest

from streams.core.definition.definition import Definition
from streams.core.kpi.snapshot import Snapshot
from streams.demo.compare import compare
from streams.demo.observe import Document, Observed, Series, parse_page
from streams.publish.prometheus.exposition import Exposition
from streams.redis_contract.layout import PARTS, Place, write_number
from streams.replay.recount import replay
from streams.simulate import Business, to_line

END_MS = 1_776_211_200_000


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    """A recount."""
    lines = (to_line(record) for record in Business(1, 150, 10, END_MS).history())
    return next(iter(replay(lines, definition=Definition(), as_of=[END_MS])))


def publish(snapshot: Snapshot) -> Observed:
    """Everything as it should be published."""
    document: Document = msgspec.json.decode(snapshot.json())
    exposition = Exposition(Definition())
    exposition.publish(snapshot)
    page = parse_page(exposition.render("text/plain")[0].decode())
    variants = document["variants"]
    hashes = {Place(window): fields(values, variants) for window, values in document["windows"].items()}
    hashes[Place("now")] = fields(document["now"], variants)
    for dimension, listed in document["dimensions"].items():
        for value, periods in listed.items():
            for window, values in periods.items():
                hashes[Place(window, dimension, value)] = fields(values, variants)
    copies = {name: msgspec.json.decode(snapshot.json()) for name in ("redis", "worker 1")}
    return Observed(END_MS, END_MS, copies, {"worker 1": dict(page)}, hashes)


def fields(values: dict[str, Document], variants: dict[str, str]) -> dict[str, str]:
    """The fields of one hash."""
    written = {"t": str(END_MS), **{f"{kpi}:variant": one for kpi, one in variants.items() if kpi in values}}
    for kpi, value in values.items():
        written[kpi] = write_number(value["value"])
        for part in PARTS:
            written[f"{kpi}:{part}"] = value[part] if part == "status" else write_number(value[part])
    return written


def test_equal_is_equal(snapshot: Snapshot) -> None:
    """Thousands of values, none different."""
    comparison = compare(publish(snapshot), snapshot, Definition())
    assert comparison.compared > 5_000
    assert (comparison.different, comparison.mismatches) == (0, [])


ORDERS: Series = ("crm_orders", (("window", "24h"),))


def wrong_document(observed: Observed) -> None:
    """A value in a worker's document."""
    observed.documents["worker 1"]["windows"]["24h"]["orders"]["value"] += 1


def missing_in_document(observed: Observed) -> None:
    """A part that is not there."""
    del observed.documents["redis"]["windows"]["24h"]["orders"]["status"]


def surplus_in_document(observed: Observed) -> None:
    """A part nobody expects."""
    observed.documents["redis"]["windows"]["24h"]["orders"]["more"] = None


def wrong_accounting(observed: Observed) -> None:
    """One record too few."""
    observed.documents["redis"]["accounting"]["received"] -= 1


def wrong_sample(observed: Observed) -> None:
    """A sample on a page."""
    dict_of(observed.pages["worker 1"])[ORDERS] = -1.0


def missing_sample(observed: Observed) -> None:
    """A sample that is not there."""
    del dict_of(observed.pages["worker 1"])[ORDERS]


def wrong_field(observed: Observed) -> None:
    """A field of a dimension value in Redis."""
    dict_of(observed.hashes[Place("24h", "segment", "smb")])["orders:n"] = "-1"


def wrong_variant(observed: Observed) -> None:
    """Another formula than that of the definition."""
    dict_of(observed.hashes[Place("24h")])["churn_ratio:variant"] = "simple"


def frozen_field(observed: Observed) -> None:
    """A KPI that is published no more, left in Redis."""
    dict_of(observed.hashes[Place("24h")])["old_kpi"] = "5"


def missing_hash(observed: Observed) -> None:
    """A hash that is not there."""
    del dict_of(observed.hashes)[Place("now")]


def surplus_hash(observed: Observed) -> None:
    """A hash of a dimension value that is gone."""
    dict_of(observed.hashes)[Place("1h", "segment", "gone")] = {"orders": "1"}


def dict_of(mapping: object) -> dict[object, object]:
    """What the observation holds, to be spoilt."""
    assert isinstance(mapping, dict)
    return mapping


@pytest.mark.parametrize(
    "spoil",
    [
        wrong_document,
        missing_in_document,
        surplus_in_document,
        wrong_accounting,
        wrong_sample,
        missing_sample,
        wrong_field,
        wrong_variant,
        frozen_field,
        missing_hash,
        surplus_hash,
    ],
)
def test_any_single_difference_is_found(snapshot: Snapshot, spoil: Callable[[Observed], None]) -> None:
    """Wrong, missing or too much: in a document, on a page, in a hash."""
    observed = publish(snapshot)
    spoil(observed)
    comparison = compare(observed, snapshot, Definition())
    assert comparison.different > 0
    assert comparison.mismatches[0].expected != comparison.mismatches[0].found


def test_when_it_was_computed_does_not_matter(snapshot: Snapshot) -> None:
    """Nor do partitions and their lag."""
    observed = publish(snapshot)
    observed.documents["redis"]["computed_at"] = 5
    observed.documents["redis"]["partitions"] = {"0": {"lag": 3, "state": "ok"}}
    assert compare(observed, snapshot, Definition()).different == 0
