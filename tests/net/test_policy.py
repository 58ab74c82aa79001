# SPDX-License-Identifier: GPL-2.0-or-later
"""Modes and rules for requests: monitor, direction, broadcast, server groups, ports, slack."""

import pytest

from lab import packets, wait
from lab.hand import HandTransfer
from lab.packets import Endpoint, assert_arrives, assert_dropped
from test_lifecycle import HOOKS

FAMILIES = pytest.mark.parametrize("lab", [("server-host", 4), ("server-host", 6)], indirect=True, ids=["v4", "v6"])


@HOOKS
@FAMILIES
def test_monitor_passes_and_counts(lab, gate, hook):
    """What enforcement would have dropped arrives, and is counted under its reason."""
    gate.up("--hook", hook, "--monitor")
    with HandTransfer(lab) as hand:
        hand.begin()
        assert not gate.drops()
        assert_arrives(lab.client, (lab.address("other-client"), 40001), hand.tid)
        hand.client.send(packets.ack(9), hand.tid.name)
        hand.tid.expect(packets.ack(9))
        assert gate.drops() == {"unsolicited": 1, "ack_ahead": 1}
        gate.up("--hook", hook, "--force")
        assert_dropped(gate, lab.client, (lab.address("other-client"), 40001), hand.tid)


@pytest.mark.parametrize("lab, direction, admitted", [
    pytest.param((role, 4), direction, admitted, id=f"{role}-{direction}") for role, direction, admitted in (
        ("server-host", "in", True), ("server-host", "out", False), ("server-host", "both", True),
        ("client-host", "in", False), ("client-host", "out", True), ("client-host", "both", True))],
    indirect=["lab"])
@HOOKS
def test_direction_of_requests(lab, gate, direction, admitted, hook):
    """--requests in is for server hosts, out for client hosts."""
    gate.up("--hook", hook, "--requests", direction)
    with HandTransfer(lab) as hand:
        if admitted:
            hand.begin()
        else:
            assert_dropped(gate, lab.client, hand.client.name, hand.service, hand.request, {"request_direction"})


@HOOKS
@pytest.mark.parametrize("destination", ["255.255.255.255", "10.71.1.255"])
def test_broadcast_requests(lab, gate, hook, destination):
    """Refused by default; with --broadcast the server that answers becomes the peer."""
    gate.up("--hook", hook)
    with HandTransfer(lab, service_address="0.0.0.0") as hand:
        def ask():
            hand.client.send(hand.request, (destination, 69))

        before = gate.drops()
        ask()
        wait.until(lambda: gate.drops_since(before) == {"request_broadcast": 1}, "the request is dropped")
        assert hand.service.receive() is None
        gate.up("--hook", hook, "--broadcast")
        ask()
        hand.service.expect(hand.request)
        hand.block(1)
        hand.block(2, b"the end")
        gate.wait_for_transfer(hand.file, {"done"})


@HOOKS
@FAMILIES
def test_server_group(lab, gate, hook):
    """Another address answers: refused, unless both belong to one group."""
    gate.up("--hook", hook)
    with HandTransfer(lab) as hand, Endpoint(lab.server, lab.address("other-hand")) as answering:
        hand.ask()
        # The answer itself would leave as other outgoing UDP; what comes from outside is its ACK.
        assert_dropped(gate, lab.client, hand.client.name, answering, packets.ack(1))
        gate.up("--hook", hook, "--server-group", f"{hand.service.name[0]},{answering.name[0]}")
        hand.ask()
        answering.send(packets.data(1, b"x" * 512), hand.client.name)
        hand.client.expect(packets.data(1, b"x" * 512))
        hand.client.send(packets.ack(1), answering.name)
        answering.expect(packets.ack(1))
        assert gate.wait_for_transfer(hand.file, {"active"})


@pytest.mark.parametrize("lab", [("client-host", 4), ("client-host", 6)], indirect=True, ids=["v4", "v6"])
def test_server_group_seen_from_the_client(lab, gate):
    """On the client's side the unexpected address itself is refused, and admitted within a group."""
    gate.up()
    with HandTransfer(lab) as hand, Endpoint(lab.server, lab.address("other-hand")) as answering:
        hand.ask()
        assert_dropped(gate, lab.server, answering.name, hand.client, packets.data(1, b"x" * 512))
        gate.up("--server-group", f"{lab.address('hand')},{lab.address('other-hand')}")
        hand.ask()
        assert_arrives(lab.server, answering.name, hand.client, packets.data(1, b"x" * 512))


@FAMILIES
def test_other_tftp_ports(lab, gate):
    """--tftp-port replaces the port on which requests are recognised."""
    gate.up("--tftp-port", "6969,70")
    own = lab.address("hand")
    with Endpoint(lab.server, own, 6969) as service, Endpoint(lab.server, own, 69) as old:
        request = packets.request(packets.RRQ, "some-file")
        source = (lab.address("client"), 40001)
        assert_arrives(lab.client, source, service, request)
        assert_dropped(gate, lab.client, source, old, request)


@pytest.mark.parametrize("lab", [("client-host", 4)], indirect=True)
def test_slack(lab, gate):
    """A server that sends ahead without having agreed on a window: --slack blocks are admitted, no more."""
    for slack in (2, 8, 64):
        gate.up("--slack", str(slack))
        with HandTransfer(lab) as hand:
            hand.begin()
            for ahead in range(1, slack + 1):
                hand.tid.send(packets.data(2 + ahead, b"x" * 512), hand.client.name)
                hand.client.expect(packets.data(2 + ahead, b"x" * 512))
            assert_dropped(gate, lab.server, hand.tid.name, hand.client, packets.data(3 + slack, b"x" * 512),
                           {"block_window"})


@pytest.mark.parametrize("lab", [("server-host", 4)], indirect=True)
@pytest.mark.parametrize("payload, reason", [
    (b"\0\1", "request_length"), (packets.request(packets.RRQ, "", "netascii"), "request_name"),
    (packets.request(packets.RRQ, "file", "mail"), "request_mail"),
    (packets.request(packets.RRQ, "file", "image"), "request_mode"),
    (packets.request(packets.RRQ, "f" * 600), "request_length"), (packets.data(1, b"data"), "not_a_request"),
    (b"\0\7" + b"f\0octet\0", "not_a_request")])
def test_malformed_requests(lab, gate, payload, reason):
    """Each way in which a request can be wrong has its name."""
    gate.up()
    with Endpoint(lab.server, lab.address("hand"), 69) as service:
        assert_dropped(gate, lab.client, (lab.address("client"), 40001), service, payload, {reason})
    assert reason in gate.call("explain", reason).stdout
