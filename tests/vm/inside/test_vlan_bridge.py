# SPDX-License-Identifier: GPL-2.0-or-later
"""A bridge that filters VLANs, which have the same addresses: what was asked for in one opens nothing in another."""

import pytest

from lab import packets
from lab.daemon import Daemon
from lab.gate import Gate
from lab.hand import BLOCK, HandTransfer
from vlans import VlanBridge, all_arrived, all_dropped_by, play_in_two_vlans

ONE_ZONE = 'zone "guests" { interfaces = {"trunk0", "vnet*"} }\n'
ZONE_FOR_EACH = """zone "ten" { interfaces = {"vnet10"} }
zone "twenty" { interfaces = {"vnet2*"} }
zone "trunk" { interfaces = {"trunk0"} }
"""
TRUNK_ALONE = 'zone "trunk" { interfaces = "trunk0" requests = out }\n'


@pytest.fixture
def lab():
    """The bridge."""
    made = VlanBridge()
    try:
        yield made
    finally:
        made.delete()


@pytest.fixture
def gate(lab):
    """tidegate there, not up yet."""
    made = Gate(lab.gate, (), "vlan")
    try:
        yield made
    finally:
        made.close()


def fetch_in_both(lab, gate, flows_each):
    """Real programs fetch the same name at the same time, from and to the same addresses and ports: each VLAN has its own content."""
    sizes = {10: 1 << 14, 20: 1 << 13}
    before = gate.drops()
    with lab.serving():
        name = lab.provide(sizes)
        assert lab.fetch(name) == {10: True, 20: True}
    assert not gate.drops_since(before)
    flows = [flow for flow in gate.transfers(name) if flow["state"] == "done"]
    tagged = {vlan: flow["bytes"] for flow in flows for vlan in flow["vlan"]}
    assert tagged == sizes and len(flows) == flows_each * len(sizes), flows
    assert len({str((flow["client"], flow["server"])) for flow in flows}) == 1


def forge(lab, gate, one_zone):
    """Who answers a client of VLAN 10, behind an access port: its server, tagged at the trunk, and a guest behind an access port of
    VLAN 20, in the server's name and to the client's twin there."""
    first = packets.data(1, BLOCK)
    with HandTransfer(lab.segments[10]) as hand, packets.Endpoint(lab.segments[20].client, *hand.client.name) as twin:
        hand.ask()
        if one_zone:
            packets.assert_dropped(gate, lab.segments[10].server, hand.tid.name, hand.client, first)
            packets.assert_arrives(lab.other, hand.tid.name, twin, first)
        else:
            packets.assert_dropped(gate, lab.other, hand.tid.name, twin, first)


def test_vlans_are_kept_apart(lab, gate, tmp_path):
    """Where all ports show tags they may be one zone. Access ports show none: in one zone answers from the trunk are dropped, and
    guests of other VLANs may answer; with a zone for the access ports of each VLAN and one for the trunk neither is so. The trunk
    may also be guarded alone."""
    play_in_two_vlans(lab, all_arrived)
    with Daemon(gate, str(tmp_path), ONE_ZONE) as daemon:
        play_in_two_vlans(lab, all_dropped_by(gate))
        fetch_in_both(lab, gate, flows_each=1)
        lab.untag()
        forge(lab, gate, one_zone=True)
        daemon.write(ZONE_FOR_EACH)
        daemon.reload()
        forge(lab, gate, one_zone=False)
        fetch_in_both(lab, gate, flows_each=2)
        daemon.write(TRUNK_ALONE)
        daemon.reload()
        play_in_two_vlans(lab, all_dropped_by(gate))
