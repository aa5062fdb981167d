"""Run under the compiled package: the acceptance matrix in small; prints how many runs agreed."""

import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HISTORIES = 8


def main() -> None:
    """Hold the compiled core to the recount; ends with an error where it differs."""
    sys.path.append(str(ROOT))
    from tests.compiled.meant import compiled, matched  # noqa: PLC0415
    from tests.histories import CHURNY, NOW_MS, STEADY, history, seeded  # noqa: PLC0415
    from tests.laws.driver import CLOCKS, KEEPING, Way, drive  # noqa: PLC0415
    from tests.laws.judging import Recounted  # noqa: PLC0415

    meant = compiled()
    for file in sorted(matched(["streams/core/"])):
        module = import_module(file.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        if str(module.__file__).endswith(".so") != (file in meant):
            sys.exit(f"{file} is {'' if file in meant else 'not '}meant to be compiled: {module.__file__}")
    runs = 0
    for seed in range(HISTORIES):
        rng = seeded(seed)
        records = history(rng, mix=STEADY if seed % 2 else CHURNY)
        expected = Recounted(records, NOW_MS, KEEPING)
        for clock in CLOCKS:
            way = Way(clock=clock, partitions=2, restart=0.2)
            found = expected.differences(drive(records, NOW_MS, way, rng, KEEPING))
            if found:
                sys.exit("\n".join((f"seed {seed}, {way}:", *found[:6])))
            runs += 1
    print(f"{runs} runs agree")  # noqa: T201 - the answer to the test that started it


if __name__ == "__main__":
    main()
