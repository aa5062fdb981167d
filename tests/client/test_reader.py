"""Both readers against a real Valkey, with what the sink really writes."""

import asyncio
import inspect
import json
import pickle
import re
from typing import Any
from uuid import uuid4

import pytest
import redis

from streams.client import (
    NOW,
    AsyncKpiReader,
    KpiReader,
    Place,
    Reading,
    RecoveringError,
    StaleError,
    State,
    UnavailableError,
    UnknownNameError,
)
from streams.core.definition.definition import Definition
from streams.core.kpi.formulas import Values
from streams.core.kpi.snapshot import Snapshot, build, build_accounting_only
from streams.core.totals import Accounting
from streams.embedded import ValkeyServer, free_port
from streams.publish.redis.sink import RedisSink
from streams.redis_contract.connection import RedisAddress
from streams.redis_contract.layout import Keys
from tests.publish import world
from tests.publish.sinks import WITHIN_S, running
from tests.publish.world import T0
from tests.support.eventually import eventually_async

DEFINITION = Definition(window_names=("1h", "24h"))
SNAPSHOT = world.snapshot(DEFINITION)


class Tenant:
    """A tenant of its own, its writer and its readers."""

    def __init__(self, url: str, asker: type[KpiReader | AsyncKpiReader]) -> None:
        self.url = url
        self.name = f"reader-{uuid4().hex}"
        self._asker = asker

    def write(self, snapshot: Snapshot) -> None:
        """Write a snapshot."""

        async def scene() -> None:
            sink = RedisSink(RedisAddress(self.url), self.name)
            async with running(sink):
                sink.publish(snapshot)

                async def written() -> bool:
                    return sink.writes > 0

                await eventually_async(written, within=WITHIN_S)

        asyncio.run(scene())

    def ask(self, method: str, *args: Any, age_s: float = 1.0, max_age: float = 10.0) -> Any:  # noqa: ANN401 - any answer
        """Ask either reader, so old that T0 was `age_s` ago."""

        async def scene() -> Any:  # noqa: ANN401 - any answer
            reader = self._asker(self.url, self.name, max_age, clock=lambda: T0 / 1000 + age_s)
            try:
                answer = getattr(reader, method)(*args)
                return await answer if inspect.isawaitable(answer) else answer
            finally:
                closed = reader.close()
                if closed is not None:
                    await closed

        return asyncio.run(scene())

    def get(self, *args: str, age_s: float = 1.0, max_age: float = 10.0) -> Reading:
        """Ask for one KPI."""
        reading = self.ask("get", *args, age_s=age_s, max_age=max_age)
        assert isinstance(reading, Reading)
        return reading


@pytest.fixture(params=[KpiReader, AsyncKpiReader])
def tenant(request: pytest.FixtureRequest, valkey: ValkeyServer) -> Tenant:
    """A tenant that is asked by one kind of reader, then by the other."""
    return Tenant(valkey.url, request.param)


def test_every_value_of_the_snapshot_is_read_as_it_was_written(tenant: Tenant) -> None:
    """All KPIs of a window and of a dimension value, part by part."""
    tenant.write(SNAPSHOT)
    periods: dict[tuple[str | None, ...], Values] = {
        ("24h", None, None): SNAPSHOT.windows["24h"],
        (NOW, None, None): SNAPSHOT.now,
    }
    periods[("1h", "segment", "smb")] = SNAPSHOT.dimensions.values["segment"]["smb"]["1h"]
    for place, values in periods.items():
        readings = tenant.ask("get_all", *place)
        assert readings.keys() == values.keys()
        for kpi, value in values.items():
            found = readings[kpi]
            parts = (
                found.value,
                found.numerator,
                found.denominator,
                found.n,
                found.low,
                found.high,
                found.status,
            )
            assert parts == tuple(getattr(value, part) for part in value.__struct_fields__[:7])
            assert found.parts == {
                part: number for part, number in value.extras.items() if number is not None
            }


