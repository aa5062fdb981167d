"""What a replay says of alarms at an instant does not depend on which other instants it is asked for."""

from streams.core.definition.alarms import Alarm
from streams.core.definition.definition import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Definition
from streams.core.kpi.alarms import Alarms
from streams.replay.recount import replay
from streams.simulate import SimRecord, bodies, to_line, topic_of

END = 1_776_211_200_000
DAYS = 38
DEFINITION = Definition(
    dimensions=("plan",),
    alarms=(Alarm("order_rise", "orders", "up"), Alarm("malformed_rise", "malformed_records", "up")),
)
USUAL = range(END - DAYS * DAY_MS, END, 30 * MINUTE_MS)
BURST = range(END - 2 * HOUR_MS, END - HOUR_MS, 20 * SECOND_MS)


def lines() -> list[bytes]:
    """An order in half an hour, and one malformed record; for an hour, three orders a minute."""
    records: list[SimRecord] = []
    for number, at in enumerate(sorted({*USUAL, *BURST})):
        name = f"c{number % 9 if at in USUAL else 0}"
        body = bodies.purchase(f"p{number}", name, at, 900, "USD")
        records.append(SimRecord(topic_of("purchase"), name.encode(), body.encode(), at))
        if at in USUAL:
            records.append(SimRecord(topic_of("purchase"), name.encode(), b"{", at))
    return list(map(to_line, records))


def told(records: list[bytes], every_ms: int) -> dict[int, Alarms]:
    """What is said as of each instant of the last six hours."""
    instants = list(range(END - 6 * HOUR_MS, END + 1, every_ms))
    found = {s.t_ms: s.alarms for s in replay(records, definition=DEFINITION, as_of=instants)}
    return {t: alarms for t, alarms in found.items() if alarms is not None}


def test_every_quarter_of_an_hour_says_what_every_five_minutes_says() -> None:
    """And what once an hour says; streams, begins and evidence alike, while an alarm comes and goes on."""
    records = lines()
    often = told(records, 5 * MINUTE_MS)
    assert len(often) == 73
    for every_ms in (15 * MINUTE_MS, HOUR_MS):
        seldom = told(records, every_ms)
        assert seldom == {t: often[t] for t in seldom}
    status = {t: {(one.alarm, one.dimension): one.status for one in of.streams} for t, of in often.items()}
    assert status[END - 5 * HOUR_MS]["order_rise", ""] == "ok"
    assert status[END - HOUR_MS]["order_rise", "plan"] == status[END - HOUR_MS]["order_rise", ""] == "alarm"
    assert status[END]["malformed_rise", ""] == "ok"
