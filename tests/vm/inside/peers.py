# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests on other kernels share: slow transfers, probes, and what this kernel can do."""

import contextlib
import os

from lab import files, packets, wait
from lab.clients import CLIENTS
from lab.servers import SERVERS

CLIENT = CLIENTS["tftp-hpa"]
SERVER = SERVERS["tftpd-hpa"]
# While a transfer is watched, each of its blocks waits so long: in lock step that makes 60 s at least.
WATCHED_DELAY = "60ms"
WATCHED_BYTES = 1 << 19
GOES_ON_SECONDS = 20
PROBE_PORT = 40000
TRANSFER_SECONDS = 90


def has_tcx():
    """TCX links came with kernel 6.6."""
    return tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 6)


def delay(lab, time):
    """Delay what the client sends from now on; what waits already keeps its time, so nothing is lost."""
    lab.client.run("tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "delay", time, "limit", "10000")


@contextlib.contextmanager
def running_transfer(lab, gate, get):
    """A transfer that is under way when the block begins, and still when it ends; then it completes at full speed."""
    source, name, local, target = _names(lab, get, WATCHED_BYTES)
    delay(lab, WATCHED_DELAY)
    process = CLIENT.start(lab.client, lab.family, lab.address(SERVER.name), get, name, local)
    try:
        gate.wait_for_transfer(name, {"active"})
        yield name
        assert process.poll() is None, "the transfer was over too early to prove anything"
        [before] = gate.transfers(name)
        # If programs were away for a moment, a packet that depends on one they have not seen is dropped, and sent again.
        wait.until(lambda: gate.transfers(name)[0]["bytes"] > before["bytes"], "the transfer goes on", GOES_ON_SECONDS)
    except BaseException:
        process.kill()
        raise
    finally:
        delay(lab, "0ms")
        outcome = CLIENT.finish(process, TRANSFER_SECONDS)
    # tftp-hpa ends with 0 even after an error: the content tells.
    assert files.same(source, target), outcome
    gate.wait_for_transfer(name, {"done"})


def transfer(lab, get, size):
    """One whole transfer, compared."""
    source, name, local, target = _names(lab, get, size)
    outcome = CLIENT.transfer(lab.client, lab.family, lab.address(SERVER.name), get, name, local)
    assert files.same(source, target), outcome


def _names(lab, get, size):
    """What is sent, its name for the server, the client's file, and where it must arrive."""
    source = lab.payloads.path(size)
    if get:
        name = lab.payloads.serve(source, lab.directory, "down")
        return source, name, f"{lab.downloads}/{name}", f"{lab.downloads}/{name}"
    name = lab.payloads.fresh_name("up")
    return source, name, source, f"{lab.directory}/{name}"


def assert_unsolicited_is_dropped(lab, gate):
    """A datagram that nobody asked for is dropped by tidegate, and counted."""
    sender, receiver = lab.probe_route
    with packets.Endpoint(lab.side(receiver), lab.address(receiver), PROBE_PORT) as endpoint:
        packets.assert_dropped(gate, lab.side(sender), (lab.address(sender), 40001), endpoint)


def assert_unsolicited_arrives(lab):
    """Without tidegate the same datagram arrives."""
    sender, receiver = lab.probe_route
    with packets.Endpoint(lab.side(receiver), lab.address(receiver), PROBE_PORT) as endpoint:
        packets.assert_arrives(lab.side(sender), (lab.address(sender), 40001), endpoint)
