"""Definition files: the shipped default, what a file can say, and one-line mistakes."""

import json
from pathlib import Path

import pytest

from streams.core.definition.definition import DAY_MS, HOUR_MS, Definition, DefinitionError, Tier
from streams.definitions import DEFAULT, load
from streams.definitions.toml_file import parse_definition


def test_the_shipped_file_is_the_documented_default() -> None:
    """Choice by choice; and it names every key there is."""
    assert load(DEFAULT) == Definition()
    text = DEFAULT.read_text(encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        parse_definition("nothing = 1", "x.toml")
    for key in str(refused.value).partition("allowed are ")[2].split(", "):
        assert f"\n{key} = " in text or f"[{key}]" in text, key


def test_an_empty_file_is_the_documented_default() -> None:
    """A key that is not there has its default."""
    assert parse_definition("", "x.toml") == Definition()


def test_a_file_can_change_every_choice() -> None:
    """Each key, with a value that is not the default."""
    text = """
        version = "7"
        tenant = "acme"
        windows = ["1h", "7d"]
        base_currency = "EUR"
        implicit_signup = false
        purchase_reactivates = false
        inactivity_churn = "60d"
        recognition = "cancelled_at"
        formula = "stripe"
        nps_basis = "responses"
        min_n = 10
        freshness_limit = "20s"
        min_event_time = 2000-01-01T01:00:00.500+01:00
        max_clock_skew = "1m"
        kept_for = "20d"
        max_values = 5
        max_values_inside = 50
        max_profiles = 100
        [[tiers]]
        width = "1h"
        age = "30d"
        [allow]
        segment = ["smb", "ent"]
        plan = []
        [min_n_by_kpi]
        nps_score = 100
        "churn_ratio.stripe" = 5
        [silence]
        purchase = "2h"
        survey = "off"
    """
    assert parse_definition(text, "x.toml") == Definition(
        version="7",
        tenant="acme",
        window_names=("1h", "7d"),
        tiers=(Tier(HOUR_MS, 30 * DAY_MS),),
        min_event_time_ms=946_684_800_500,
        max_clock_skew_ms=60_000,
        kept_for_ms=20 * DAY_MS,
        implicit_signup=False,
        purchase_reactivates=False,
        inactivity_churn_ms=60 * DAY_MS,
        recognition="cancelled_at",
        formula="stripe",
        nps_basis="responses",
        base_currency="EUR",
        min_n=10,
        min_n_by_kpi=(("churn_ratio.stripe", 5), ("nps_score", 100)),
        freshness_limit_ms=20_000,
        silence=(
            ("signup", DAY_MS),
            ("purchase", 2 * HOUR_MS),
            ("cancellation", 7 * DAY_MS),
            ("survey", None),
        ),
        max_values=5,
        max_values_inside=50,
        max_profiles=100,
        allow=(("plan", ()), ("segment", ("smb", "ent"))),
    )


def alarm(
    name: str = "spike", measure: str = "orders", direction: str = "up", dimensions: list[str] | None = None
) -> str:
    """An alarm as a file writes it."""
    lines = [f'name = "{name}"', f'measure = "{measure}"', f'direction = "{direction}"']
    lines += [] if dimensions is None else [f"dimensions = {json.dumps(dimensions)}"]
    return "\n".join(["[[alarm]]", *lines, ""])


def test_alarms_are_watched_in_the_dimensions_they_name() -> None:
    """Without any, in all of the definition's; the bound is shared among all that there can be."""
    found = parse_definition(alarm() + alarm(name="other", dimensions=["plan"]), "x.toml")
    everywhere = ("segment", "plan", "channel", "region")
    assert [one.dimensions for one in found.watched] == [everywhere, ("plan",)]
    assert found.most_streams == 1 + 4 * 22 + 1 + 22
    churns = alarm(measure="churned_customers") + alarm(name="bad", measure="malformed_records")
    assert [one.dimensions for one in parse_definition(churns, "x.toml").watched] == [
        (*everywhere, "reason"),
        (),
    ]
    assert parse_definition("alarm = []", "x.toml").watched == ()
    dates = parse_definition("holidays = [1970-01-03, 1970-01-01]", "x.toml")
    assert dates.holidays == ("1970-01-01", "1970-01-03")
    assert dates.holiday_days == {0, 2}


def test_where_too_little_is_kept_nothing_is_watched() -> None:
    """A definition of before that says nothing of alarms stays valid."""
    short = Definition(window_names=("1h",), tiers=(Tier(HOUR_MS, 36 * DAY_MS),))
    assert (short.watched, short.most_streams) == ((), 0)


def test_a_holiday_is_a_date() -> None:
    """Whoever makes a definition without a file."""
    with pytest.raises(DefinitionError, match="holidays: 'Christmas': allowed is a date, like 2026-12-25"):
        Definition(holidays=("Christmas",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_cohorts = 5", "max_cohorts: is called max_profiles now, and means the same"),
        ("kept_life_events = 9", "kept_life_events: is gone: there may be any number"),
        ("windos = 1", "windos: unknown key: allowed are version, tenant, windows,"),
        ("version = 2", "version: 2: allowed is text in quotes"),
        ("min_n = true", "min_n: true: allowed is a whole number"),
        ("min_n = 3.5", "min_n: 3.5: allowed is a whole number"),
        ("implicit_signup = 1", "implicit_signup: 1: allowed is true or false"),
        ("freshness_limit = 10", 'freshness_limit: 10: allowed is a duration in quotes, like "24h"'),
        ('freshness_limit = "10"', "freshness_limit: '10': allowed is a whole number and ms, s, m, h or d"),
        ("inactivity_churn = false", "inactivity_churn: false: allowed is a duration in quotes"),
        (
            "min_event_time = 1980-01-01",
            'min_event_time: "1980-01-01": allowed is a date and time with an offset',
        ),
        ("min_event_time = 1980-01-01T00:00:00", "min_event_time: "),
        ('windows = "1h"', 'windows: "1h": allowed is a list of texts in quotes'),
        ("windows = [1]", "windows: 1: allowed is text in quotes"),
        ('windows = ["2x"]', "windows: '2x': allowed is a whole number"),
        ('windows = ["1h", "1h"]', "windows: '1h, 1h': allowed are one or more, of different lengths"),
        ("allow = 1", "allow: 1: allowed is a table [allow]"),
        ('[allow]\ncolour = ["red"]', "allow.colour: unknown dimension: allowed are segment, plan, channel"),
        ('dimensions = "store"', 'dimensions: "store": allowed is a list of texts in quotes'),
        ("dimensions = [7]", "dimensions: 7: allowed is text in quotes"),
        ('dimensions = ["store", "reason"]', "dimensions: 'reason': is a dimension of events already"),
        (
            'dimensions = ["store"]\n[allow]\nplan = ["a"]',
            "allow.plan: unknown dimension: allowed are store,",
        ),
        ('[allow]\nplan = ["a", "a"]', "allow.plan: 'a': allowed is each value once"),
        ("[min_n_by_kpi]\norders = 3", "min_n_by_kpi.orders: unknown key: allowed are churn_ratio,"),
        ('[min_n_by_kpi]\nnps_score = "3"', 'min_n_by_kpi.nps_score: "3": allowed is a whole number'),
        ("silence = 1", "silence: 1: allowed is a table [silence]"),
        ('[silence]\nvoid = "1d"', "silence.void: unknown key: allowed are signup, purchase, cancellation,"),
        ("[silence]\npurchase = 1", "silence.purchase: 1: allowed is a duration in quotes"),
        ('[silence]\npurchase = "never"', "silence.purchase: 'never': allowed is a whole number"),
        ("tiers = 1", "tiers: 1: allowed is one [[tiers]] a pane width"),
        ("tiers = [1]", "tiers[0]: 1: allowed is a table [tiers[0]]"),
        ('[[tiers]]\nwidth = "1h"', 'tiers[0].age: null: allowed is a duration in quotes, like "24h"'),
        ("alarm = 1", "alarm: 1: allowed is one [[alarm]] an alarm"),
        ("alarm = [1]", "alarm[0]: 1: allowed is a table [alarm[0]]"),
        ('[[alarm]]\nname = "a"', "alarm[0].measure: null: allowed is text in quotes"),
        (
            '[[alarm]]\nevery = "1d"',
            "alarm[0].every: unknown key: allowed are name, measure, direction, dimensions",
        ),
        (alarm(name="Spike"), "alarm[0].name: 'Spike': allowed is 1 to 40 of a to z, 0 to 9 and _"),
        (alarm() + alarm(), "alarm[1].name: 'spike': stands there already"),
        (
            alarm(measure="buyers"),
            "alarm[0].measure: 'buyers': allowed are churned_customers, new_customers,",
        ),
        (alarm(direction="sideways"), "alarm[0].direction: 'sideways': allowed of orders: up, down"),
        (
            alarm(measure="detractors", direction="down"),
            "alarm[0].direction: 'down': allowed of detractors: up",
        ),
        (alarm(dimensions=["reason"]), "alarm[0].dimensions: 'reason': allowed are segment, plan, channel,"),
        (
            alarm(measure="malformed_records", dimensions=["plan"]),
            "alarm[0].dimensions: 'plan': allowed are none: there is only the whole",
        ),
        (alarm(dimensions=["plan", "plan"]), "alarm[0].dimensions: 'plan': stands there twice"),
        (
            "dimensions = []\n" + alarm(dimensions=["plan"]),
            "alarm[0].dimensions: 'plan': allowed are none: there is only the whole",
        ),
        (
            "".join(alarm(name=f"a{n}") for n in range(21)),
            "alarm: 21 of them: allowed are 20 or fewer",
        ),
        (
            'windows = ["1h"]\n' + alarm() + '[[tiers]]\nwidth = "1h"\nage = "36d"',
            "alarm: panes are kept for 36d: allowed from 37d on",
        ),
        ("holidays = 1", "holidays: 1: allowed is a list of dates, like [2026-12-25]"),
        ('holidays = ["2026-12-25"]', 'holidays: "2026-12-25": allowed is a date without quotes'),
        ("holidays = [2026-12-25T00:00:00Z]", 'holidays: "2026-12-25 00:00:00+00:00": allowed is a date'),
        ("holidays = [2026-12-25, 2026-12-25]", "holidays: '2026-12-25': stands there twice"),
        ('false_page_every = "1h"', "false_page_every: 3600000: allowed is 86400000 or more"),
        ("min_n = ", "no TOML: "),
        ("min_n = 1\nmin_n = 2", "line 2: min_n = 2: the key is there already"),
        (
            '[allow]\nsegment = ["a"]\nsegment = ["b"]',
            'line 3: segment = ["b"]: the key is there already',
        ),
    ],
)
def test_a_mistake_is_one_line_that_names_file_key_and_what_is_allowed(text: str, message: str) -> None:
    """For whoever edits the file."""
    with pytest.raises(DefinitionError) as refused:
        parse_definition(text, "mine.toml")
    assert str(refused.value).startswith(f"mine.toml: {message}")
    assert "\n" not in str(refused.value)


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    """By its path."""
    path = tmp_path / "mine.toml"
    path.write_text("min_n = 12\n", encoding="utf-8")
    assert load(path).min_n == 12


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """No traceback of the operating system's."""
    path = tmp_path / "none.toml"
    with pytest.raises(DefinitionError, match=r"none\.toml: cannot be read: No such file or directory$"):
        load(path)


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    """UTF-8 is what TOML is."""
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(DefinitionError, match=r"mine\.toml: no UTF-8 text$"):
        load(path)
