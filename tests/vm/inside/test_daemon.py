# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon on this kernel: an interface that comes is guarded, what is taken off comes back, transfers are told."""

import os

import peers
from lab import attachments, wait
from lab.daemon import Daemon
from lab.gate import CALL_SECONDS

# What comes as vnet* is to have XDP, tap* has TC from the stock on.
POLICY = """
zone boot { interfaces = {eth0, "vnet*"}
 hook = xdp }
zone taps { interfaces = "tap*"
 hook = tc }
"""


def take_off(gate, interface, direction):
    """Somebody removes the TC program of this direction."""
    if peers.has_tcx():
        attachments.detach_link(gate, interface, direction)
    else:
        gate.namespace.run("tc", "filter", "delete", "dev", interface, direction)


def add_link(lab, reader, name, zone):
    """An interface comes, and is guarded."""
    lab.gate.ip(f"link add {name} type veth peer name peer-{name}", f"link set {name} up")
    reader.wait_for(CALL_SECONDS, incident="interface-guarded", zone=zone)


def assert_comes_back(lab, gate, reader, interface, zone, *directions):
    """What is taken off there is put back."""
    before = attachments.places(lab.gate, interface)
    assert len(before) == 2
    for direction in directions:
        take_off(gate, interface, direction)
        reader.wait_for(CALL_SECONDS, incident="program-restored", detail=f"TC {direction}", zone=zone)
    assert attachments.places(lab.gate, interface) == before


def test_daemon(lab, gate, tmp_path):
    """Interfaces come and go, and get the programs of their zones. One begin and one end for a transfer, whose programs are taken
    off in the middle."""
    lab.start_servers({peers.SERVER.name})
    daemon = Daemon(gate, str(tmp_path), POLICY)
    with daemon, daemon.records() as reader:
        before = attachments.places(lab.gate, "eth0")
        add_link(lab, reader, "vnet0", "boot")
        add_link(lab, reader, "tap0", "taps")
        assert_comes_back(lab, gate, reader, "tap0", "taps", "egress", "ingress")
        with peers.running_transfer(lab, gate, get=True) as name:
            assert_comes_back(lab, gate, reader, "eth0", "boot", "egress")
        reader.wait_for(CALL_SECONDS, file=name, outcome="complete", bytes=peers.WATCHED_BYTES)
        assert len(reader.records(file=name)) == 2
        # Programs for the next one that comes go before it. Each takes the emulated verifier 10 s beside other machines.
        wait.until(lambda: attachments.places(lab.gate, "vnet0") == before, "all programs are there", 3 * CALL_SECONDS)
        lab.gate.ip("link delete vnet0", "link delete tap0")
        wait.until(lambda: len(reader.records(incident="interface-gone")) == 2, "both are forgotten", CALL_SECONDS)
        peers.assert_unsolicited_is_dropped(lab, gate)
        gate.down()
    assert not attachments.places(lab.gate, "eth0")
    assert not os.path.exists(gate.bpffs)
