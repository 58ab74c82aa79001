# SPDX-License-Identifier: GPL-2.0-or-later
"""VLAN interfaces upon a network card, and the tags that the card takes off before XDP sees them."""

import json

import pytest

from lab import packets
from lab.daemon import Daemon
from lab.gate import CALL_SECONDS, SURPLUS
from vlans import VLANS, VlanHost

PROBE_PORT = 40000
SIZES = {10: 1 << 13, 20: 1 << 12}
BOTH, NEITHER = {10: True, 20: True}, {10: False, 20: False}


@pytest.fixture
def lab():
    """A host that serves in two VLANs."""
    made = VlanHost()
    try:
        yield made
    finally:
        made.delete()


def probe(lab, vlan):
    """Who sends a datagram that nobody asked for, from where, and who would receive it."""
    segment = lab.segments[vlan]
    return segment.client, (segment.address("client"), PROBE_PORT), packets.Endpoint(segment.server, segment.address("hand"), PROBE_PORT)


def test_interface_that_comes(lab, gate, tmp_path):
    """A pattern names one VLAN's interface, which is made later: that VLAN is guarded, and no other."""
    with Daemon(gate, str(tmp_path), 'zone "ten" { interfaces = "eth0.1*" }\n') as daemon, daemon.records() as reader:
        for vlan in VLANS:
            lab.add_vlan(vlan)
        reader.wait_for(CALL_SECONDS, incident="interface-guarded", zone="ten")
        with lab.serving():
            name = lab.provide(SIZES)
            assert lab.fetch(name) == BOTH
        [flow] = gate.transfers(name)
        # The tag is no longer there.
        assert (flow["state"], flow["zone"], flow["vlan"]) == ("done", "ten", [])
        for vlan in VLANS:
            sender, source, receiver = probe(lab, vlan)
            with receiver:
                if vlan == 10:
                    packets.assert_dropped(gate, sender, source, receiver)
                else:
                    packets.assert_arrives(sender, source, receiver)
        lab.gate.ip("link delete eth0.10")
        reader.wait_for(CALL_SECONDS, incident="interface-gone")


def findings(gate):
    """The document of doctor: [{finding, interface, command …}]. These kernels have no nftables that it could look at."""
    return json.loads(gate.call("--json", "doctor", check=False).stdout)["findings"]


def test_all_vlans(lab, gate):
    """tidegate on the card itself, for all VLANs. XDP does not see tags that the card takes off, so transfers fail: doctor says so,
    its command lets XDP see them, and then it has nothing to say. TC sees them all the same."""
    def transfers_pass():
        before, name = gate.drops(), lab.provide(SIZES)
        # Servers of transfers that failed go on for a while, towards the same port.
        assert lab.fetch(name) == BOTH and not set(gate.drops_since(before)) - SURPLUS
        assert sorted(flow["vlan"] for flow in gate.transfers(name) if flow["state"] == "done") == [[10], [20]]

    for vlan in VLANS:
        lab.add_vlan(vlan)
    with lab.serving():
        gate.up("--hook", "tc")
        transfers_pass()
        assert not findings(gate)
        gate.up("--hook", "xdp")
        assert lab.fetch(lab.provide(SIZES), patience=3) == NEITHER and gate.drops()
        [finding] = findings(gate)
        assert (finding["finding"], finding["interface"]) == ("vlan-stripped", "eth0")
        lab.gate.run("sh", "-c", finding["command"])
        assert not findings(gate)
        transfers_pass()
