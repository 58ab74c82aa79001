#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One flood against one firewall: set up, measure, take down; the outcome goes to standard output.

    tests/flood/trial.py CASE FIREWALL CLIENTS SECONDS PROGRAM[,PROGRAM…] [LIMIT…]

So many clients, of these programs in turn, come within so many seconds. Limits are lines of tidegate's abuse block, instead of
those of the case.
"""

import contextlib
import dataclasses
import json
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "net"))
from cases import CASES
from crowd import Coming, Crowd
from flood import OTHER_CPU, Flood
from ground_plan import SERVERS, Site
from lab.servers import Dnsmasq, TftpdHpa
from meters import Meters
from readers import Readers
from tasks import Tasks
from walls import WALLS

# Before the clients come: by then every table that can overflow has.
FLOOD_FIRST_SECONDS = 1.0
LOOK_SECONDS = 0.25
# Of the flood, clients and servers alike: what else the machine has to do shall change little.
PRIORITY = -20


class RoomyDnsmasq(Dnsmasq):
    """dnsmasq that takes more than its usual 50 transfers at a time: of forged requests it keeps each for 40 s."""

    name = "dnsmasq-1000"
    extra = ("--tftp-max=1000",)


PROGRAMS = {program.name: program for program in (TftpdHpa(), Dnsmasq(), RoomyDnsmasq())}


class Watch:
    """Looks now and then at what would be over otherwise."""

    def __init__(self, tasks):
        self.tasks = tasks
        self._next = 0.0

    def __call__(self):
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LOOK_SECONDS
            self.tasks.look()


def _serve(site, name, stack):
    """Start the server; its process, and its tasks."""
    tasks = Tasks()
    stack.callback(tasks.close)
    program = PROGRAMS[name]
    site.servers[program] = process = program.start(site.server, site.family, SERVERS[name], site.directory)
    tasks.take(process)
    return process, tasks


def _take(site, case, wall, coming, stack):
    """Everything between the first packet and the last."""
    process, tasks = _serve(site, case.server, stack)
    meters = Meters(site)
    stack.callback(wall.close)
    wall.up()
    readers = Readers(site, SERVERS[case.server])
    stack.callback(readers.close)
    readers.begin()
    # Of a file that is there and long: a server that has only an error to say is soon through with it.
    flood = Flood(site, case.streams, readers.name)
    stack.callback(flood.close)
    time.sleep(FLOOD_FIRST_SECONDS)
    crowd = Crowd(site, SERVERS[case.server], coming)
    stack.callback(crowd.close)
    crowd.run(Watch(tasks))
    state = wall.state()
    sent, seconds, share = flood.stop()
    running = readers.finish()
    reflected, others = meters.reflected(), meters.reflected_others()
    victims, most = meters.victims()
    return {
        "case": case.name, "about": case.about, "firewall": wall.name, "server": case.server,
        "flood": {"sent": sent, "seconds": round(seconds, 2), "rate": round(sent / seconds) if seconds else 0,
                  "processor": round(share, 2)},
        "clients": crowd.results(),
        "running": {"asked": len(readers.readers), "complete": running},
        "admitted": {"requests": meters.admitted_requests(), "services": meters.admitted_to_services(),
                     "wrong": meters.admitted_others()},
        "state": dataclasses.asdict(state),
        "reflected": {"packets": reflected.packets, "bytes": reflected.bytes, "victims": victims,
                      "most_packets": most.packets, "most_bytes": most.bytes, "icmp": others.packets},
        "server_tasks": {"most": tasks.most_seen, "ended": process.poll() is not None},
        "says": wall.says(),
    }


def come_first():
    """What else the machine has to do shall change little: also where each session has its share of a processor."""
    os.sched_setaffinity(0, {OTHER_CPU})
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    with contextlib.suppress(FileNotFoundError), open("/proc/self/autogroup", "w", encoding="ascii") as file:
        file.write(f"{PRIORITY}\n")


def main(arguments):
    """In a session of its own, if it is to come first."""
    case, wall, clients, arrival, programs, *limits = arguments
    # Whoever is told to end takes down what was set up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    come_first()
    coming = Coming(float(arrival), programs.split(","))
    site = Site(int(clients))
    with contextlib.ExitStack() as stack:
        stack.callback(site.delete)
        outcome = _take(site, CASES[case], WALLS[wall](site, limits or CASES[case].limits), coming, stack)
    json.dump(outcome, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
