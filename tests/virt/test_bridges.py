# SPDX-License-Identifier: GPL-2.0-or-later
"""Two bridges with the same addresses on both: what a guest of one has asked for admits nothing on the other."""

import pytest

from guests import Scripted
from lab import attachments, netns, packets
from lab.hand import BLOCK
from netboot import HARDWARE_ADDRESS, MACHINE, SERVER
from test_bridge import STATIC, counted, running

APART = """zone "red" { interfaces = {"port0", "port1", "vnet*"} bridge = br0 }
zone "blue" { interfaces = {"port2", "vnet*"} bridge = br1 }
"""
TOGETHER = 'zone "red" { interfaces = {"port*", "vnet*"} }\n'


@pytest.fixture
def blue(network, hypervisor):
    """A second bridge br1, libvirt's network `blue`, and a host there that has the server's address."""
    made = netns.Namespace("bl")
    try:
        network.bridge.ip("link add br1 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br1 up")
        netns.veth(made, "eth0", network.bridge, "port2")
        network.bridge.ip("link set port2 master br1")
        made.ip(f"address add {SERVER}/24 dev eth0")
        hypervisor.network("blue", "<forward mode='bridge'/><bridge name='br1'/>")
        yield made
    finally:
        made.delete()


def zone_of(gate, interface):
    """The zone in which an interface is guarded, or None."""
    return {entry["name"]: entry["zone"] for entry in gate.status()["interfaces"]}.get(interface)


@pytest.mark.parametrize("zones", [APART, TOGETHER], ids=["apart", "together"])
def test_same_addresses(network, hypervisor, guard, blue, zones):
    """The next block of a transfer on one bridge, sent on the other: it passes where both are one zone, and nowhere else. A port
    that is moved to another bridge is in that bridge's zone."""
    daemon = guard(network.bridge, zones)
    gate = daemon.gate
    with open(f"{network.directory}/served/large", "wb") as file:
        file.write(bytes(4 << 20))
    asking = Scripted(hypervisor, "asking", "outside", *STATIC, f"imgfetch tftp://{SERVER}/large", slow_us=20000)
    idle = Scripted(hypervisor, "idle", "blue", *STATIC)
    blue.ip(f"neighbour replace {MACHINE} lladdr {HARDWARE_ADDRESS} dev eth0 nud permanent")
    with daemon.records() as reader, idle.running() as blue_boot, asking.running() as boot:
        assert (idle.interface(), asking.interface()) == ("vnet0", "vnet1")
        boot.until(lambda: running(gate, "large"), "the transfer runs")
        assert zone_of(gate, "vnet1") == "red"
        blue_boot.until_shown("iPXE>")
        [flow] = running(gate, "large")
        packets.inject(blue, (SERVER, flow["server"]["port"]), (MACHINE, flow["client"]["port"]),
                       packets.data(flow["block"] + 1, BLOCK))
        if zones is TOGETHER:
            boot.until(lambda: [frame for frame in idle.frames() if BLOCK in frame], "it reaches the other guest")
            return
        boot.until(lambda: counted(gate, "port2").get("unsolicited") == 1, "it is dropped")
        assert not [frame for frame in idle.frames() if BLOCK in frame]
        [later] = running(gate, "large")
        assert (later["client"], later["server"]) == (flow["client"], flow["server"])
        assert zone_of(gate, "vnet0") == "blue"
        boot.until(lambda: attachments.places(network.bridge, "vnet0") == ["tcx-egress", "xdp"], "all programs are there")
        programs = attachments.on_interface(network.bridge, "vnet0")
        network.bridge.ip("link set vnet0 master br0")
        reader.wait_for(incident="interface-guarded", zone="red", detail="it comes from zone blue")
        assert zone_of(gate, "vnet0") == "red" and attachments.on_interface(network.bridge, "vnet0") == programs
        network.bridge.ip("link set vnet0 nomaster")
        reader.wait_for(incident="interface-gone", zone="red")
        assert not zone_of(gate, "vnet0") and not attachments.on_interface(network.bridge, "vnet0")
