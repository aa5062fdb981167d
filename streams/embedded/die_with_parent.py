"""Become another program that ends when its parent ends, even by kill -9.

Run as a script: `die_with_parent.py PARENT_PID PROGRAM [ARGUMENT …]`. Asks the kernel to kill this process
when the thread that started it ends, then replaces itself by PROGRAM, which keeps that request.

Rules: stdlib only, nothing of this package, so that it starts in milliseconds. Elsewhere than on Linux
there is no such request, and PROGRAM ends only with an orderly end of its parent.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <sys/prctl.h>


def main(arguments: list[str]) -> None:
    """Bind this process to its parent and run the program; returns never.

    Raises:
        OSError: the program cannot be run, or the kernel refuses.
    """
    parent, *command = arguments
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) refused")
    if os.getppid() != int(parent):  # it ended before the request was made
        raise SystemExit(1)
    os.execvp(command[0], command)  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    main(sys.argv[1:])
