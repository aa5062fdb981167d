"""What was wrong with an event that was refused, in words of the foreign record."""

from collections.abc import Sequence

import msgspec

from streams.core.decoding.expected import FIELDS, expected
from streams.core.events import Malformed
from streams.mapping.building import Build
from streams.mapping.outcomes import WRONG, Refused

_TEXT = "a text of at most 256 characters"


def refused(malformed: Malformed, builds: Sequence[Build], values: list[bytes], index: bytes) -> Refused:
    """The field and the path that are to blame.

    Args:
        malformed: what the decoder said.
        builds: the fields that the event was made of.
        values: what they were made from.
        index: of the element, if it is one.
    """
    if not malformed.field:
        return _unreadable(malformed, builds, values, index)
    path = next((build.path for build in builds if build.field == malformed.field), "")
    return Refused(malformed.reason, malformed.field, path, expected(malformed))


def _unreadable(malformed: Malformed, builds: Sequence[Build], values: list[bytes], index: bytes) -> Refused:
    """The event as a whole is no JSON: one of its values cannot be reached, or is no text."""
    for build in builds:
        token = build.token(values, index)
        if token == WRONG:
            return Refused("wrong_type", build.field, build.path, FIELDS.get(build.field, _TEXT))
        if token and not _is_json(token):
            return Refused("not_json", build.field, build.path, FIELDS.get(build.field, _TEXT))
    return Refused(malformed.reason, "", "", expected(malformed))


def _is_json(token: bytes) -> bool:
    try:
        msgspec.json.decode(token)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
