# SPDX-License-Identifier: GPL-2.0-or-later
"""Many real clients at the same time, over links that lose, duplicate, reorder and delay packets."""

import collections
import contextlib
import dataclasses
import fcntl
import itertools
import os
import subprocess
import time

from lab import files, wait
from lab.clients import CLIENTS
from lab.servers import Atftpd, Dnsmasq, TftpdHpa

# STRESS_SHARE=4: a quarter of the crowd, in the same time with less to do for the processor.
SHARE = int(os.environ.get("STRESS_SHARE", "1"))
DOWNLOADS = 200 // SHARE
UPLOADS = 50 // SHARE
SIZES = (513, 40000, 50000, 60000)
# Each loss costs 1 to 2 s where the server repeats, and 5 to 6 s in uploads and where curl has the server agree on that.
SLOW_SIZES = (513, 5000, 8000, 10000)
# On the way out of both ends: a block or its ACK is lost with about 10 %.
NETEM = "delay 30ms 10ms reorder 5% 50% loss 5% duplicate 2% limit 20000"
# Clients are many and servers few: those come first, or they answer late.
SERVER_PRIORITY = ("nice", "-n", "-10")
END_SECONDS = 1
WATCH_SECONDS = 5
BEGIN_SECONDS = 30
BATCH = 25


class EagerTftpdHpa(TftpdHpa):
    """tftpd-hpa as it is: it repeats after 1 s."""

    def argv(self, family, address, directory):
        return [*SERVER_PRIORITY, *super().argv(family, address, directory)]


class EagerAtftpd(Atftpd):
    """Serves as many as come (else 100), and repeats after 1 s (else 5)."""

    def argv(self, family, address, directory):
        program, *rest = super().argv(family, address, directory)
        return [*SERVER_PRIORITY, program, "--maxthread", "1000", "--retry-timeout", "1", *rest]


class EagerDnsmasq(Dnsmasq):
    """Serves as many as come (else 50); it repeats after 2 s."""

    extra = ("--tftp-max=1000",)

    def argv(self, family, address, directory):
        return [*SERVER_PRIORITY, *super().argv(family, address, directory)]


SERVERS = (EagerTftpdHpa(), EagerAtftpd(), EagerDnsmasq())


# Some peers lose each other on such links without any firewall: tftp-hpa and atftp with atftpd (both ends ignore what the
# other repeats, until they give up). A write request that comes twice empties the file that is written already, in
# atftpd always, in in.tftpd if it comes late: busybox repeats its own after 100 ms.
READERS = [(client, server) for client, server in itertools.product(CLIENTS.values(), SERVERS)
           if server.name != "atftpd" or client.name in ("curl", "busybox")]
WRITERS = [(client, server) for client, server in itertools.product(CLIENTS.values(), SERVERS)
           if server.name == "tftpd-hpa" and client.name != "busybox"]


@dataclasses.dataclass
class Job:
    """One transfer: who does it, and what has to arrive where."""

    get: bool
    size: int
    client: object
    server: object
    source: str = ""
    target: str = ""
    process: object = None

    def start(self, lab, waiting):
        """Start the client, from inside the clients' namespace; it waits."""
        self.source = lab.payloads.path(self.size)
        if self.get:
            name = lab.payloads.serve(self.source, lab.directory, "down")
            local = self.target = f"{lab.downloads}/{name}"
        else:
            name = lab.payloads.fresh_name("up")
            local, self.target = self.source, f"{lab.directory}/{name}"
        self.process = self.client.start(waiting, lab.family, lab.address(self.server.name), self.get, name, local)

    def failure(self, deadline):
        """Wait for the end; what is wrong, or nothing.

        The file counts: a client whose last ACK was lost may complain, or go on asking, although all has arrived.
        """
        try:
            outcome = self.client.finish(self.process, max(END_SECONDS, deadline - time.monotonic()))
        except AssertionError as error:
            outcome = error
        if files.same(self.source, self.target):
            return None
        way = "from" if self.get else "to"
        return f"{self.client.name} {way} {self.server.name}, {self.size} bytes: {outcome}"

    def end(self):
        """Whatever happened, the client does not go on."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Waiting:
    """The namespace that this thread is in already; programs started there wait until open() before they begin.

    Starting 250 programs takes an emulated processor longer than most transfers take. Those that wait have only to be
    released.
    """

    def __init__(self, path):
        self._lock = open(path, "w", encoding="ascii")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def popen(self, *command, **options):
        """Start a program that waits."""
        return subprocess.Popen(["flock", "--shared", "--no-fork", self._lock.name, *map(str, command)], **options)

    def open(self):
        """Let them begin."""
        self._lock.close()


def waits(process):
    """True before a program that was started by Waiting has begun."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), \
            open(f"/proc/{process.pid}/comm", encoding="utf-8") as name:
        return name.read().strip() in ("flock", "python3")
    return False


def disturb(lab):
    """Make both directions of the path lossy, on the side of the senders: tidegate sees what the links left over."""
    for namespace in (lab.client, lab.server):
        namespace.run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", *NETEM.split())


def start_servers(lab):
    """Start the servers of SERVERS."""
    for server in SERVERS:
        lab.servers[server] = server.start(lab.server, lab.family, lab.address(server.name), lab.directory)


def all_jobs():
    """The 250 transfers: clients, servers and sizes in turn."""
    jobs = []
    for get, number, pairs in ((True, DOWNLOADS, READERS), (False, UPLOADS, WRITERS)):
        turns = itertools.cycle(itertools.product(range(len(SIZES)), pairs))
        for turn, (client, server) in itertools.islice(turns, number):
            sizes = SIZES if get and client.name != "curl" else SLOW_SIZES
            jobs.append(Job(get, sizes[turn], client, server))
    # Uploads and large files first: who takes long starts early.
    return sorted(jobs, key=lambda job: (job.get, -job.size))


def at_work(jobs):
    """How many clients have not ended."""
    return sum(job.process is not None and job.process.poll() is None for job in jobs)


def transfer(lab, jobs, seconds, watch=None):
    """All clients at work at the same time; [(job, what is wrong)] of those whose file did not arrive.

    watch() is called now and then while they work. After `seconds` those that are left are ended.
    """
    batches = [(Waiting(f"{lab.base}/begin-{number}"), jobs[number:number + BATCH])
               for number in range(0, len(jobs), BATCH)]
    try:
        with lab.client.entered():
            for waiting, batch in batches:
                for job in batch:
                    job.start(lab, waiting)
        # One batch begins when the one before has begun: all at once would starve the servers.
        for waiting, batch in batches:
            waiting.open()
            wait.until(lambda batch=batch: not any(waits(job.process) for job in batch), "a batch begins", BEGIN_SECONDS)
        deadline = time.monotonic() + seconds
        print(f"{at_work(jobs)} of {len(jobs)} at work when all have begun")
        while at_work(jobs) and time.monotonic() < deadline:
            if watch:
                watch()
            with contextlib.suppress(wait.Timeout):
                wait.until(lambda: not at_work(jobs), "all clients have ended", seconds=WATCH_SECONDS)
        failures = [(job, job.failure(deadline)) for job in jobs]
    finally:
        for job in jobs:
            job.end()
    return [(job, failure) for job, failure in failures if failure]


def tally(counts):
    """Counts in a line, the largest first."""
    return ", ".join(f"{reason} {number}" for reason, number in collections.Counter(counts).most_common())
