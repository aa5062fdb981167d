"""``kpi explain``: of a file, of Redis, over HTTP; what it says, and what it refuses."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import redis

from streams.cli.exits import Exit
from streams.cli.explain_text import lines
from streams.core.decoding.timestamps import TimestampReader
from streams.core.definition.definition import HOUR_MS, Definition
from streams.core.kpi.snapshot import Snapshot, build
from streams.embedded import ValkeyServer
from streams.explain import example
from streams.explain.explanation import Place, explain
from streams.redis_contract.layout import Keys
from streams.replay.recount import replay
from tests.cli.conftest import Kpi
from tests.histories import NOW_MS, record
from tests.laws.driver import Driven
from tests.support.topics import unique_prefix

T = TimestampReader().read(example.AS_OF)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The events of the guide's example."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(example.lines()))
    return str(path)


def snapshot(tenant: str = "default") -> Snapshot:
    """What a service would publish of them."""
    (made,) = replay(example.lines(), definition=Definition(tenant=tenant), as_of=[T])
    return made


def test_of_a_file_the_formula_is_filled_in_and_all_is_told(kpi: Kpi, file: str) -> None:
    """Formula, numbers, interval, parts of life, who contributes, what was left out, how old."""
    ran = kpi("explain", "churn_ratio", file, "--window", "30d", "--as-of", example.AS_OF)
    assert ran.code == Exit.OK, ran.err
    told = ran.out.splitlines()
    assert "    C₀ / B" in told
    assert "  = 2 / 6" in told
    assert "  = 33.33 %" in told
    assert "95 % interval  9.68 … 70.00 %" in told
    assert "customers      B 6 + N 2 + R 2 - C 3 - E 0 = A 7, C₀ 2" in told
    assert "window         after 2026-03-16T00:00:00Z, up to 2026-04-15T00:00:00Z" in told
    assert "  segment      enterprise 50 % (100.00 %), smb 50 % (25.00 %)" in told
    assert "records        33 received, 33 counted" in told
    assert "ignored        none" in told
    assert "newest event   cancellation, 6h before" in told


def test_a_silent_source_is_named_with_its_limit(kpi: Kpi, file: str) -> None:
    """Beside the value: which kind, for how long, and what was expected."""
    ran = kpi("explain", "churn_ratio", file, "--window", "30d", "--as-of", "2026-04-25T00:00:00Z")
    told = ran.out.splitlines()
    assert "status         silent" in told
    silent = [line for line in told if line.startswith("silent  ")]
    assert [line.split(" for ")[0].split(" no ")[1] for line in silent] == [
        "signup",
        "purchase",
        "cancellation",
    ]
    assert silent[2] == "silent         no cancellation for 10d, expected within 7d"


def test_what_was_ignored_is_told_with_its_reason(kpi: Kpi, file: str) -> None:
    """A repeat and a line that is no event."""
    with Path(file).open("ab") as end:
        end.write(b"\n" + next(example.lines()) + b'\n{"topic":"crm.customer.survey.v1","value":5}\n')
    told = kpi("explain", "churn_ratio", file, "--window", "30d").out
    assert "ignored        1 duplicate\n" in told
    assert "malformed      1 not_an_object\n" in told or "malformed      1 " in told


def test_late_events_and_free_text_are_told_where_the_live_service_had_some(
    kpi: Kpi, valkey: ValkeyServer
) -> None:
    """By kind and by dimension, and which windows were corrected; a recount has none."""
    one = Driven(Definition(tenant="late"))
    one.state.advance(NOW_MS)
    one.take(record("purchase", "a", NOW_MS - age_ms) for age_ms in (0, 2 * HOUR_MS))
    one.take([record("cancellation", "a", NOW_MS, reason="Alice Smith moved to Berlin")])
    document = build(one.state.totals(), one.definition, computed_at_ms=NOW_MS, partitions={}).json()
    with redis.Redis.from_url(valkey.url) as client:
        client.set(Keys("late").snapshot, document)
    told = kpi("explain", "orders", "--redis", valkey.url, "--tenant", "late").out
    assert "late           1 purchase; corrected windows: 1 24h, 1 7d, 1 30d\n" in told
    assert "free text      1 reason: counted as other; list values to keep in [allow]\n" in told


def test_an_older_instant_is_explained_of_a_file_only(kpi: Kpi, file: str) -> None:
    """The live service knows only now."""
    before = kpi("explain", "lost_customers", file, "--window", "30d", "--as-of", "2026-03-31T00:00:00Z")
    assert "  = 0\n" in before.out
    ran = kpi("explain", "lost_customers", "--as-of", "2026-03-31T00:00:00Z")
    assert (ran.code, ran.err.count("\n")) == (Exit.USAGE, 1)


def test_a_segment_is_compared_with_the_whole(kpi: Kpi, file: str) -> None:
    """By the short option and by the long one."""
    short = kpi("explain", "churn_ratio", file, "--window", "30d", "--segment", "smb")
    assert "  = 1 / 4\n" in short.out
    assert "of the whole   33.33 %, n 6\n" in short.out
    names = ("--dimension", "segment", "--value", "smb")
    assert kpi("explain", "churn_ratio", file, "--window", "30d", *names).out == short.out


def test_the_live_service_is_explained_from_redis(kpi: Kpi, valkey: ValkeyServer, file: str) -> None:
    """The same text as of the file; another definition than the service's is refused."""
    tenant = unique_prefix("explain").rstrip(".")
    with redis.Redis.from_url(valkey.url) as client:
        client.set(Keys(tenant).snapshot, snapshot(tenant).json())
    args = ("explain", "churn_ratio", "--window", "30d")
    live = kpi(*args, "--redis", valkey.url, "--tenant", tenant)
    assert live.out == kpi(*args[:2], file, *args[2:], "--as-of", example.AS_OF).out
    other = Path(file).with_name("other.toml")
    other.write_text('formula = "simple"\n', encoding="utf-8")
    ran = kpi(*args, "--redis", valkey.url, "--tenant", tenant, "--definition", str(other))
    assert ran.code == Exit.USAGE
    assert "--definition" in ran.err
    assert kpi(*args, "--redis", valkey.url, "--tenant", "nobody").code == Exit.FAILED


