"""Whether a snapshot document says what another says: integers exactly, floats to 1e-9."""

from typing import Any

_TOLERANCE = 1e-9
_ONLY_FOUND = {"t", "left_out"}
"""What values carry beyond what is recounted: when a sweep was done, what other currencies were left out."""
_REASONS = "malformed"
"""The recount names reasons in its own words; their sum is compared as malformed_total."""


def disagreements(found: Any, expected: Any, *, whole: bool, path: str = "") -> list[str]:  # noqa: ANN401
    """A line for every difference.

    Args:
        found: a document, or a part of it.
        expected: what it should say.
        whole: whether the document may say nothing else.
        path: where the parts stand.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        lines = [f"{path}/{key}: missing" for key in expected.keys() - found.keys()]
        if whole:
            lines += [f"{path}/{key}: not expected" for key in found.keys() - expected.keys() - _ONLY_FOUND]
        for key in (expected.keys() & found.keys()) - {_REASONS}:
            lines += disagreements(found[key], expected[key], whole=whole, path=f"{path}/{key}")
        return sorted(lines)
    if _equal(found, expected):
        return []
    return [f"{path}: {found!r}, expected {expected!r}"]


def _equal(found: object, expected: object) -> bool:
    if isinstance(expected, float) and isinstance(found, int | float):
        return abs(found - expected) <= _TOLERANCE * max(1.0, abs(expected))
    return found == expected and type(found) is type(expected)
