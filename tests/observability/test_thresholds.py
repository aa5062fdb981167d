"""The live board's banner and the alert on a day's churn hold the same numbers."""

import re

import pytest

from streams.core.definition.definition import Definition
from streams.publish.board.assets import load
from tests.observability.files import alerts

ALARM = load(Definition())["js/alarm.js"].body.decode()
OF_WINDOW = {"24h": "ChurnElevated"}


def limits_of_the_board() -> dict[str, dict[str, float]]:
    """Window -> the limits of the banner, as they stand in the script."""
    (block,) = re.findall(r"^const LIMITS = \{\n(.*?)^\};", ALARM, re.MULTILINE | re.DOTALL)
    rows = re.findall(r'^  "(\w+)": \{ (.+) \},$', block, re.MULTILINE)
    return {
        window: {name: float(number) for name, number in re.findall(r"(\w+): ([\d.e-]+)", row)}
        for window, row in rows
    }


def limits_of_the_alert(name: str, window: str) -> dict[str, float]:
    """The same numbers in a rule."""
    asked = {
        "chance": rf'crm_churn_spike_p\{{window="{window}"\}} < ([\d.e-]+)',
        "seasonal": rf'unless .*crm_churn_spike_seasonal_p\{{window="{window}"\}}\) >= ([\d.e-]+)',
        "least": rf'crm_churned_customers\{{window="{window}"\}}\) >= ([\d.]+)',
        "times": rf">= ([\d.]+) \* max without \(instance\) \(crm_churn_spike_expected\{{window=\"{window}\"",
    }
    expression = alerts()[name]["expr"]
    return {what: float(re.findall(pattern, expression)[0]) for what, pattern in asked.items()}


def test_the_banner_looks_at_the_hour_first() -> None:
    """A hint of the board's own: what pages on an hour is an alarm."""
    assert list(limits_of_the_board()) == ["1h", *OF_WINDOW]


@pytest.mark.parametrize(("window", "name"), OF_WINDOW.items())
def test_the_banner_has_the_limits_of_the_alert(window: str, name: str) -> None:
    """Chance, chance against other days, number, and times the expected."""
    assert limits_of_the_board()[window] == limits_of_the_alert(name, window)
