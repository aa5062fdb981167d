"""Every law with examples that no run had before: `python -m tests.laws [--seed N] [--examples N]`.

The seed is printed first and, of a run that fails, last: with it the same examples are drawn again. `make
test` draws the same ones every time.
"""

import argparse
import os
import secrets
import subprocess
import sys


def main() -> int:
    """Run the laws; returns pytest's exit code."""
    parser = argparse.ArgumentParser(prog="make laws", description=__doc__)
    parser.add_argument("--seed", type=int, help="draw what this seed drew (default: a new one)")
    parser.add_argument("--examples", type=int, help="how many for each law (default: as make test has)")
    parser.add_argument("pytest", nargs="*", help="what pytest takes: tests/core, -k, -x")
    asked, more = parser.parse_known_args()
    seed = secrets.randbelow(1 << 32) if asked.seed is None else asked.seed
    same = f"--seed {seed}" + (f" --examples {asked.examples}" if asked.examples else "")
    environ = os.environ | {"LAWS_SEED": str(seed)}
    if asked.examples:
        environ["LAWS_EXAMPLES"] = str(asked.examples)
    print(f"laws: {same}", flush=True)  # noqa: T201 - what it is called for
    command = [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis", "--numprocesses=2"]
    code = subprocess.run([*command, *asked.pytest, *more], env=environ, check=False).returncode
    if code:
        print(f'again: make laws ARGS="{same}"')  # noqa: T201 - likewise
    return code


if __name__ == "__main__":
    sys.exit(main())
