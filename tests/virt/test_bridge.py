# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that libvirtd starts on a bridge: `vnet*` in a zone guards each from its first packet, and forgets it when it goes."""

import pytest

import loaders
from guests import Guest, Scripted
from lab import attachments, packets
from lab.gate import SURPLUS
from lab.hand import BLOCK
from netboot import HARDWARE_ADDRESS, MACHINE, SERVER, UUID

ZONE = 'zone "guests" { interfaces = {"port*", "vnet*"} }\n'
UNASKED, BOOTP_SERVER = 5000, 67
STATIC = ("ifopen net0", f"set net0/ip {MACHINE}", "set net0/netmask 255.255.255.0")
ASKS_ELSEWHERE = (*STATIC, f"imgfetch tftp://{SERVER}:{UNASKED}/unasked ||")
NATIVE = ["tcx-egress", "xdp"]


def counted(gate, interface, leaving_out=("judged_before",)):
    """{reason: packets} of one interface; what was judged at another port is no packet of its guest's."""
    for entry in gate.json("stats")["interfaces"]:
        if entry["name"] == interface:
            return {reason["reason"]: reason["packets"] for reason in entry["reasons"] if reason["packets"]
                    and reason["reason"] not in leaving_out}
    return {}


def guarded(gate):
    """The names of the interfaces that are guarded."""
    return {entry["name"] for entry in gate.status()["interfaces"]}


def running(gate, file):
    """Its transfers that have begun and are not over."""
    return [flow for flow in gate.transfers() if flow["file"].lstrip("/") == file and flow["state"] == "active"]


@pytest.mark.parametrize("with_tidegate", [False, True], ids=["without", "with"])
def test_first_datagram(network, hypervisor, guard, with_tidegate):
    """A guest whose first datagram is one that nobody may send: it arrives without tidegate, and never with it."""
    daemon = guard(network.bridge, ZONE) if with_tidegate else None
    guest = Scripted(hypervisor, "first", "outside", *ASKS_ELSEWHERE)
    with packets.Endpoint(network.server, SERVER, UNASKED) as endpoint, guest.running() as boot:
        if not daemon:
            boot.until(lambda: b"unasked" in (endpoint.receive() or (b"",))[0], "it arrives")
            return
        boot.until(lambda: counted(daemon.gate, "vnet0").get("unsolicited", 0) >= 3, "it is dropped")
        guest.destroy()
        assert endpoint.receive() is None


def test_every_datagram_is_judged(network, hypervisor, guard):
    """A guest boots from the network. All that it sent, from the first datagram on, was judged at its own port, nothing of the
    boot was dropped, and when the guest is gone its interface is forgotten."""
    daemon = guard(network.bridge, ZONE)
    gate = daemon.gate
    guest = Guest(hypervisor, "machine", "outside", uuid=UUID)
    with daemon.records() as reader, guest.running() as boot:
        reader.wait_for(incident="interface-guarded", zone="guests")
        boot.until(lambda: attachments.places(network.bridge, guest.interface()) == NATIVE, "all programs are there")
        boot.until(lambda: (loaders.RAM_DISK, True) in network.served(), "the RAM disk is loaded")
        boot.until(lambda: sum(counted(gate, "vnet0").values()) == len(guest.sent_datagrams()),
                   "every datagram of the guest is counted")
        counts = counted(gate, "vnet0")
        assert counts["service"] == len([port for port, _ in guest.sent_datagrams() if port == BOOTP_SERVER]) > 0, counts
        # On a busy host it repeats requests, and refuses the second answer.
        assert set(counts) - SURPLUS - {"error"} == {"service", "request", "ack"}, counts
        boot.until_shown(loaders.MARKER)
        reader.wait_for(incident="interface-gone")
    assert not set(gate.drops()) - SURPLUS, gate.drops()
    assert guarded(gate) == {"port0", "port1"}


def test_guest_that_goes(network, hypervisor, guard):
    """Its plug is pulled in the middle of a transfer. From then on nothing of it is admitted any more, not even to a guest that
    gets its interface's name and its address."""
    daemon = guard(network.bridge, ZONE)
    gate = daemon.gate
    with open(f"{network.directory}/served/large", "wb") as file:
        file.write(bytes(4 << 20))
    first = Scripted(hypervisor, "first", "outside", *STATIC, f"imgfetch tftp://{SERVER}/large", slow_us=20000)
    with daemon.records() as reader, first.running() as boot:
        assert first.interface() == "vnet0"
        boot.until(lambda: running(gate, "large"), "its transfer runs")
        [left] = running(gate, "large")
        first.destroy()
        reader.wait_for(incident="interface-gone")
        reader.wait_for(file=left["file"], outcome="idle")
    assert not running(gate, "large")
    hypervisor.stop("libvirtd")
    hypervisor.start_libvirtd()
    # It answers ARP when it likes.
    network.server.ip(f"neighbour replace {MACHINE} lladdr {HARDWARE_ADDRESS} dev eth0 nud permanent")
    second = Scripted(hypervisor, "second", "outside", *STATIC)
    with second.running() as boot:
        assert second.interface() == "vnet0"
        boot.until_shown("iPXE 1")
        before = gate.drops()
        packets.inject(network.server, (SERVER, left["server"]["port"]), (MACHINE, left["client"]["port"]),
                       packets.data(left["block"] + 1, BLOCK))
        boot.until(lambda: gate.drops_since(before).get("expired"), "the old transfer's next block is dropped")
        assert not [frame for frame in second.frames() if BLOCK in frame]
