# SPDX-License-Identifier: GPL-2.0-or-later
"""Real transfers through routers that stand beside each other, each with a rival in it: goodput and completion time.

Each rival (tests/bench/rivals.py) has a router of its own with the same servers behind it, and the rounds go from one to the next.
Clients and servers compute on the same CPUs as the router, as they would not elsewhere: what is seen here is the least
that a firewall changes for hosts that are as fast as their network.
"""

import argparse
import contextlib
import functools
import itertools
import os
import socket
import subprocess
import time

import figures
import rivals
from lab import files, gate, netns, servers, topology
from lab.clients import CLIENTS

LARGE, SMALL, COUNT = 16 << 20, 20000, 200
BLOCK = 1428
NICE = -10
DEADLINE_S = 60
MIB = 1 << 20
SO_RCVBUFFORCE, SOCKET_ROOM = 33, 8 << 20


class Failed(Exception):
    """A transfer did not do what it is measured for."""


class Router(topology.Topology):
    """A router beside others: its namespaces have names of their own."""

    numbers = itertools.count()

    def __init__(self):
        self.number = next(Router.numbers)
        super().__init__("router", 4)

    def namespace(self, role):
        return super().namespace(f"{role}{self.number}")


class Roomy(servers.TftpdHpa):
    """tftpd-hpa with room for many requests in its socket, which it inherits as from inetd.

    A packet that came past an XDP program on a veth takes a whole page of that room, whatever the program does: 200 requests
    at once are more than the 208 KiB that a socket has by default, and the clients would wait 6 s for their repeats.
    """

    def argv(self, family, address, directory):
        return ["in.tftpd", "--secure", directory]

    def standard_input(self, namespace, family, address):
        with namespace.entered():
            listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_ROOM)
        listener.bind((address, 69))
        return listener


# The first request that it inherits is answered from the host's preferred address, which is this one.
ROOMY, ATFTPD = Roomy(), servers.Atftpd()
ADDRESSES = {ROOMY: "atftpd", ATFTPD: "tftpd-hpa"}


class Place:
    """A router with a rival at both of its interfaces, a client before it and servers behind it."""

    def __init__(self, rival):
        self.rival = rival
        self.lab = Router()
        try:
            for server, address in ADDRESSES.items():
                self.lab.servers[server] = server.start(self.lab.server, 4, self.lab.address(address), self.lab.directory)
            rival.up(self.lab.gate, self.lab.interfaces)
        except BaseException:
            self.delete()
            raise

    def delete(self):
        """Remove everything."""
        self.rival.down()
        self.lab.delete()

    def large(self, client, server, **options):
        """Bytes a second of one large file."""
        source = self.lab.payloads.path(LARGE)
        name = self.lab.payloads.serve(source, self.lab.directory, "large")
        local = f"{self.lab.downloads}/{name}"
        outcome = CLIENTS[client].transfer(self.lab.client, 4, self.lab.address(ADDRESSES[server]), True, name, local, **options)
        if not files.same(source, local):
            raise Failed(f"{self.rival.name}: {client} from {server.name}: {outcome}")
        os.unlink(local)
        os.unlink(f"{self.lab.directory}/{name}")
        return LARGE / outcome.seconds / MIB

    def many(self):
        """Seconds until COUNT transfers of the same small file, all begun at once, are complete."""
        source = self.lab.payloads.path(SMALL)
        name = self.lab.payloads.serve(source, self.lab.directory, "small")
        local = [f"{self.lab.downloads}/{name}-{i}" for i in range(COUNT)]
        # One process, so that starting processes is not what is measured.
        words = [word for path in local for word in (f"tftp://{self.lab.address(ADDRESSES[ROOMY])}/{name}", "-o", path)]
        started = time.monotonic()
        done = self.lab.client.run("curl", "-q", "--silent", "--show-error", "--parallel", "--parallel-immediate", "--parallel-max",
                                   COUNT, "--tftp-blksize", BLOCK, *words, check=False, timeout=DEADLINE_S)
        seconds = time.monotonic() - started
        wrong = sum(not files.same(source, path) for path in local)
        if wrong or done.returncode:
            raise Failed(f"{self.rival.name}: {wrong} of {COUNT} files did not arrive\n{done.stderr}\n{self.rival.drops()}")
        for path in local:
            os.unlink(path)
        return seconds


ALL_AT_ONCE = f"{COUNT} small files at once"
# What is measured: name, how, unit, what is better.
KINDS = (
    ("one large file, block by block", functools.partial(Place.large, client="curl", server=ROOMY, blksize=BLOCK), "MiB/s",
     "higher"),
    ("one large file, windowsize 16", functools.partial(Place.large, client="atftp", server=ATFTPD, blksize=BLOCK, windowsize=16),
     "MiB/s", "higher"),
    (ALL_AT_ONCE, Place.many, "s", "lower"),
)


def compare(part, places, kinds, comparisons, rounds):
    """Print a row for each kind and each comparison: (who, against whom), by the names of the rivals."""
    for kind, measure, unit, better in kinds:
        values = {place.rival.name: [] for place in places}
        for number in range(rounds + 1):
            for place in places:
                value = measure(place)
                if number:  # the first round finds cold caches
                    values[place.rival.name].append(value)
        for name, against in comparisons:
            figures.print_row(part, f"{kind}, {name} : {against}", values[name], values[against], against, unit, better=better)


def run(words, part, what, default_rounds, measure):
    """The part: measure(stack, rounds), with places that the stack deletes. Exit code."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--quick", action="store_true", help="nothing: none of this is steady enough")
    parser.add_argument("--rounds", type=int, default=default_rounds, help="of each kind (%(default)s)")
    chosen = parser.parse_args(words)
    if chosen.quick:
        return 0
    rivals.make()
    # Clients, servers and what they wake come before whatever else runs here.
    os.setpriority(os.PRIO_PROCESS, 0, NICE)
    netns.delete_dead_sessions()
    gate.remove_dead_directories()
    try:
        with contextlib.ExitStack() as stack:
            measure(stack, chosen.rounds)
    except (Failed, subprocess.TimeoutExpired) as failed:
        figures.note(f"{part}: {failed}")
        return 1
    return 0


def placed(stack, kind, chosen):
    """A place of this kind for each rival, that the stack deletes."""
    places = []
    for rival in chosen:
        places.append(kind(rival))
        stack.callback(places[-1].delete)
    return places