def test_one_kpi_is_the_same_as_in_all(tenant: Tenant) -> None:
    """With its window's edges and its age."""
    tenant.write(SNAPSHOT)
    found = tenant.get("churn_ratio", "24h")
    assert found == tenant.ask("get_all", "24h")["churn_ratio"]
    assert (found.state, found.require(), found.age_s) == (State.FRESH, 3 / 47, 1.0)
    assert (found.start, found.end, found.t_ms) == (T0 - 86_400_000, T0, T0)
    assert tenant.get("nps_score", "1h", "touchpoint", "onboarding").parts["promoters"] == 18


def test_states_are_told_apart(tenant: Tenant) -> None:
    """fresh, stale, low_n, absent: by place, KPI, age and max_age."""
    tenant.write(SNAPSHOT)
    assert tenant.get("churn_ratio").state is State.FRESH
    assert tenant.get("churn_ratio", age_s=10.5).state is State.STALE
    assert tenant.get("churn_ratio", age_s=10.5, max_age=60.0).state is State.FRESH
    assert tenant.get("csat_mean.5").state is State.LOW_N
    assert tenant.get("csat_mean.6").state is State.ABSENT
    assert tenant.get("churn_ratio", "24h", "segment", "nobody").state is State.ABSENT
    assert tenant.get("churn_ratio", "24h", "plan", "nobody").state is State.ABSENT


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("churn",), "no KPI 'churn' is published; did you mean churn_ratio"),
        (("Churn_Ratio",), "no KPI 'Churn_Ratio' is published; did you mean churn_ratio"),
        (("csat_mean",), "or csat_mean.5"),
        (("zzz",), "no KPI 'zzz' is published"),
        (("churn_ratio", "24H"), "no window '24H' is published: there are 1h, 24h, now; did you mean 24h?"),
        (("churn_ratio", "2h"), "there are 1h, 24h, now"),
        (("churn_ratio", "24h", "Segment", "smb"), "no dimension 'Segment' is published"),
        (("churn_ratio", "24h", "segments", "smb"), "did you mean segment?"),
        (("churn", "24h", "segment", "smb"), "did you mean churn_ratio"),
        (("churn", "24h", "segment", "nobody"), "did you mean churn_ratio"),
        (("active_customers", "24h"), "active_customers is published under now, not under 24h"),
        (("churn_ratio", "now"), "churn_ratio is published under 1h, not under now"),
    ],
    ids=lambda found: ":".join(found) if isinstance(found, tuple) else "",
)
def test_a_misspelt_name_is_an_error_that_names_the_nearest(
    tenant: Tenant, asked: tuple[str, ...], told: str
) -> None:
    """Whoever misspells waits for no value that never comes; a gone service is no misspelling."""
    assert tenant.get(*asked).state is State.ABSENT
    tenant.write(SNAPSHOT)
    with pytest.raises(UnknownNameError, match=re.escape(told)) as caught:
        tenant.get(*asked)
    assert isinstance(caught.value, ValueError)
    if told.startswith("no window") or "dimension" in told:
        with pytest.raises(UnknownNameError, match=re.escape(told)):
            tenant.ask("get_all", *asked[1:])


OWN = Definition(window_names=("1h",), dimensions=("industry", "age_band"))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("segment", "no dimension 'segment' is published: there are industry, age_band, reason, churn_type"),
        ("Industry", "did you mean industry?"),
        ("age_bend", "did you mean age_band?"),
    ],
)
def test_the_dimensions_that_there_are_stand_in_the_snapshot(tenant: Tenant, asked: str, told: str) -> None:
    """Whatever they are called, also one that has no value yet; without a snapshot none is called wrong."""
    totals = world.overall(OWN, T0)
    totals.groups |= world.dimensions(OWN, T0, values=(("industry", "smb"),)).groups
    snapshot = build(totals, OWN, computed_at_ms=T0, partitions={"0": {"lag": 0, "state": "ok"}})
    assert "age_band" in snapshot.dimensions.values
    assert not snapshot.dimensions.values["age_band"]
    tenant.write(snapshot)
    assert tenant.get("churn_ratio", "1h", "age_band", "18-29").state is State.ABSENT
    assert tenant.ask("get_all", "1h", "age_band", "18-29") == {}
    with pytest.raises(UnknownNameError, match=re.escape(told)):
        tenant.get("churn_ratio", "1h", asked, "smb")
    with redis.Redis.from_url(tenant.url) as client:
        client.delete(Keys(tenant.name).snapshot)
    assert tenant.get("churn_ratio", "1h", asked, "smb").state is State.ABSENT


