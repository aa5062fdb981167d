"""``kpi watch`` on terminals of other kinds: narrow, wide, without colours, or never drawn over."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from typing import NamedTuple

import pytest

from streams.embedded import ValkeyServer
from tests.cli.test_redis_commands import tenant
from tests.support.eventually import eventually

__all__ = ["tenant"]
STATUSES = ("low_n", "silent", "undefined", "ok")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Shown(NamedTuple):
    """What came out of a command, and how it ended."""

    text: str
    code: int


def on_a_terminal(columns: int, *args: str, until: str, within: float = 20, **environ: str) -> Shown:
    """Run ``kpi`` on a terminal of so many columns until it shows a text, or ends by itself."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    clean = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
    with subprocess.Popen(
        [sys.executable, "-m", "streams.cli.main", *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**clean, **environ},
    ) as running:
        os.close(theirs)
        os.set_blocking(ours, False)
        found = bytearray()

        def seen() -> bool:
            ended = running.poll() is not None
            try:
                while chunk := os.read(ours, 1 << 16):
                    found.extend(chunk)
            except BlockingIOError:
                return until.encode() in found or ended
            except OSError:  # the other side is closed
                return True
            return ended

        try:
            eventually(seen, within=within)
        finally:
            if running.poll() is None:
                running.terminate()
            running.wait()
            os.close(ours)
    return Shown(found.decode(), running.returncode)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_table_that_moves_fits_and_shows_every_status(
    valkey: ValkeyServer, tenant: str, columns: int
) -> None:
    """Whatever the width; nothing is coloured where nobody wants colours."""
    address = ("--tenant", tenant, "--redis", valkey.url)
    shown = on_a_terminal(columns, "watch", *address, until="undefined", TERM="xterm", NO_COLOR="1")
    assert shown.code == -signal.SIGTERM
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown.text)
    lines = [CONTROL.sub("", line) for line in shown.text.replace("\r", "").splitlines()]
    assert max(map(len, lines)) <= columns
    for status in STATUSES:
        assert any(re.search(rf"\b{status}\b", line) for line in lines)


def test_a_terminal_that_cannot_be_drawn_over_gets_the_table_once(valkey: ValkeyServer, tenant: str) -> None:
    """Whole, and without a control sequence; it showed nothing for ever."""
    shown = on_a_terminal(
        80, "watch", "--tenant", tenant, "--redis", valkey.url, until="\0", TERM="dumb", PYTHONUNBUFFERED="1"
    )
    assert shown.code == 0
    assert "\x1b" not in shown.text
    for status in STATUSES:
        assert status in shown.text
