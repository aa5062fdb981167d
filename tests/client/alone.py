"""A service downstream, with only the reader installed: prints what both readers read, as JSON."""

import asyncio
import json
import sys
from collections.abc import Awaitable

from streams.client import AsyncKpiReader, Change, KpiError, KpiReader, LowSampleError, Place, Reading, State


def told(reading: Reading) -> list[object]:
    """What a caller does with a reading."""
    state: State = reading.state
    try:
        value: float = reading.require()
    except LowSampleError as error:
        return [state.name, error.reading.n]
    except KpiError as error:
        return [state.name, type(error).__name__]
    return [state.name, value]


async def asked(url: str, tenant: str, now_s: float) -> dict[str, object]:
    """The answers of the asyncio reader."""
    async with AsyncKpiReader(url, tenant, clock=lambda: now_s) as kpis:
        waiting: Awaitable[Reading] = kpis.get("churn_ratio", window="24h")
        readings: dict[str, Reading] = await kpis.get_all()
        places: list[Place] = await kpis.keys()
        async for change in kpis.watch():
            first: Change = change
            break
        return {
            "churn_ratio": told(await waiting),
            "all": {name: told(one) for name, one in readings.items()},
            "places": len(places),
            "t": first.t,
        }


def main(url: str, tenant: str, now_s: float) -> None:
    """Ask both."""
    with KpiReader(url, tenant, clock=lambda: now_s) as kpis:
        reading: Reading = kpis.get("churn_ratio", window="24h")
        readings: dict[str, Reading] = kpis.get_all()
        first: Change = next(kpis.watch())
        answers = {
            "churn_ratio": told(reading),
            "all": {name: told(one) for name, one in readings.items()},
            "places": len(kpis.keys()),
            "t": first.t,
        }
        print(json.dumps([answers, asyncio.run(asked(url, tenant, now_s))]))  # noqa: T201 - the answer


def mistaken(kpis: KpiReader) -> None:
    """What a type checker that knows the reader refuses, and one that does not lets pass."""
    kpis.get(3)  # type: ignore[arg-type]
    kpis.get("churn_ratio").valu  # type: ignore[attr-defined] # noqa: B018


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
