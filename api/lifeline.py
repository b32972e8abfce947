"""Starts a program that ends when its parent does: ``lifeline.py PARENT SIGNAL UID GID -- ARGV``.

Runs as a script of its own between the service and a server it embeds, so that nothing but this
file executes between fork and exec. On Linux the kernel then sends SIGNAL to the program the
moment the service is gone, kill -9 included. UID and GID of -1 keep the caller's.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(parent: int, number: int) -> None:
    """Asks the kernel for `number` at the parent's death; exits if it is dead already."""
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:
            sys.exit(1)


def _main() -> None:
    parent, number, uid, gid = map(int, sys.argv[1:5])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    die_with_parent(parent, number)  # after setuid, which clears the request
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    os.setpgid(0, 0)  # a Ctrl-C at the terminal goes to the service alone, which stops us in order
    argv = sys.argv[6:]
    os.execv(argv[0], argv)


if __name__ == "__main__":
    _main()
