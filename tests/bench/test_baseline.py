"""A later run against the stored figures: what is a loss, what is not compared."""

from pathlib import Path

import pytest

from bench.baseline import compare, load, store
from bench.figures import Figure

STORED = {
    "core: mix": Figure("core: mix", "event", 10.0, 100.0),
    "memory": Figure("memory", "bytes", 300.0),
    "worker: start": Figure("worker: start", "s", 1.2),
}


@pytest.mark.parametrize(("relative", "is_loss"), [(109.9, False), (110.0, True), (50.0, False)])
def test_ten_per_cent_dearer_is_a_loss(relative: float, *, is_loss: bool) -> None:
    """Relative to the calibration loop: a slower machine is none."""
    (change,) = compare([Figure("core: mix", "event", 99.0, relative)], STORED)
    assert change.is_loss is is_loss


def test_bytes_are_compared_as_they_are() -> None:
    """Memory does not depend on the machine's pace."""
    (change,) = compare([Figure("memory", "bytes", 360.0)], STORED)
    assert change.is_loss
    assert str(change) == "LOSS  +20.0%  memory"


def test_what_is_new_or_cannot_be_compared_is_left_out() -> None:
    """A figure without a stored one, and seconds of a start."""
    assert compare([Figure("core: new", "event", 1.0, 1.0), Figure("worker: start", "s", 9.0)], STORED) == []


def test_storing_keeps_what_was_not_measured(tmp_path: Path) -> None:
    """Some groups may be taken anew alone."""
    file = tmp_path / "baseline.json"
    assert load(file) == {}
    store(STORED.values(), file)
    newer = Figure("memory", "bytes", 200.0)
    store([newer], file)
    assert load(file) == STORED | {"memory": newer}
