# SPDX-License-Identifier: GPL-2.0-or-later
"""Many real clients at the same time, over links that lose, duplicate, reorder and delay packets."""

import collections
import contextlib
import dataclasses
import fcntl
import itertools

from lab import files
from lab.clients import CLIENTS
from lab.servers import SERVERS

DOWNLOADS = 200
UPLOADS = 50
SIZES = (513, 5000, 12000, 20000)
UPLOAD_SIZES = (12000, 20000)
SERVER_NAMES = ("tftpd-hpa", "atftpd", "dnsmasq")
NETEM = "delay 10ms 5ms reorder 5% 50% loss 5% duplicate 2% limit 20000"
CLIENT_SECONDS = 150


@dataclasses.dataclass
class Job:
    """One transfer: who does it, what has to arrive where, and the running client."""

    label: str
    source: str
    target: str
    client: object
    process: object


class Waiting:
    """A namespace whose programs wait until open() before they begin, so that all begin together."""

    def __init__(self, namespace, path):
        self.namespace = namespace
        self.gate = open(path, "w", encoding="ascii")
        fcntl.flock(self.gate, fcntl.LOCK_EX)

    def popen(self, *command, **options):
        """Start a program that waits."""
        return self.namespace.popen("flock", "--shared", "--no-fork", self.gate.name, *command, **options)

    def open(self):
        """Let all of them begin."""
        self.gate.close()


def disturb(lab):
    """Make both directions of the path lossy, on the side of the senders: tidegate sees what the links left over."""
    for namespace in (lab.client, lab.server):
        namespace.run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", *NETEM.split())


def start(lab, waiting):
    """Start every client; they wait. The Jobs."""
    readers = [(client, SERVERS[name]) for name in SERVER_NAMES for client in CLIENTS.values()]
    # A repeated write request that in.tftpd reads after the transfer empties the file again; busybox repeats its
    # requests so soon (100 ms) that this happens without any firewall.
    writers = [(client, server) for client, server in readers
               if server.writes and (client.name, server.name) != ("busybox", "tftpd-hpa")]
    jobs = []
    for get, number, pairs, sizes in ((True, DOWNLOADS, readers, SIZES), (False, UPLOADS, writers, UPLOAD_SIZES)):
        chosen = itertools.islice(itertools.cycle(itertools.product(sizes, pairs)), number)
        jobs += [_job(lab, waiting, get, size, *pair) for size, pair in chosen]
    return jobs


def _job(lab, waiting, get, size, client, server):
    source = lab.payloads.path(size)
    if get:
        name = lab.payloads.serve(source, lab.directory, "down")
        local = target = f"{lab.downloads}/{name}"
    else:
        name = lab.payloads.fresh_name("up")
        local, target = source, f"{lab.directory}/{name}"
    process = client.start(waiting, lab.family, lab.address(server.name), get, name, local)
    return Job(f"{client.name} {'from' if get else 'to'} {server.name}, {size} bytes", source, target, client, process)


def finish(jobs):
    """Wait for all of them; the failures as texts."""
    failures = []
    for job in jobs:
        try:
            outcome = job.client.finish(job.process, CLIENT_SECONDS)
        except AssertionError as error:
            failures.append(f"{job.label}: {error}")
            continue
        if not files.same(job.source, job.target):
            failures.append(f"{job.label}: {outcome}")
    return failures


@contextlib.contextmanager
def running(lab):
    """All clients at work; those that are left when the block ends early are ended."""
    waiting = Waiting(lab.client, f"{lab.base}/begin")
    jobs = start(lab, waiting)
    try:
        waiting.open()
        yield jobs
    finally:
        for job in jobs:
            if job.process.poll() is None:
                job.process.kill()
                job.process.wait()


def tally(counts):
    """Counts in a line, the largest first."""
    return ", ".join(f"{reason} {number}" for reason, number in collections.Counter(counts).most_common())