@pytest.fixture
def worker() -> Iterator[str]:
    """The address of something that answers as a worker does."""
    document = snapshot().json()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/api/snapshot" else 404)
            self.end_headers()
            self.wfile.write(document)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_worker_is_asked_over_http(kpi: Kpi, worker: str) -> None:
    """Instead of Redis."""
    assert "  = 2 / 6\n" in kpi("explain", "churn_ratio", "--window", "30d", "--http", worker).out


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("churn_ratio", "--http", "ftp://127.0.0.1"), Exit.USAGE),
        (("churn_ratio", "--http", "http://127.0.0.1:port"), Exit.USAGE),
        (("churn_ratio", "--http", "http://127.0.0.1:1?token=hidden"), Exit.USAGE),
        (("churn_ratio", "--http", "http://a..b"), Exit.USAGE),
        (("churn_ratio", "--http", "http://me:hidden@127.0.0.1:1"), Exit.USAGE),
        (("churn_ratio", "--redis", "redis://127.0.0.1:1"), Exit.UNREACHABLE),
        (("churn_ratio", "--dimension", "segment"), Exit.USAGE),
        (("churn_ratio", "--dimension", "segment", "--value", "a", "--segment", "b"), Exit.USAGE),
        (("churn_ratio", "FILE", "--from-kafka"), Exit.USAGE),
        (("nonsense", "FILE"), Exit.FAILED),
    ],
)
def test_what_cannot_be_is_one_line(kpi: Kpi, file: str, args: tuple[str, ...], code: Exit) -> None:
    """With the exit code of its kind."""
    ran = kpi("explain", *(file if arg == "FILE" else arg for arg in args))
    assert (ran.code, ran.err.count("\n")) == (code, 1), ran.err
    assert "hidden" not in ran.err


def test_the_definition_of_a_file_decides(kpi: Kpi, file: str, tmp_path: Path) -> None:
    """The headline of the churn ratio, and windows."""
    mine = tmp_path / "mine.toml"
    mine.write_text('formula = "stripe"\nwindows = ["14d"]\n', encoding="utf-8")
    told = kpi("explain", "churn_ratio", file, "--window", "14d", "--definition", str(mine)).out
    assert "    C / (B + N)\n" in told


def test_what_a_value_falls_short_of_is_told_as_the_definition_has_it(
    kpi: Kpi, file: str, tmp_path: Path
) -> None:
    """Its own least n, not the default's; and on which basis it is."""
    mine = tmp_path / "mine.toml"
    mine.write_text('nps_basis = "responses"\n[min_n_by_kpi]\nnps_score = 1234\n', encoding="utf-8")
    at = ("--window", "30d", "--as-of", example.AS_OF)
    told = kpi("explain", "nps_score", file, *at, "--definition", str(mine)).out.splitlines()
    assert told[0].startswith("Net promoter score, every answer (nps_score), 30d")
    assert told[1].endswith("of every answer in the window.")
    assert "status         low_n, fewer than 1,234" in told


def test_what_is_withheld_is_told_with_the_limit_of_the_definition(file: str) -> None:
    """A stale document of a service that withholds after 45 s."""
    definition = Definition(freshness_limit_ms=45_000)
    (made,) = replay(Path(file).read_bytes().splitlines(), definition=definition, as_of=[T])
    document = made.with_condition("stale", computed_at_ms=T + 60_000).document()
    assert "status         stale, older than 45s" in lines(
        explain(document, "churn_ratio", Place("30d"), definition)
    )


def test_the_guide_is_about_the_definition_in_force(kpi: Kpi, tmp_path: Path) -> None:
    """Formula, basis, least n and freshness limit of the file, where the default has others."""
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'formula = "stripe"\nnps_basis = "responses"\nfreshness_limit = "45s"\nmin_n = 7\n', encoding="utf-8"
    )
    told = kpi("definition", "guide", str(mine)).out
    assert "### `churn_ratio`: Churn ratio, with newcomers\n" in told
    assert "### `nps_score`: Net promoter score, every answer\n" in told
    assert "Fewer than 7 cases" in told
    assert "Values older than 45s" in told
