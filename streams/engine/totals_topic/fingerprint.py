"""The layout of changelog and totals together: one fingerprint in the marker and in every header of totals.

Marker and header of totals are no part of it: they name their fields, and what lacks one is refused.
"""

from typing import Final

from streams.core.partition.layout import fingerprint, layout
from streams.engine.totals_topic.group_records import GroupRecord
from streams.engine.totals_topic.series_records import SeriesRecord
from streams.engine.totals_topic.sweep_records import AtRiskRecord, Shares

LAYOUT: Final = layout((GroupRecord, Shares, AtRiskRecord, SeriesRecord))
FINGERPRINT: Final = fingerprint(LAYOUT)
