# SPDX-License-Identifier: GPL-2.0-or-later
"""Single-port translation against the kernel's NAT, packet by packet: what real clients and networks bring along."""

import contextlib
import socket

import pytest

from lab import packets, stateful, wait
from lab.packets import Endpoint
from test_translation import FAMILIES, assert_all_pass, fresh_servers, guarding

BLOCK = bytes(512)
PORT = 5000  # of clients that choose it themselves
SO_NO_CHECK = 11
UDP_CHECKSUM = 14 + 20 + 6  # where it stands in a frame of IPv4
ETH_P_ALL = 3


class Behind:
    """Clients behind a NAT, and a service whose TIDs are made by hand."""

    def __init__(self, lab):
        self.lab = lab
        self.stack = contextlib.ExitStack()
        self.service = self.stack.enter_context(Endpoint(lab.server, lab.address("hand"), 69))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def client(self, who="client", port=PORT):
        """A client at a port of its choice."""
        return self.stack.enter_context(Endpoint(self.lab.client, self.lab.address(who), port))

    def tid(self):
        """A port of the server."""
        return self.stack.enter_context(Endpoint(self.lab.server, self.lab.address("hand")))

    def ask(self, client, name):
        """The client's request; returns where the server sees the client."""
        request = packets.request(packets.RRQ, name)
        client.send(request, self.service.name)
        return self.service.expect(request)[1]

    def block(self, client, tid, seen_as, number, content=BLOCK):
        """DATA, which comes from port 69, and the ACK, which reaches the TID."""
        tid.send(packets.data(number, content), seen_as)
        assert client.expect(packets.data(number, content))[1] == self.service.name
        client.send(packets.ack(number), self.service.name)
        assert tid.expect(packets.ack(number))[1] == seen_as


@contextlib.contextmanager
def masquerading(lab):
    """A router that masquerades and denies, with tidegate towards the servers; yields (gate, Behind)."""
    stateful.router(lab.gate, nat=True)
    with guarding(lab.gate, "wan0", "--single-port", "--requests", "out") as gate, Behind(lab) as behind:
        yield gate, behind


@FAMILIES
def test_two_clients_with_the_same_port(lab):
    """Behind one address; the NAT gives one of them another port, and their blocks do not mix."""
    with masquerading(lab) as (gate, behind):
        clients = [behind.client("client"), behind.client("other-client")]
        tids = [behind.tid(), behind.tid()]
        seen_as = [behind.ask(client, f"file-{number}") for number, client in enumerate(clients)]
        assert seen_as[0][0] == seen_as[1][0] == lab.router_address("wan0")
        assert PORT in (seen_as[0][1], seen_as[1][1]) and seen_as[0][1] != seen_as[1][1]
        for number in (1, 2, 3):
            for client, tid, where in zip(clients, tids, seen_as):
                behind.block(client, tid, where, number, where[1].to_bytes(2, "big") * 256)
        assert not gate.drops()


@FAMILIES
def test_client_that_uses_one_port(lab):
    """For one file after the other, as boot ROMs do: each is answered by another TID, conntrack sees one flow."""
    with masquerading(lab) as (gate, behind):
        client = behind.client()
        for number in range(4):
            tid = behind.tid()
            seen_as = behind.ask(client, f"file-{number}")
            assert seen_as[1] == PORT
            behind.block(client, tid, seen_as, 1)
            behind.block(client, tid, seen_as, 2, b"the end")
        assert not gate.drops()


@FAMILIES
def test_client_that_leaves_off(lab):
    """It asks for another file in the middle of the first one: the new one goes on, the old TID is left."""
    with masquerading(lab) as (gate, behind):
        client, old, new = behind.client(), behind.tid(), behind.tid()
        seen_as = behind.ask(client, "first")
        behind.block(client, old, seen_as, 1)
        assert behind.ask(client, "second") == seen_as
        behind.block(client, new, seen_as, 1)
        old.send(packets.data(2, b"late"), seen_as)
        wait.until(lambda: gate.drops()["superseded"], "the old TID is refused")
        behind.block(client, new, seen_as, 2)
        assert client.receive() is None


