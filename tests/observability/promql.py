"""What a PromQL expression asks for: its metrics with their labels, found without a full parser.

Rules: strings, durations, grouping lists and numbers are set aside first; of the names that remain, those
before a parenthesis are functions, the keywords are known, and all others are metrics.
"""

import re
from typing import NamedTuple

from streams.publish.prometheus.metrics import CATALOGUE

_OPERATORS = ("and", "or", "unless", "bool", "offset", "atan2", "inf", "nan")
_GROUPERS = ("by", "without", "on", "ignoring", "group_left", "group_right")
_KEYWORDS = frozenset((*_OPERATORS, *_GROUPERS))
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_GROUPING = re.compile(rf"\b({'|'.join(_GROUPERS)})\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?")
_LABEL = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)")


def labels_of(metric: str) -> set[str]:
    """The labels that series of a name have, by the catalogue, and those of a scrape.

    Raises:
        KeyError: nothing in the catalogue makes series of that name.
    """
    if metric in CATALOGUE:
        return {*CATALOGUE[metric].labels, "job", "instance"}
    family, _, suffix = metric.rpartition("_")
    if suffix not in {"bucket", "count", "sum"} or CATALOGUE[family].kind != "histogram":
        raise KeyError(metric)
    return {*CATALOGUE[family].labels, "job", "instance", "le"}


class Selector(NamedTuple):
    """A metric, and the labels its selector names."""

    metric: str
    labels: frozenset[str]
    text: str


def selectors(expression: str) -> list[Selector]:
    """The selectors of an expression, in their order."""
    blank = _STRING.sub(lambda found: '"' + "_" * (len(found[0]) - 2) + '"', expression)
    blank = re.sub(r"\[[^\]]*\]", lambda found: " " * len(found[0]), blank)
    blank = _GROUPING.sub(lambda found: " " * len(found[0]), blank)
    found = []
    for match in _SELECTOR.finditer(blank):
        name, labels = match[1], match[2] or ""
        before = blank[match.start() - 1 : match.start()]
        is_number = before.isdigit() or before == "."
        is_function = blank[match.end() :].lstrip().startswith("(")
        if name.lower() in _KEYWORDS or is_number or is_function:
            continue
        text = expression[match.start() : match.start() + len(match[0].rstrip())]
        found.append(Selector(name, frozenset(_LABEL.findall(labels)), text))
    return found


def grouped_by(expression: str) -> set[str]:
    """The labels that an expression groups or matches by."""
    blank = _STRING.sub('""', expression)
    return {
        name.strip() for _, names in _GROUPING.findall(blank) for name in names.split(",") if name.strip()
    }
