"""Running the command line in this process, with an environment of its own."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from streams.cli.main import run


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Kpi = Callable[..., Ran]


@pytest.fixture
def kpi(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Kpi:
    """``kpi("get", "churn_ratio", KPI_REDIS_URL=…)`` runs a command without the caller's own settings."""
    for name in list(os.environ):
        if name.startswith("KPI_"):
            monkeypatch.delenv(name)

    def call(*args: str, **settings: str) -> Ran:
        with monkeypatch.context() as patch:
            for name, text in settings.items():
                patch.setenv(name, text)
            patch.setattr(logging.root, "handlers", list(logging.root.handlers))  # a worker sets up its own
            code = run(args)
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return call