def test_an_undefined_kpi_still_has_its_parts(tenant: Tenant) -> None:
    """Nothing to divide by is not zero and not absent."""
    tenant.write(world.snapshot(DEFINITION, size=0))
    found = tenant.get("churn_ratio")
    assert (found.state, found.value, found.denominator) == (State.UNDEFINED, None, 0)


def test_what_the_publisher_calls_stale_or_recovering_is_that(tenant: Tenant) -> None:
    """Even where the reader's clock finds nothing wrong."""
    tenant.write(SNAPSHOT.with_condition("stale", computed_at_ms=T0 + 400))
    with pytest.raises(StaleError):
        tenant.get("churn_ratio").require()
    tenant.write(SNAPSHOT.with_condition("recovering", computed_at_ms=T0 + 500))
    with pytest.raises(RecoveringError):
        tenant.get("churn_ratio").require()
    assert tenant.get("churn_ratio").n == 47


def test_during_the_first_catch_up_everything_is_recovering(tenant: Tenant) -> None:
    """No KPI is there yet, and none is called absent."""
    snapshot = build_accounting_only(Accounting(), DEFINITION, t_ms=T0, computed_at_ms=T0, partitions={})
    tenant.write(snapshot)
    assert tenant.get("churn_ratio").state is State.RECOVERING
    assert tenant.ask("get_all") == {}


def test_the_document_and_the_places_are_read(tenant: Tenant) -> None:
    """The whole snapshot, and which windows and dimension values there are."""
    assert (tenant.ask("snapshot"), tenant.ask("keys")) == (None, [])
    tenant.write(SNAPSHOT)
    assert tenant.ask("snapshot") == json.loads(SNAPSHOT.json())
    places = tenant.ask("keys")
    assert places[:3] == [Place("1h"), Place("24h"), Place(NOW)]
    assert Place("24h", "reason", "price") in places
    assert len(places) == 3 + 2 * 3 + 2 * 2


def test_tenants_do_not_see_each_other(tenant: Tenant) -> None:
    """The tenant is part of every key."""
    tenant.write(SNAPSHOT)
    assert Tenant(tenant.url, KpiReader).get("churn_ratio").state is State.ABSENT


@pytest.mark.parametrize("asker", [KpiReader, AsyncKpiReader])
def test_an_unreachable_redis_is_an_error_of_its_own(asker: type[KpiReader | AsyncKpiReader]) -> None:
    """Nothing is known: neither absent nor stale; no secret in the message."""
    away = Tenant(f"redis://:s3cret@127.0.0.1:{free_port()}/0", asker)
    for method, *args in (("get", "churn_ratio"), ("get_all",), ("snapshot",), ("keys",)):
        with pytest.raises(UnavailableError) as raised:
            away.ask(method, *args)
        assert "s3cret" not in str(raised.value)
        assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)  # noqa: S301 - our own


@pytest.mark.parametrize("asker", [KpiReader, AsyncKpiReader])
@pytest.mark.parametrize("url", ["http://127.0.0.1", "127.0.0.1:6379"])
def test_an_address_that_cannot_be_is_refused_at_once(
    asker: type[KpiReader | AsyncKpiReader], url: str
) -> None:
    """The caller's mistake, at construction."""
    with pytest.raises(ValueError, match="scheme"):
        asker(url)


def test_readers_are_context_managers(valkey: ValkeyServer) -> None:
    """They close their connections."""
    with KpiReader(valkey.url) as reader:
        assert reader.keys() is not None

    async def scene() -> None:
        async with AsyncKpiReader(valkey.url) as reader:
            assert await reader.keys() is not None

    asyncio.run(scene())


def test_both_readers_have_the_same_signatures() -> None:
    """The twin is a twin."""
    for name in ("__init__", "get", "get_all", "snapshot", "keys", "watch", "close"):
        sync, twin = (inspect.signature(getattr(asker, name)) for asker in (KpiReader, AsyncKpiReader))
        assert sync.parameters.keys() == twin.parameters.keys()
        defaults = [parameter.default for parameter in sync.parameters.values()]
        assert defaults == [parameter.default for parameter in twin.parameters.values()]
