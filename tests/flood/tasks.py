# SPDX-License-Identifier: GPL-2.0-or-later
"""A limit on how many processes a server may have: a cgroup, as its service manager would make it."""

import contextlib
import os
import signal
import time

from lab import netns, wait

# systemd's DefaultTasksMax of a service: 15 % of the 32768 PIDs that Linux counts up to by default.
SERVICE_MAX = 4915
CONTROLLERS = ("/sys/fs/cgroup/pids", "/sys/fs/cgroup", "/sys/fs/cgroup/unified")


class Unavailable(Exception):
    """This system does not limit processes in cgroups."""


def _root():
    for path in CONTROLLERS:
        control = f"{path}/cgroup.subtree_control"
        if path.endswith("/pids") and os.path.exists(f"{path}/cgroup.procs"):
            return path
        if os.path.exists(control):
            with contextlib.suppress(OSError), open(control, "w", encoding="ascii") as file:
                file.write("+pids")
                file.flush()
                return path
    raise Unavailable("no cgroup has a pids controller")


class Tasks:
    """The cgroup; close() ends all that is in it."""

    def __init__(self, most=SERVICE_MAX):
        self.path = f"{_root()}/{netns.session_name()}-{time.monotonic_ns()}"
        os.mkdir(self.path)
        self._write("pids.max", most)
        self.most_seen = 0

    def _write(self, name, value):
        with open(f"{self.path}/{name}", "w", encoding="ascii") as file:
            file.write(f"{value}\n")

    def _pids(self):
        with open(f"{self.path}/cgroup.procs", encoding="ascii") as file:
            return [int(line) for line in file]

    def take(self, process):
        """This process and all that it forks from now on."""
        self._write("cgroup.procs", process.pid)

    def look(self):
        """How many there are now; most_seen keeps the most."""
        with open(f"{self.path}/pids.current", encoding="ascii") as file:
            now = int(file.read())
        self.most_seen = max(self.most_seen, now)
        return now

    def close(self):
        """End them all, and remove the cgroup."""
        def ended():
            pids = self._pids()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return not pids

        if os.path.exists(self.path):
            wait.until(ended, "the server's processes end", seconds=30)
            wait.until(self._removed, "the cgroup goes", seconds=10)

    def _removed(self):
        with contextlib.suppress(OSError):
            os.rmdir(self.path)
        return not os.path.exists(self.path)
