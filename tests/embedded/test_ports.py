"""Ports that are given out are given out once, whoever asks, until a server had time to listen there."""

import subprocess
import sys

import pytest

from streams.embedded import ports

ASKING = """
import sys
from streams.embedded import ports
ports._CANDIDATES = range(int(sys.argv[1]), int(sys.argv[1]) + 1)
try:
    print(ports.free_port())
except OSError as error:
    print(error)
"""


def another_process(port: int) -> str:
    """What another process is told that may only have this port."""
    command = [sys.executable, "-c", ASKING, str(port)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_what_was_given_out_is_not_given_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nothing listens there yet: neither to this process nor to another."""
    port = ports.free_port()
    assert another_process(port) == f"no 1 free TCP ports between {port} and {port + 1}"
    monkeypatch.setattr(ports, "_CANDIDATES", range(port, port + 1))
    with pytest.raises(OSError, match="no 1 free TCP ports"):
        ports.free_port()


def test_it_is_given_out_again_after_many_others() -> None:
    """A process holds the last ones alone."""
    port = ports.free_port()
    ports.free_ports(ports._HELD)
    assert another_process(port) == str(port)


def test_a_port_that_is_wanted_is_given_once() -> None:
    """Two demos that begin at once have one each."""
    wanted = ports.free_port()
    ports.free_ports(ports._HELD)
    assert ports.preferred_port(wanted) == wanted
    other = ports.preferred_port(wanted)
    assert other != wanted
