"""Reading KPIs from Redis, for services downstream.

``KpiReader("redis://…").get("churn_ratio", window="24h").require()`` is the value, or an error
that says why there is none.
"""

from streams.client.aio import AsyncKpiReader
from streams.client.alarms import Alarms, AlarmStream
from streams.client.at_risk import AtRisk, RiskyCustomer
from streams.client.changes import Change
from streams.client.errors import (
    AbsentError,
    DeniedError,
    KpiError,
    LowSampleError,
    NotFreshError,
    RecoveringError,
    SilentError,
    StaleError,
    UnavailableError,
    UndefinedError,
    UnknownNameError,
)
from streams.client.reader import KpiReader
from streams.client.reading import Reading, State
from streams.redis_contract.layout import NOW, Place

__all__ = [
    "NOW",
    "AbsentError",
    "AlarmStream",
    "Alarms",
    "AsyncKpiReader",
    "AtRisk",
    "Change",
    "DeniedError",
    "KpiError",
    "KpiReader",
    "LowSampleError",
    "NotFreshError",
    "Place",
    "Reading",
    "RecoveringError",
    "RiskyCustomer",
    "SilentError",
    "StaleError",
    "State",
    "UnavailableError",
    "UndefinedError",
    "UnknownNameError",
]
