# SPDX-License-Identifier: GPL-2.0-or-later
"""A bridge that filters VLANs, which have the same addresses: what was asked for in one opens nothing in another."""

import pytest

from lab import packets, wait
from lab.daemon import Daemon
from lab.hand import BLOCK, HandTransfer
from vlans import VlanBridge, all_arrived, all_dropped_by, play_in_two_vlans

ONE_ZONE = 'zone "guests" { interfaces = {"trunk0", "vnet*"} }\n'
TRUNK_ALONE = 'zone "trunk" { interfaces = "trunk0" requests = out }\n'


@pytest.fixture
def lab():
    """The bridge."""
    made = VlanBridge()
    try:
        yield made
    finally:
        made.delete()


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


def assert_only_the_own_vlan_answers(lab, gate):
    """A client of VLAN 10 behind an access port has asked. A guest behind an access port of VLAN 20 sends its server's answer to the
    client's twin there, and then its server, tagged at the trunk, sends it."""
    first = packets.data(1, BLOCK)
    with HandTransfer(lab.segments[10]) as hand, packets.Endpoint(lab.segments[20].client, *hand.client.name) as twin:
        hand.ask()
        packets.assert_dropped(gate, lab.other, hand.tid.name, twin, first)
        packets.assert_arrives(lab.segments[10].server, hand.tid.name, hand.client, first)
        packets.assert_dropped(gate, lab.other, hand.tid.name, twin, first)


def untagged_vlans(gate):
    """{interface: VLAN of its frames without a tag}"""
    return {entry["name"]: entry["untagged_vlan"] for entry in gate.status()["interfaces"] if entry["untagged_vlan"]}


def test_vlans_are_kept_apart(lab, gate, tmp_path):
    """All ports are one zone, whether they show tags or are access ports, which they become while the daemon runs. The trunk may
    also be guarded alone."""
    play_in_two_vlans(lab, all_arrived)
    with Daemon(gate, str(tmp_path), ONE_ZONE) as daemon:
        assert untagged_vlans(gate) == {"vnet21": 20}
        play_in_two_vlans(lab, all_dropped_by(gate))
        fetch_in_both(lab, gate, flows_each=1)
        lab.untag()
        wait.until(lambda: untagged_vlans(gate) == {"vnet10": 10, "vnet20": 20, "vnet21": 20}, "the ports' VLANs are known")
        assert_only_the_own_vlan_answers(lab, gate)
        fetch_in_both(lab, gate, flows_each=1)
        daemon.write(TRUNK_ALONE)
        daemon.reload()
        play_in_two_vlans(lab, all_dropped_by(gate))
