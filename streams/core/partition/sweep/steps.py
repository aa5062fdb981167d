"""Work in small steps, so that whoever runs it may do something else in between.

A step takes well below a millisecond. What may change between two steps, and what may not, stands with each
function that returns Steps.
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]
"""Yields between steps; returns the result."""


def finish(steps: Steps[T]) -> T:
    """All the steps at once, and the result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
