r"""Foreign text on a terminal: what customers, files, brokers and the caller named, shown and never obeyed.

Rules: whatever is not printable (control characters, line breaks, marks that turn the direction of writing,
bytes that are no UTF-8) is shown as JSON writes it, like ``\u001b``: a line stays one line, and JSON stays
the same JSON. What goes through rich is never markup (table.plain).

Never: rewrites what programs read from a file; that is data.
"""

import json
import os
from typing import TextIO

import click

_DUMB = ("dumb", "unknown")


def redraws(stream: TextIO) -> bool:
    """Whether a picture there can be drawn over: a terminal that does not say that it cannot."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in _DUMB


def shown(text: str) -> str:
    """The text with everything that a terminal would obey escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)


def say(line: str, *, err: bool = False) -> None:
    """Print one line to standard output or standard error."""
    click.echo(shown(line), err=err)
