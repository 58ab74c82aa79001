# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests on other kernels share: slow transfers, probes, and what this kernel can do."""

import contextlib
import os

from lab import files, packets, wait
from lab.clients import CLIENTS
from lab.servers import SERVERS

CLIENT = CLIENTS["tftp-hpa"]
SERVER = SERVERS["tftpd-hpa"]
# With one block in each 2 × 2 ms, a transfer of this size lasts long enough to be watched: 4 s at least.
DELAY = "2ms"
SLOW_BYTES = 1 << 19
PROBE_PORT = 40000
TRANSFER_SECONDS = 90


def has_tcx():
    """TCX links came with kernel 6.6."""
    return tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 6)


def slow_down(lab):
    """Delay what the client sends, so that lock-step transfers take a known time."""
    lab.client.run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", "delay", DELAY)


@contextlib.contextmanager
def running_transfer(lab, gate, get):
    """A transfer that is under way when the block begins, and that must still be when it ends; then it completes."""
    source = lab.payloads.path(SLOW_BYTES)
    name = lab.payloads.serve(source, lab.directory, "slow") if get else lab.payloads.fresh_name("slow")
    local, target = (f"{lab.downloads}/{name}",) * 2 if get else (source, f"{lab.directory}/{name}")
    process = CLIENT.start(lab.client, lab.family, lab.address(SERVER.name), get, name, local)
    try:
        gate.wait_for_transfer(name, {"active"})
        yield name
        assert process.poll() is None, "the transfer was over too early to prove anything"
    except BaseException:
        process.kill()
        raise
    finally:
        outcome = CLIENT.finish(process, TRANSFER_SECONDS)
    # tftp-hpa ends with 0 even after an error: the content tells.
    assert outcome.returncode == 0 and files.same(source, target), outcome
    gate.wait_for_transfer(name, {"done"})


def transfer(lab, get, size):
    """One whole transfer, compared."""
    source = lab.payloads.path(size)
    name = lab.payloads.serve(source, lab.directory, "file") if get else lab.payloads.fresh_name("file")
    local, target = (f"{lab.downloads}/{name}",) * 2 if get else (source, f"{lab.directory}/{name}")
    outcome = CLIENT.transfer(lab.client, lab.family, lab.address(SERVER.name), get, name, local)
    assert files.same(source, target), outcome


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


def await_nothing(check, what):
    """Wait until check() returns something empty."""
    wait.until(lambda: not check(), what)
