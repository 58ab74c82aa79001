# SPDX-License-Identifier: GPL-2.0-or-later
"""libvirt's own networks: its bridge virbr0, its dnsmasq with <tftp> and <bootp>, its rules for NAT, and tidegate at virbr0."""

import pytest

import loaders
from guests import Guest, Scripted
from lab import attachments, netns, packets, servers
from lab.gate import SURPLUS
from netboot import UUID
from test_bridge import counted, guarded

HOST, GUEST = "192.168.122.1", "192.168.122.50"
UPLINK, OUTSIDE = "198.51.100.1", "198.51.100.20"
UNASKED = 5000
# DHCP takes iPXE ten seconds; it has its turn where a guest boots.
STATIC = ("ifopen net0", f"set net0/ip {GUEST}", "set net0/netmask 255.255.255.0", f"set net0/gateway {HOST}")
# Clients are in front of virbr0, and behind it are the host's dnsmasq and the way out; NAT makes two zones of it.
ZONES = """zone "guests" {
	interfaces = "virbr*"
	requests = in
	service "names and time" { port = {53, 123} }
}
zone "outside" { interfaces = "wan0" }
"""
NETWORK = """<forward mode='{mode}'/><bridge name='virbr0' stp='off' delay='0'/>
<ip address='192.168.122.1' netmask='255.255.255.0'><tftp root='{root}'/>
<dhcp><range start='192.168.122.50' end='192.168.122.50'/><bootp file='{file}'/></dhcp></ip>"""
HELPER = """table ip helper {
	ct helper tftp { type "tftp" protocol udp; }
	chain prerouting { type filter hook prerouting priority filter; udp dport 69 ct helper set "tftp"; }
}
"""


@pytest.fixture
def outside(network):
    """A host beyond the hypervisor's uplink."""
    made = netns.Namespace("out")
    try:
        netns.veth(network.bridge, "wan0", made, "eth0")
        network.bridge.ip(f"address add {UPLINK}/24 dev wan0")
        made.ip(f"address add {OUTSIDE}/24 dev eth0", f"route add 192.168.122.0/24 via {UPLINK}")
        yield made
    finally:
        made.delete()


def start_network(hypervisor, network, mode):
    """libvirt's network `default`, served by its own dnsmasq from the files of the boot network."""
    hypervisor.network("default", NETWORK.format(mode=mode, root=f"{network.directory}/served", file=network.loader.boot_file))


def test_boot_from_libvirts_own_server(network, hypervisor, guard):
    """A guest boots from libvirt's dnsmasq through tidegate at virbr0; then the network is destroyed and started again."""
    daemon = guard(network.bridge, ZONES)
    gate = daemon.gate
    guest = Guest(hypervisor, "machine", "default", uuid=UUID)
    with daemon.records() as reader:
        start_network(hypervisor, network, "nat")
        reader.wait_for(incident="interface-guarded", zone="guests")
        with guest.running() as boot:
            boot.until_shown(loaders.MARKER)
        done = {record["tidegate"]["file"].lstrip("/"): record["tidegate"]["bytes"]
                for record in reader.records(record="end", outcome="complete")}
        for name in (network.loader.boot_file, loaders.KERNEL, loaders.RAM_DISK):
            assert done[name] == network.size(name), done
        sent = guest.sent_datagrams()
        counts = counted(gate, "virbr0")
        assert counts["service"] >= len([port for port, _ in sent if port == 67]) > 0, counts
        assert counts["request"] == len([port for port, _ in sent if port == 69]), counts
        assert not set(gate.drops()) - SURPLUS, gate.drops()
        hypervisor.virsh("net-destroy", "default")
        reader.wait_for(incident="interface-gone")
        assert "virbr0" not in guarded(gate)
        hypervisor.virsh("net-start", "default")
        boot.until(lambda: "virbr0" in guarded(gate), "virbr0 is guarded again")


@pytest.mark.parametrize("with_tidegate", [False, True], ids=["without", "with"])
def test_what_the_host_is_sent(network, hypervisor, guard, with_tidegate):
    """The rules of libvirt let a guest send anything to the host; tidegate does not."""
    daemon = guard(network.bridge, ZONES) if with_tidegate else None
    start_network(hypervisor, network, "nat")
    guest = Scripted(hypervisor, "curious", "default", *STATIC, f"imgfetch tftp://{HOST}:{UNASKED}/unasked")
    with packets.Endpoint(network.bridge, HOST, UNASKED) as endpoint, guest.running() as boot:
        if not daemon:
            boot.until(lambda: b"unasked" in (endpoint.receive() or (b"",))[0], "it arrives")
            return
        boot.until(lambda: counted(daemon.gate, "virbr0").get("unsolicited", 0) >= 2, "it is dropped")
        assert endpoint.receive() is None


@pytest.mark.parametrize("mode", ["nat", "route"])
def test_file_from_outside(network, hypervisor, guard, outside, mode):
    """A guest fetches a file from a server beyond the uplink, through libvirt's rules for NAT (with the kernel's helper, which
    any such rules need) and for routing (without), and through both zones; unasked datagrams from there do not come in."""
    daemon = guard(network.bridge, ZONES)
    gate = daemon.gate
    with daemon.records() as reader:
        start_network(hypervisor, network, mode)
        if mode == "nat":
            hypervisor.run("nft", "-f", "-", input=HELPER)
        servers.TftpdHpa().start(outside, 4, OUTSIDE, f"{network.directory}/served")
        guest = Scripted(hypervisor, "client", "default", *STATIC,
                         f"imgfetch tftp://{OUTSIDE}/{loaders.KERNEL} && echo fetched")
        with guest.running() as boot:
            boot.until_shown("fetched\n")
            for zone in ("guests", "outside"):
                end = reader.wait_for(record="end", zone=zone, outcome="complete")
                assert end["tidegate"]["bytes"] == network.size(loaders.KERNEL)
            before = counted(gate, "wan0").get("unsolicited", 0)
            packets.inject(outside, (OUTSIDE, 69), (UPLINK if mode == "nat" else GUEST, 40000), b"unasked")
            boot.until(lambda: counted(gate, "wan0").get("unsolicited", 0) > before, "the datagram is dropped")
            assert not [frame for frame in guest.frames() if b"unasked" in frame]
    assert attachments.places(network.bridge, "wan0") == ["tcx-egress", "xdp"]
