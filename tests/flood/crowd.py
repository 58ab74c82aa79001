# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients that nobody has seen before: each fetches one file once, with such retries as it makes by itself."""

import dataclasses
import filecmp
import itertools
import os
import statistics
import subprocess
import time

from ground_plan import FIRST_UID
from lab.clients import CLIENTS

SIZE = 4000
# tftp-hpa and atftp ask again after 5 s, five times in all, curl after 6 to 7 s; busybox after 0.1 s, then 0.15 s and so on, 12 times.
PROGRAMS = ("tftp-hpa", "curl", "atftp", "busybox")
GIVE_UP_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Coming:
    """Within how many seconds they come, and which programs they are in turn."""

    arrival: float
    programs: tuple = PROGRAMS


class Caller:
    """One client at work."""

    def __init__(self, site, number, client, server):
        self.client = client
        self.source = site.payloads.path(SIZE)
        name = site.payloads.serve(self.source, site.directory, "new")
        self.target = f"{site.downloads}/{name}"
        argv = client.argv(site.family, server, True, name, self.target, {})
        user = FIRST_UID + number
        self.started = time.monotonic()
        self.ended = None
        self.process = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, user=user, group=user, extra_groups=[])

    def over(self):
        """True once it has ended by itself."""
        if self.ended is None and self.process.poll() is not None:
            self.ended = time.monotonic()
        return self.ended is not None

    def seconds(self):
        """How long it took."""
        return round(self.ended - self.started, 2)

    def complete(self):
        """The file is there, as it should be."""
        return os.path.exists(self.target) and filecmp.cmp(self.source, self.target, shallow=False)


class Crowd:
    """All of them, one after the other."""

    def __init__(self, site, server, coming):
        self.site, self.server, self.coming = site, server, coming
        self.callers = []
        # Made before anything is measured.
        site.payloads.path(SIZE)

    def run(self, watch):
        """Until all have ended, or given up; watch() is called all the time."""
        begun = time.monotonic()
        turns = itertools.cycle(self.coming.programs)
        with self.site.client.entered():
            for number in range(len(self.site.crowd)):
                while time.monotonic() < begun + self.coming.arrival * number / len(self.site.crowd):
                    self._pause(watch)
                self.callers.append(Caller(self.site, number, CLIENTS[next(turns)], self.server))
                self._pause(watch)
        last = time.monotonic()
        while not all([caller.over() for caller in self.callers]) and time.monotonic() < last + GIVE_UP_SECONDS:
            self._pause(watch)
        self.close()

    def _pause(self, watch):
        watch()
        time.sleep(0.01)
        for caller in self.callers:
            caller.over()

    def results(self):
        """What became of them, for the report; of each program how many are complete, of how many, and the slowest."""
        complete = [caller for caller in self.callers if caller.ended is not None and caller.complete()]
        of_program = {}
        for name in self.coming.programs:
            seconds = [caller.seconds() for caller in complete if caller.client.name == name]
            asked = sum(caller.client.name == name for caller in self.callers)
            of_program[name] = {"asked": asked, "complete": len(seconds), "slowest": max(seconds, default=None)}
        seconds = [caller.seconds() for caller in complete]
        return {"asked": len(self.callers), "complete": len(complete), "programs": of_program,
                "median": statistics.median(seconds) if seconds else None, "slowest": max(seconds, default=None)}

    def close(self):
        """Those that still try, try no more."""
        for caller in self.callers:
            if caller.process.poll() is None:
                caller.process.kill()
                caller.process.wait()
