# SPDX-License-Identifier: GPL-2.0-or-later
"""Many real clients at the same time, over links that lose, duplicate, reorder and delay packets."""

import collections
import contextlib
import dataclasses
import itertools
import subprocess
import time

from lab import files, wait
from lab.clients import CLIENTS
from lab.servers import Atftpd, Dnsmasq, TftpdHpa

DOWNLOADS = 200
UPLOADS = 50
SIZES = (513, 20000, 40000, 60000)
UPLOAD_SIZES = (20000, 40000)
# On the way out of both ends: a block or its ACK is lost with about 10 %.
NETEM = "delay 20ms 10ms reorder 5% 50% loss 5% duplicate 2% limit 20000"
# Clients are many and servers few: those come first, or they answer when the clients have given up.
SERVER_PRIORITY = ("nice", "-n", "-10")
END_SECONDS = 1
WATCH_SECONDS = 3


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

    def start(self, lab):
        """Start the client, from inside the clients' namespace."""
        self.source = lab.payloads.path(self.size)
        if self.get:
            name = lab.payloads.serve(self.source, lab.directory, "down")
            local = self.target = f"{lab.downloads}/{name}"
        else:
            name = lab.payloads.fresh_name("up")
            local, self.target = self.source, f"{lab.directory}/{name}"
        self.process = self.client.start(Here, lab.family, lab.address(self.server.name), self.get, name, local)

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


class Here:
    """The namespace that this thread is in already: one program less to start for each of many clients."""

    @staticmethod
    def popen(*command, **options):
        """Start a program."""
        return subprocess.Popen([str(word) for word in command], **options)


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
    for get, number, pairs, sizes in ((True, DOWNLOADS, READERS, SIZES), (False, UPLOADS, WRITERS, UPLOAD_SIZES)):
        chosen = itertools.islice(itertools.cycle(itertools.product(sizes, pairs)), number)
        jobs += [Job(get, size, *pair) for size, pair in chosen]
    # Uploads and large files first: who takes long starts early.
    return sorted(jobs, key=lambda job: (job.get, -job.size))


def at_work(jobs):
    """How many clients have not ended."""
    return sum(job.process is not None and job.process.poll() is None for job in jobs)


def transfer(lab, jobs, seconds, watch=None):
    """All clients at work at the same time; [(job, what is wrong)] of those whose file did not arrive.

    watch() is called now and then while they work. After `seconds` those that are left are ended.
    """
    try:
        with lab.client.entered():
            for job in jobs:
                job.start(lab)
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
