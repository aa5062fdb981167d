"""``kpi replay --format openmetrics``: a history that Prometheus itself takes and gives back."""

import json
import subprocess
from pathlib import Path

import pytest

from streams.core.definition.definition import HOUR_MS
from tests.cli.conftest import Kpi
from tests.histories import record

END_MS = 1_776_211_200_000


@pytest.mark.system("promtool")
def test_prometheus_makes_blocks_of_it(kpi: Kpi, tmp_path: Path) -> None:
    """Every five minutes of a day; the customers of each instant stand in the blocks as in the documents."""
    day = [record("signup", f"c{i}", END_MS - 24 * HOUR_MS + i * HOUR_MS) for i in range(24)]
    day += [record("cancellation", f"c{i}", END_MS - i * HOUR_MS) for i in range(9)]
    events = tmp_path / "events.jsonl"
    events.write_text(
        "".join(json.dumps(one | {"timestamp": END_MS}) + "\n" for one in day), encoding="utf-8"
    )
    args = ("replay", str(events), "--windows", "1h,24h", "--every", "5m")
    history = tmp_path / "history.om"
    ran = kpi(*args, "--format", "openmetrics")
    assert ran.code == 0, ran.err
    history.write_text(ran.out, encoding="utf-8")
    blocks = tmp_path / "blocks"
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(history), str(blocks)]
    subprocess.run(made, check=True, capture_output=True)
    (blocks / "wal").mkdir()  # what a Prometheus would have made before
    match = '--match={__name__="crm_active_customers"}'
    dumped = subprocess.run(["promtool", "tsdb", "dump", match, str(blocks)], check=True, capture_output=True)
    found = {int(at): float(value) for *_, value, at in map(str.split, dumped.stdout.decode().splitlines())}
    documents = json.loads(kpi(*args).out)
    assert len(documents) == 24 * 12 + 1
    assert found == {int(t): d["now"]["active_customers"]["value"] for t, d in documents.items()}
