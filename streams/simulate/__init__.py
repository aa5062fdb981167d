"""A seeded business: customers, orders, surveys and all the dirt of real traffic, as Kafka records.

The same arguments give the same bytes. Nothing here reads a clock, a file or a network.
"""

from streams.simulate.business import Business
from streams.simulate.days import Days, Leak, Outage
from streams.simulate.market import Spike
from streams.simulate.mix import bench_mix
from streams.simulate.records import KINDS, SimRecord, to_line, topic_of

__all__ = [
    "KINDS",
    "Business",
    "Days",
    "Leak",
    "Outage",
    "SimRecord",
    "Spike",
    "bench_mix",
    "to_line",
    "topic_of",
]
