"""``kpi status`` on a genuine Kafka: a worker that is well, then partitions that are not."""

import asyncio
import json

import msgspec

from streams.app import wall_clock
from streams.cli.exits import Exit
from streams.core.totals import Accounting
from streams.engine.totals_topic.fingerprint import FINGERPRINT
from streams.engine.totals_topic.group_records import HEADER_KEY, TotalsHeader, encode_header
from tests.cli.conftest import Kpi, Ran
from tests.doctor.conftest import PARTITIONS
from tests.doctor.support import put
from tests.support.eventually import eventually
from tests.support.topics import create_topics, unique_prefix


def test_a_worker_that_is_well_is_shown_with_owner_and_state(kpi: Kpi, healthy: dict[str, str]) -> None:
    """A table for people, an object for programs; 0, and one line in words at the end."""
    ran = eventually(lambda: _well(kpi("status", **healthy)), within=20)
    assert ran is not None
    rows = [line.split() for line in ran.out.splitlines() if "live" in line and "127.0.0.1" in line]
    assert [row[:3] for row in rows] == [[str(n), "127.0.0.1", "live"] for n in range(PARTITIONS)]
    assert ran.out.splitlines()[-1] == "1 worker: every partition has an owner, is live and fresh"
    document = json.loads(kpi("status", "--json", **healthy).out)
    assert (document["ok"], document["workers"], document["group_state"]) == (True, 1, "Stable")
    assert [part["lag"] for part in document["partitions"]] == [0] * PARTITIONS
    assert all(0 <= part["commit_age_ms"] < 10_000 for part in document["partitions"])
    assert all(part["epoch"] >= 1 for part in document["partitions"])


def _well(ran: Ran) -> Ran | None:
    return ran if ran.code == Exit.OK else None


def test_each_state_of_a_partition_is_shown_as_what_it_is(kpi: Kpi, bare: dict[str, str]) -> None:
    """Of another version: nothing of it is believed; catching up; live, but long ago."""
    settings = {**bare, "KPI_TOPIC_TOTALS": unique_prefix("totals"), "KPI_PARTITIONS": "3"}
    asyncio.run(create_topics(bare["KPI_BROKERS"], [settings["KPI_TOPIC_TOTALS"]], partitions=3))
    topic, now_ms = settings["KPI_TOPIC_TOTALS"], wall_clock()
    live = TotalsHeader(3, now_ms, True, now_ms, None, "a", 0, Accounting(), {}, layout=FINGERPRINT)
    behind = msgspec.structs.replace(live, live=False, lag=1_234)
    foreign = msgspec.structs.replace(live, layout="another")
    for number, header in enumerate((live, behind, foreign)):
        asyncio.run(put(settings, topic, number, HEADER_KEY, encode_header(header), now_ms - 60_000 + number))
    ran = kpi("status", **settings)
    rows = [line.split() for line in ran.out.splitlines() if "nobody" in line]
    assert [row[:-3] + row[-1:] for row in rows] == [
        ["0", "nobody", "live", "0", "3"],
        ["1", "nobody", "catching", "up", "1,234", "3"],
        ["2", "nobody", "other", "version", "-", "3"],
    ]
    assert all(60 <= float(row[-3]) < 600 for row in rows)
    assert ran.code == Exit.FAILED
    assert ran.err == (
        "kpi: 0 workers; no worker is running: kpi worker starts one; 1 of 3 partitions: other version; "
        "1 of 3 partitions: catching up; 1 of 3 partitions wrote nothing for more than 10 s\n"
    )