@FAMILIES
def test_duplicate_request(lab):
    """The server answers each of the two from a TID of its own; the first one stands, the other one is refused."""
    with masquerading(lab) as (gate, behind):
        client, first, second = behind.client(), behind.tid(), behind.tid()
        assert behind.ask(client, "file") == behind.ask(client, "file")
        seen_as = (lab.router_address("wan0"), PORT)
        first.send(packets.data(1, BLOCK), seen_as)
        client.expect(packets.data(1, BLOCK))
        second.send(packets.data(1, BLOCK), seen_as)
        wait.until(lambda: gate.drops()["surplus_tid"], "the second TID is refused")
        client.send(packets.ack(1), behind.service.name)
        first.expect(packets.ack(1))
        behind.block(client, first, seen_as, 2)
        assert client.receive() is None and second.receive() is None


@pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["v4"])
def test_no_checksum(lab):
    """A datagram without a checksum stays one, with the new port in it."""
    with masquerading(lab) as (_, behind):
        client, tid = behind.client(), behind.tid()
        tid.socket.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        seen_as = behind.ask(client, "file")
        with lab.client.entered():
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        with wire:
            wire.bind(("eth0", ETH_P_ALL))
            wire.settimeout(5)
            behind.block(client, tid, seen_as, 1)
            frame = wire.recv(2048)
            while packets.data(1, BLOCK) not in frame:
                frame = wire.recv(2048)
        at = UDP_CHECKSUM
        assert frame[at:at + 2] == b"\0\0" and frame[at - 6:at - 4] == (69).to_bytes(2, "big")


@FAMILIES
def test_partial_checksums(lab):
    """Checksums that are left to the hardware all the way, which a veth does not fill in; and receive offload."""
    fresh_servers(lab)
    for namespace, link in ((lab.client, "eth0"), (lab.server, "eth0"), (lab.gate, "lan0"), (lab.gate, "wan0")):
        namespace.run("ethtool", "-K", link, "tx", "on", "gro", "on")
    stateful.router(lab.gate, nat=True)
    with guarding(lab.gate, "wan0", "--single-port", "--requests", "out") as gate:
        assert_all_pass(lab, gate)


def two_sides(lab, gate, *options):
    """`up` of lan0 and wan0 in one zone; what it says on standard error."""
    return gate.call("up", *lab.interfaces, "--hook", "tc", "--zone", "all", "--single-port", *options).stderr


@FAMILIES
def test_both_sides_in_one_zone_are_told(lab, gate, tmp_path):
    """`up` and `apply` say so on a router; not where nothing is forwarded, and not of zones of their own."""
    notice = "zone all: single-port translates nothing that passes between lan0 and wan0"
    assert notice in two_sides(lab, gate)
    file = tmp_path / "tidegate.conf"
    file.write_text('zone "all" {\n interfaces = {"lan0", "wan0"}\n hook = tc\n single-port = true\n}\n')
    assert notice in gate.call("apply", file).stderr
    lab.gate.sysctl({"net.ipv4.ip_forward": 0, "net.ipv6.conf.all.forwarding": 0})
    assert "single-port" not in gate.call("apply", file).stderr
    lab.gate.sysctl({"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})
    file.write_text('zone "in" {\n interfaces = "lan0"\n}\n'
                    'zone "out" {\n interfaces = "wan0"\n hook = tc\n single-port = true\n}\n')
    assert "single-port" not in gate.call("apply", file).stderr


@pytest.mark.parametrize("lab", [("bridge", 4)], indirect=True, ids=["v4"])
def test_both_ports_of_a_bridge_are_told(lab, gate):
    """Likewise of two ports of one bridge, though nothing is routed."""
    told = gate.up("--hook", "tc", "--single-port").stderr
    assert "zone boot: single-port translates nothing that passes between port0 and port1" in told
    assert gate.call("up", "port1", "--zone", "servers", "--hook", "tc", "--single-port").stderr.count("nothing") == 0
