# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon on this kernel: an interface that comes is guarded, what is taken off comes back, transfers are told."""

import os

import pytest

import peers
from lab import attachments, wait
from lab.daemon import Daemon
from lab.gate import CALL_SECONDS

POLICY = 'zone boot {{ interfaces = {{eth0, "vnet*"}}\n hook = {hook} }}\n'


def take_off(lab, gate, direction):
    """Somebody removes the TC program of this direction."""
    if peers.has_tcx():
        attachments.detach_link(gate, "eth0", direction)
    else:
        lab.gate.run("tc", "filter", "delete", "dev", "eth0", direction)


@pytest.mark.parametrize("hook", ["xdp", "tc"])
def test_daemon(lab, gate, tmp_path, hook):
    """One begin and one end for a transfer, whose programs are taken off in the middle."""
    lab.start_servers({peers.SERVER.name})
    daemon = Daemon(gate, str(tmp_path), POLICY.format(hook=hook))
    with daemon, daemon.records() as reader:
        before = attachments.places(lab.gate, "eth0")
        assert len(before) == 2
        with peers.running_transfer(lab, gate, get=True) as name:
            for direction in ("egress", "ingress") if hook == "tc" else ("egress",):
                take_off(lab, gate, direction)
                reader.wait_for(CALL_SECONDS, incident="program-restored", detail=f"TC {direction}")
            assert attachments.places(lab.gate, "eth0") == before
        reader.wait_for(CALL_SECONDS, file=name, outcome="complete", bytes=peers.WATCHED_BYTES)
        assert len(reader.records(file=name)) == 2
        lab.gate.ip("link add vnet0 type veth peer name peer0", "link set vnet0 up")
        reader.wait_for(CALL_SECONDS, incident="interface-guarded", zone="boot")
        # First the loader fills its stock again. Each program takes the emulated verifier 10 s beside other machines.
        wait.until(lambda: attachments.places(lab.gate, "vnet0") == before, "all programs are there", 3 * CALL_SECONDS)
        lab.gate.ip("link delete vnet0")
        reader.wait_for(CALL_SECONDS, incident="interface-gone")
        peers.assert_unsolicited_is_dropped(lab, gate)
        gate.down()
    assert not attachments.places(lab.gate, "eth0")
    assert not os.path.exists(gate.bpffs)
