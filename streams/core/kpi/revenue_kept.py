"""What the buyers of the window before pay in this one: sums of a sweep, which add up over partitions.

They stand in a row of the form of revenue_buckets: what those buyers paid before, what they pay now, and what
of the former they still pay, in minor units; how many they are beside the first.
"""

from typing import Final

from streams.core.kpi.revenue_buckets import Buckets, bucket, read
from streams.core.kpi.values.value import Kept

_BEFORE: Final = 0
_NOW: Final = 1
_STILL: Final = 2


def put_kept(row: Buckets, before_minor: int, now_minor: int) -> None:
    """Add a customer with their net revenue of both windows; who paid nothing before is no buyer to keep."""
    if before_minor > 0:
        still_minor = min(max(0, now_minor), before_minor)
        for place, cell in (
            (_BEFORE, bucket(1, before_minor)),
            (_NOW, bucket(0, now_minor)),
            (_STILL, bucket(0, still_minor)),
        ):
            row[place] = row.get(place, 0) + cell


def kept(row: Buckets) -> Kept:
    """The sums of a row."""
    (buyers, before), (_, now), (_, still) = (read(row.get(place, 0)) for place in (_BEFORE, _NOW, _STILL))
    return Kept(buyers, before, now, still)
