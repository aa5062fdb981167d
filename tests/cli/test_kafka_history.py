"""``kpi send --customers``, and ``--from-kafka`` of ``kpi replay`` and ``explain``, on a genuine Kafka."""

import json
from pathlib import Path
from typing import Any

import pytest

from streams.cli.exits import Exit
from streams.core.decoding.expected import FIELDS
from streams.embedded import KafkaCluster
from streams.simulate import KINDS, Business, to_line
from tests.cli.conftest import Kpi
from tests.support.topics import unique_prefix

END_MS = 1_776_211_200_000
END = "2026-04-15T00:00:00Z"
CSV = """\
id,since,segment,last_purchase_at,last_purchase_amount,last_purchase_id
a,2024-05-01,smb,2026-04-01,20.00,p1
b,2024-06-01,smb,,,
c,2026-04-01,mid,2026-04-10T12:00:00Z,5,p2
d,yesterday,mid,,,
"""


@pytest.fixture
def settings(kafka: KafkaCluster, kpi: Kpi) -> dict[str, str]:
    """Settings with topics of this test's own, made."""
    prefix = unique_prefix("history")
    topics = {f"KPI_TOPIC_{name.upper()}": prefix + name for name in (*KINDS, "changelog", "totals")}
    basics = {"KPI_BROKERS": kafka.bootstrap, "KPI_PARTITIONS": "3", "KPI_REPLICATION_FACTOR": "1"}
    settings = {**basics, **topics, "KPI_TOPIC_DEAD_LETTER": prefix + "dead"}
    assert kpi("topics", "create", **settings).code == Exit.OK
    return settings


def snapshot(text: str) -> Any:  # noqa: ANN401 - JSON
    """The only snapshot of a replay."""
    (document,) = json.loads(text).values()
    return document


def test_a_company_with_history_starts_with_a_true_base(
    kpi: Kpi, settings: dict[str, str], tmp_path: Path
) -> None:
    """B is who was there before; a row that is no customer is listed; a second sending changes no value."""
    file = tmp_path / "customers.csv"
    file.write_text(CSV, encoding="utf-8")
    replay = ("replay", "--from-kafka", "--as-of", END)
    ran = kpi("send", "--customers", str(file), **settings)
    assert ran.code == Exit.BAD_DATA
    assert ran.err.splitlines()[:2] == [
        f"line 5: its signup is malformed: bad_time: since: expected {FIELDS['occurred_at']}",
        "3 customers and 2 last purchases sent, 1 lines rejected",
    ]
    first = snapshot(kpi(*replay, **settings).out)
    month = first["windows"]["30d"]
    assert month["churn_ratio"]["denominator"] == 2
    assert (month["new_customers"]["value"], month["revenue"]["value"]) == (1, 25.0)
    assert first["now"]["long_term_ratio"]["numerator"] == 2
    assert first["dimensions"]["segment"]["smb"]["now"]["active_customers"]["value"] == 2
    file.write_text(CSV.replace("20.00", "99.00"), encoding="utf-8")
    kpi("send", "--customers", str(file), **settings)
    second = snapshot(kpi(*replay, **settings).out)
    assert second["accounting"]["ignored"] == {"duplicate": 5}
    assert [first[part] == second[part] for part in ("windows", "now", "dimensions")] == [True] * 3


def test_what_kafka_holds_is_recounted_with_equal_bytes(
    kpi: Kpi, settings: dict[str, str], tmp_path: Path
) -> None:
    """Twice the same; values as of the file that was sent; another definition without a switch."""
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"".join(map(to_line, Business(1, 150, 10, END_MS).history())))
    assert kpi("send", str(file), "--no-validate", **settings).code == Exit.OK
    args = ("--as-of", END, "--as-of", str(END_MS - 86_400_000))
    once, again = (kpi("replay", "--from-kafka", *args, **settings).out for _ in range(2))
    assert once == again
    of_file = json.loads(kpi("replay", str(file), *args).out)
    for t, document in json.loads(once).items():
        for part in ("windows", "now", "dimensions", "drivers", "newest_event"):
            assert document[part] == of_file[t][part]
    other = tmp_path / "new.toml"
    other.write_text('formula = "simple"\n', encoding="utf-8")
    changed = kpi("replay", "--from-kafka", "--as-of", END, "--definition", str(other), **settings).out
    assert "churn_ratio.standard" in snapshot(changed)["windows"]["24h"]
    told = kpi("explain", "churn_ratio", "--from-kafka", "--as-of", END, **settings)
    assert (told.code, "    C₀ / B" in told.out) == (Exit.OK, True)


def test_topics_that_are_missing_are_named(kpi: Kpi, settings: dict[str, str]) -> None:
    """One line."""
    ran = kpi("replay", "--from-kafka", **{**settings, "KPI_TOPIC_VOID": "no.such.topic"})
    assert (ran.code, ran.err) == (Exit.FAILED, "kpi: missing topics: no.such.topic\n")


def test_an_unreachable_kafka_is_one_line(kpi: Kpi) -> None:
    """With its address."""
    ran = kpi("replay", "--from-kafka", KPI_BROKERS="127.0.0.1:1")
    assert (ran.code, ran.err) == (
        Exit.UNREACHABLE,
        "kpi: Kafka at 127.0.0.1:1 refuses the connection: nothing listens there\n",
    )
