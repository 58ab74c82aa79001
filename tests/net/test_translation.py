# SPDX-License-Identifier: GPL-2.0-or-later
"""Single-port translation: stateful firewalls and NAT that know nothing of TFTP see one flow to port 69."""

import contextlib
import errno
import socket

import pytest

from lab import files, netns, packets, stateful, wait
from lab.clients import CLIENTS
from lab.gate import SURPLUS, Gate
from lab.packets import Endpoint

PATIENCE_S = 1.5  # of a client that is to fail
SIZE = 100000
HPA, ATFTP, CURL = CLIENTS["tftp-hpa"], CLIENTS["atftp"], CLIENTS["curl"]

FAMILIES = pytest.mark.parametrize("lab", [("router", 4), ("router", 6)], indirect=True, ids=["v4", "v6"])
HOSTS = pytest.mark.parametrize("lab", [("client-host", 4), ("client-host", 6)], indirect=True, ids=["v4", "v6"])


@contextlib.contextmanager
def guarding(namespace, interface, *options):
    """tidegate on one interface, by TC."""
    gate = Gate(namespace, [interface], "single", ["--hook", "tc", *options])
    try:
        gate.up()
        yield gate
    finally:
        gate.close()


def fresh_servers(lab):
    """Servers that repeat nothing of what an earlier transfer has left unanswered."""
    for server, process in lab.servers.items():
        netns.kill_family(process)
        wait.until(lambda where=lab.address(server.name): not lab.server.udp_port_bound(where, 69),
                   f"{server.name} is gone")
    lab.servers.clear()
    lab.start_servers({"tftpd-hpa", "atftpd"})


def fetch(lab, client, server, **options):
    """One download; true if the file came as it is."""
    source = lab.payloads.path(SIZE)
    name = lab.payloads.serve(source, lab.directory, client.name)
    client.transfer(lab.client, lab.family, lab.address(server), True, name, f"{lab.downloads}/{name}", **options)
    return files.same(source, f"{lab.downloads}/{name}")


def store(lab, client, server, **options):
    """One upload; true if the file arrived as it is."""
    source = lab.payloads.path(SIZE)
    name = lab.payloads.fresh_name(client.name)
    client.transfer(lab.client, lab.family, lab.address(server), False, name, source, **options)
    return files.same(source, f"{lab.directory}/{name}")


def assert_all_pass(lab, gate):
    """Downloads and uploads, block by block, in windows and in fragments; nothing of them is dropped."""
    assert fetch(lab, HPA, "tftpd-hpa")
    assert store(lab, HPA, "tftpd-hpa")
    assert fetch(lab, ATFTP, "atftpd", windowsize=8)
    assert store(lab, ATFTP, "atftpd", windowsize=8)
    assert fetch(lab, ATFTP, "atftpd", windowsize=4, blksize=4096)
    assert store(lab, ATFTP, "tftpd-hpa", blksize=4096)
    assert set(gate.drops()) <= SURPLUS


@FAMILIES
def test_nat_router(lab):
    """A router that denies by default and masquerades, without a helper: with the option all passes, else nothing."""
    fresh_servers(lab)
    stateful.router(lab.gate, nat=True)
    with guarding(lab.gate, "wan0"):
        assert not fetch(lab, CURL, "tftpd-hpa", patience=PATIENCE_S)
        assert not store(lab, CURL, "tftpd-hpa", patience=PATIENCE_S)
    fresh_servers(lab)
    with guarding(lab.gate, "wan0", "--single-port", "--requests", "out") as gate:
        assert_all_pass(lab, gate)


@FAMILIES
def test_nat_router_with_both_sides_guarded(lab):
    """The zone behind the NAT sees a server that has one port."""
    fresh_servers(lab)
    stateful.router(lab.gate, nat=True)
    with guarding(lab.gate, "wan0", "--single-port") as gate:
        gate.call("up", "lan0")
        assert_all_pass(lab, gate)


@FAMILIES
def test_server_behind_a_foreign_firewall(lab):
    """tidegate is on the server alone; the firewall on the way lets answers from port 69 pass."""
    fresh_servers(lab)
    stateful.router(lab.gate, nat=False)
    with guarding(lab.server, "eth0"):
        assert not fetch(lab, CURL, "tftpd-hpa", patience=PATIENCE_S)
    fresh_servers(lab)
    with guarding(lab.server, "eth0", "--single-port", "--requests", "in") as gate:
        assert_all_pass(lab, gate)


@HOSTS
def test_client_with_a_stateful_firewall(lab):
    """Also with checksums that the sender has left to the hardware, which a veth does not fill in."""
    fresh_servers(lab)
    stateful.host(lab.client)
    with guarding(lab.client, "eth0"):
        assert not fetch(lab, CURL, "tftpd-hpa", patience=PATIENCE_S)
    fresh_servers(lab)
    with guarding(lab.client, "eth0", "--single-port") as gate:
        assert_all_pass(lab, gate)
        for namespace in (lab.client, lab.server):
            namespace.run("ethtool", "-K", "eth0", "tx", "on")
        assert_all_pass(lab, gate)


class Hand:
    """A read by hand from behind a NAT, up to the first ACK."""

    def __init__(self, lab):
        self.stack = contextlib.ExitStack()
        server = lab.address("hand")
        service = self.stack.enter_context(Endpoint(lab.server, server, 69))
        with lab.client.entered():
            self.client = self.stack.enter_context(socket.socket(packets.family_of(server), socket.SOCK_DGRAM))
        with lab.server.entered():
            self.tid = self.stack.enter_context(socket.socket(packets.family_of(server), socket.SOCK_DGRAM))
        self.client.connect((server, 69))
        self.tid.bind((server, 0))
        for end in (self.client, self.tid):
            end.settimeout(5)
        self.client.send(packets.request(packets.RRQ, "hand"))
        service.socket.setblocking(True)
        service.socket.settimeout(5)
        _, seen_as = service.socket.recvfrom(600)
        self.tid.connect(seen_as[:2])
        self.tid.send(packets.data(1, bytes(512)))
        # Connected: what did not come from port 69 would not arrive.
        assert self.client.recv(600) == packets.data(1, bytes(512))
        self.client.send(packets.ack(1))
        assert self.tid.recv(600) == packets.ack(1)

    def close(self):
        """Close all sockets."""
        self.stack.close()


def says_refused(end, payload):
    """Does the socket learn by ICMP that nobody listens at the other end any more?"""
    def refused():
        try:
            end.send(payload)
            end.recv(600)
        except OSError as error:
            return error.errno == errno.ECONNREFUSED
        return False

    end.settimeout(0.2)
    wait.until(refused, "the connection is refused")


@FAMILIES
def test_icmp_errors_go_back(lab):
    """Through translation and NAT, in both directions, each end learns that the other one is gone."""
    stateful.router(lab.gate, nat=True)
    with guarding(lab.gate, "wan0", "--single-port"):
        hand = Hand(lab)
        try:
            hand.tid.close()
            says_refused(hand.client, packets.ack(1))
        finally:
            hand.close()
        hand = Hand(lab)
        try:
            hand.client.close()
            says_refused(hand.tid, packets.data(2, bytes(512)))
        finally:
            hand.close()


def test_xdp_is_refused(lab, gate):
    """It runs before there is a packet to write to that netfilter would see."""
    for options in ([], ["--hook", "xdp"], ["--hook", "generic"]):
        done = gate.up("--single-port", *options, check=False)
        assert done.returncode == 2 and "--single-port: " in done.stderr and "hook tc" in done.stderr
