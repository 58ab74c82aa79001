# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP that is not TFTP: services, tracked exchanges, and the listeners that `up` must not cut off unasked."""

import socket

import pytest

from lab import attachments
from lab.packets import Endpoint, assert_arrives, assert_dropped
from test_lifecycle import HOOKS, assert_nothing_left

DEFAULT_SERVICES = (67, 68, 546, 547, 4011)
BOTH_FAMILIES = pytest.mark.parametrize("lab", [("server-host", 4), ("server-host", 6)], indirect=True,
                                        ids=["v4", "v6"])


def outsider(lab, port=40001):
    """An (address, port) beyond the gate."""
    return (lab.address("client"), port)


@HOOKS
@BOTH_FAMILIES
def test_dhcp_is_reachable_by_default(lab, gate, hook):
    """DHCPv4, DHCPv6 and proxyDHCP ports; the port beside them is not."""
    gate.up("--hook", hook)
    for port in DEFAULT_SERVICES:
        with Endpoint(lab.gate, lab.address("hand"), port) as service:
            assert_arrives(lab.client, outsider(lab), service)
    with Endpoint(lab.gate, lab.address("hand"), 66) as neighbour:
        assert_dropped(gate, lab.client, outsider(lab), neighbour)
    assert gate.counts()["service"] == len(DEFAULT_SERVICES)


@HOOKS
@BOTH_FAMILIES
def test_outgoing_udp_gets_its_exact_reply(lab, gate, hook):
    """The peer that was asked may answer; another port, another address and another port here may not."""
    gate.up("--hook", hook)
    with Endpoint(lab.gate, lab.address("hand")) as own, Endpoint(lab.gate, lab.address("hand")) as other, \
            Endpoint(lab.client, lab.address("client")) as peer:
        own.send(b"question", peer.name)
        assert peer.expect(b"question")[1] == own.name
        address, port = peer.name
        assert_arrives(lab.client, peer.name, own)
        assert_dropped(gate, lab.client, (address, port ^ 1), own)
        assert_dropped(gate, lab.client, (lab.address("other-client"), port), own)
        assert_dropped(gate, lab.client, peer.name, other)
        assert_arrives(lab.client, peer.name, own)
        flows = gate.json("flows")["udp_flows"]
        assert len(flows) == 1


def test_outgoing_udp_without_tracking(lab, gate):
    """--no-track-udp: it leaves, and nothing comes back."""
    gate.up("--no-track-udp")
    with Endpoint(lab.gate, lab.address("hand")) as own, Endpoint(lab.client, lab.address("client")) as peer:
        own.send(b"question", peer.name)
        peer.expect(b"question")
        assert_dropped(gate, lab.client, peer.name, own)
        assert not gate.json("flows")["udp_flows"]


@pytest.mark.parametrize("lab", [("router", 4), ("router", 6)], indirect=True, ids=["v4", "v6"])
def test_forwarded_udp_is_not_admitted_by_itself(lab, gate):
    """A router with a zone for each side: neither side may start, so there is nothing to reply to."""
    gate.up()
    for sender, receiver in (("client", "hand"), ("hand", "client")):
        with Endpoint(lab.side(receiver), lab.address(receiver)) as endpoint:
            assert_dropped(gate, lab.side(sender), (lab.address(sender), 40001), endpoint)


@pytest.mark.parametrize("lab", [("router", 4), ("router", 6)], indirect=True, ids=["v4", "v6"])
def test_one_guarded_side_of_a_router(lab, gate):
    """Only the outer interface is guarded: what goes out is tracked, and gets its exact reply."""
    gate.call("up", "wan0")
    with Endpoint(lab.client, lab.address("client")) as inner, Endpoint(lab.server, lab.address("hand")) as outer:
        assert_dropped(gate, lab.server, outer.name, inner)
        inner.send(b"question", outer.name)
        assert outer.expect(b"question")[1] == inner.name
        assert_arrives(lab.server, outer.name, inner)
        assert_dropped(gate, lab.server, (outer.name[0], outer.name[1] ^ 1), inner)


def test_unmatched_pass(lab, gate):
    """--unmatched pass lets in what belongs to nothing."""
    gate.up("--unmatched", "pass")
    with Endpoint(lab.gate, lab.address("hand")) as endpoint:
        assert_arrives(lab.client, outsider(lab), endpoint)
    assert gate.counts()["unmatched"] == 1 and not gate.drops()


@BOTH_FAMILIES
def test_listener_that_would_be_cut_off(lab, gate):
    """`up` names it and refuses; --allow-udp keeps it reachable; --force and --monitor go up all the same."""
    own = lab.address("hand")
    with Endpoint(lab.gate, own, 5353) as service, Endpoint(lab.gate, own, 161) as other:
        refused = gate.up(check=False)
        assert refused.returncode == 1
        assert "5353" in refused.stderr and "161" in refused.stderr, refused.stderr
        assert "--allow-udp" in refused.stderr and "--force" in refused.stderr, refused.stderr
        assert_nothing_left(gate)
        refused = gate.up("--allow-udp", "5353", check=False)
        assert refused.returncode == 1 and "161" in refused.stderr, refused.stderr
        assert_nothing_left(gate)
        gate.up("--allow-udp", "161,5353")
        assert_arrives(lab.client, outsider(lab), service)
        assert_arrives(lab.client, outsider(lab), other)
        gate.down()
        gate.up("--force")
        assert_dropped(gate, lab.client, outsider(lab), service)
        gate.down()
        gate.up("--monitor")
        assert_arrives(lab.client, outsider(lab), service)


@pytest.mark.parametrize("options", [["--unmatched", "pass"], ["--tftp-port", "69,5353"]], ids=" ".join)
def test_listener_that_stays_reachable(lab, gate, options):
    """Where the listener is not cut off, there is nothing to refuse."""
    with Endpoint(lab.gate, lab.address("hand"), 5353):
        gate.up(*options)


def test_listener_on_another_address_or_loopback(lab, gate):
    """A listener that only this host itself can reach is not cut off by guarding eth0."""
    with Endpoint(lab.gate, "127.0.0.1", 5353):
        gate.up()
        assert attachments.on_interface(lab.gate, "eth0")


def test_tftp_server_is_no_obstacle(lab, gate):
    """Real servers listen on the TFTP port, which is reachable for requests."""
    lab.start_servers()
    gate.up()


def test_not_udp_passes(lab, gate):
    """TCP and ICMP are not filtered, and not counted."""
    gate.up()
    before = gate.counts()
    with lab.gate.entered():
        listener = socket.create_server((lab.address("hand"), 7000))
    with lab.client.entered():
        caller = socket.create_connection((lab.address("hand"), 7000), timeout=2)
    with listener, caller, listener.accept()[0] as accepted:
        caller.sendall(b"over tcp")
        accepted.settimeout(2)
        assert accepted.recv(100) == b"over tcp"
    lab.client.run("busybox", "ping", "-c", "1", "-W", "2", lab.address("hand"))
    assert gate.counts() == before
