"""The finder of metrics in expressions finds them all: what it missed would go unchecked."""

import pytest

from tests.observability.promql import grouped_by, labels_of, selectors


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ("a", ["a"]),
        ('max without (instance) (a{x="1"})', ["a"]),
        ("rate(a_total[5m]) / sum by (job) (rate(b[$__rate_interval]))", ["a_total", "b"]),
        ("a < 1e-5 and on (job) time() - b < 60 or 3 * c", ["a", "b", "c"]),
        ("a{x='b(c)',y=~\"d|e\"} offset 1d >= 2", ["a"]),
        ("job:a:sum unless on (job) job:a:sum / on (job) b", ["job:a:sum", "job:a:sum", "b"]),
        ("label_values(a, window)", ["a", "window"]),
        ('absent(a{job="x"}) or a == bool +Inf', ["a", "a"]),
    ],
)
def test_metrics_are_found(expression: str, metrics: list[str]) -> None:
    """Functions, keywords, labels, strings, numbers and durations are none."""
    assert [found.metric for found in selectors(expression)] == metrics


def test_labels_and_text_are_found() -> None:
    """Those of selectors apart from those of grouping."""
    expression = 'sum by (job) (max without (instance) (a{x="}",y!~"2"}))'
    (found,) = selectors('sum by (job) (max without (instance) (a{x="1",y!~"2"}))')
    assert found.labels == {"x", "y"}
    assert found.text == 'a{x="1",y!~"2"}'
    assert selectors(expression)[0].text == 'a{x="}",y!~"2"}'
    assert grouped_by(expression) == {"job", "instance"}


def test_the_text_ends_where_the_selector_does() -> None:
    """So that it can be asked for on its own: no range, no grouping after it."""
    expression = 'rate(a_total[10m]) / on (job) b{x="1"}[5m] unless c by (job) > d  '
    assert [found.text for found in selectors(expression)] == ["a_total", 'b{x="1"}', "c", "d"]


def test_labels_are_those_of_the_catalogue() -> None:
    """Of a histogram's series too; a name that nothing has is an error."""
    assert labels_of("crm_orders") == {"window", "job", "instance"}
    assert labels_of("crm_event_lateness_seconds_bucket") == {"event", "le", "job", "instance"}
    for unknown in ("crm_orders_bucket", "crm_unheard_of"):
        with pytest.raises(KeyError):
            labels_of(unknown)
