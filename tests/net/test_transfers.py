# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients and real servers through tidegate: everything transfers, nothing of it is dropped, and every way is
closed as soon as its transfer is over."""

import pytest

import matrix
from lab import files, packets, wait
from lab.clients import CLIENTS
from lab.gate import SURPLUS
from lab.hand import HandTransfer
from lab.servers import SERVERS
from test_lifecycle import HOOKS

STORM = 60
MISSING_SECONDS = 2  # the shortest time-out of a client is longer


def transfer(site, client, server, get, source, label, served=None, **options):
    """One transfer that must succeed, leave equal files, and be shown as done. Returns its flows."""
    lab = site.topology
    if get:
        name = lab.payloads.serve(served or source, lab.directory, label)
        local = target = f"{lab.downloads}/{name}"
    else:
        name = lab.payloads.fresh_name(label)
        local, target = source, f"{lab.directory}/{name}"
    outcome = client.transfer(lab.client, site.family, lab.address(server.name), get, name, local, **options)
    assert files.same(source, target), f"{label} {'from' if get else 'to'} {server.name}: {outcome}"
    flows = site.gate.wait_for_transfer(name, {"done"}, site.zones)
    for flow in flows:
        assert flow["operation"] == ("read" if get else "write")
        assert flow["server"]["address"] == lab.address(server.name)
    return flows


def assert_nothing_dropped(site, before):
    """No packet of the transfers since `before` was dropped, but answers to duplicated requests."""
    dropped = site.gate.drops_since(before)
    assert set(dropped) <= SURPLUS, f"legitimate packets were dropped: {dropped}"


def directions(server):
    """Both directions of a transfer, as far as the server takes uploads."""
    return (True, False) if server.writes else (True,)


@matrix.combinations()
def test_files_of_all_sizes(site, client, server):
    """Downloads and uploads of 0 bytes to 1 MiB; afterwards unsolicited UDP and the old way are closed."""
    before = site.gate.drops()
    last = {}
    for get in directions(server):
        for size in files.SIZES:
            options = client.empty_file_options if get and size == 0 else {}
            source = site.topology.payloads.path(size)
            last[get] = transfer(site, client, server, get, source, str(size), **options)
    assert_nothing_dropped(site, before)
    for get, flows in last.items():
        assert_way_is_closed(site, get, flows[0])
    assert_unsolicited_is_dropped(site)


def assert_way_is_closed(site, get, flow):
    """After the end, the sender's old port can't deliver one more block."""
    lab = site.topology
    client = (flow["client"]["address"], flow["client"]["port"])
    server = (flow["server"]["address"], flow["server"]["port"])
    source, target = (server, client) if get else (client, server)
    sender, receiver = (lab.server, lab.client) if get else (lab.client, lab.server)
    late = packets.data(flow["block"] + 1, b"late")
    if get:
        with packets.Endpoint(receiver, *target) as endpoint:
            packets.assert_dropped(site.gate, sender, source, endpoint, late, reasons={"beyond_end"})
    else:  # the server may still hold its port, to repeat its last ACK
        before = site.gate.drops()
        packets.inject(sender, source, target, late)
        wait.until(lambda: site.gate.drops_since(before)["beyond_end"] == 1, "the late block is dropped")


def outside(site):
    """The (sender, receiver) pairs whose packets reach the gate from outside."""
    return {"server-host": [("client", "hand")],
            "client-host": [("hand", "client")]}.get(site.role, [("client", "hand"), ("hand", "client")])


def assert_unsolicited_is_dropped(site):
    """A datagram to an ephemeral port where somebody listens, in each direction that comes from outside; and guesses
    at both ends of a running transfer."""
    lab = site.topology
    for sender, receiver in outside(site):
        with packets.Endpoint(lab.side(receiver), lab.address(receiver)) as endpoint:
            packets.assert_dropped(site.gate, lab.side(sender), (lab.address(sender), 40001), endpoint)
    with HandTransfer(lab) as hand:
        hand.begin()
        block = packets.data(3, b"guessed")
        if site.role != "server-host":
            stranger = (lab.address("stranger"), hand.tid.name[1])
            packets.assert_dropped(site.gate, lab.server, stranger, hand.client, block)
            wrong_port = (hand.tid.name[0], hand.tid.name[1] ^ 1)
            packets.assert_dropped(site.gate, lab.server, wrong_port, hand.client, block,
                                   reasons={"surplus_tid", "no_credit"})
        if site.role != "client-host":
            acknowledgement = packets.ack(2)
            for source in ((lab.address("other-client"), hand.client.name[1]),
                           (hand.client.name[0], hand.client.name[1] ^ 1)):
                packets.assert_dropped(site.gate, lab.client, source, hand.tid, acknowledgement)
        hand.block(3, b"the end")


@matrix.combinations()
def test_missing_file(site, client, server):
    """The server's error reaches the client at once, and closes the way."""
    lab = site.topology
    before = site.gate.drops()
    name = lab.payloads.fresh_name("missing")
    outcome = client.transfer(lab.client, site.family, lab.address(server.name), True, name,
                              f"{lab.downloads}/{name}")
    assert outcome.seconds < MISSING_SECONDS, f"{outcome}: a time-out, not the server's error"
    assert client.reports_missing_file(outcome), outcome
    site.gate.wait_for_transfer(name, {"error"}, site.zones)
    assert_nothing_dropped(site, before)


@matrix.combinations(matrix.both_can("blksize"))
def test_blocks_above_the_mtu(site, client, server):
    """Blocks of 8192 bytes travel as IP fragments (dnsmasq grants no more than the MTU holds)."""
    before = site.gate.drops()
    source = site.topology.payloads.path(1 << 20)
    for get in directions(server):
        for flow in transfer(site, client, server, get, source, "8k", blksize=8192):
            assert flow["options"]["blksize"] == server.block_size(site.family, 8192)
    assert_nothing_dropped(site, before)


@matrix.combinations(matrix.both_can("windowsize"))
def test_windows(site, client, server):
    """Eight blocks are under way for each ACK (RFC 7440), also together with fragments."""
    before = site.gate.drops()
    source = site.topology.payloads.path(1 << 20)
    for get in directions(server):
        for flow in transfer(site, client, server, get, source, "win", windowsize=8):
            assert flow["options"]["windowsize"] == 8
        for flow in transfer(site, client, server, get, source, "winfrag", windowsize=8, blksize=4096):
            assert flow["options"]["windowsize"] == 8 and flow["options"]["blksize"] == 4096
    assert_nothing_dropped(site, before)


@matrix.combinations(matrix.both_can("netascii"))
def test_netascii(site, client, server):
    """A text changes its length on the wire, and arrives as it was."""
    before = site.gate.drops()
    lab = site.topology
    text = lab.payloads.text()
    for get in directions(server):
        # curl stores what came over the wire.
        expected = lab.payloads.text_on_the_wire() if get and client.keeps_netascii else text
        for flow in transfer(site, client, server, get, expected, "text", served=text, netascii=True):
            assert flow["mode"] == "netascii"
    assert_nothing_dropped(site, before)


@matrix.combinations(matrix.both_can("timeout"))
def test_timeout_and_tsize(site, client, server):
    """The options that change nothing on the wire but the OACK."""
    before = site.gate.drops()
    size = 70000
    for get in directions(server):
        flows = transfer(site, client, server, get, site.topology.payloads.path(size), "opt", timeout=3, tsize=0)
        for flow in flows:
            assert flow["options"]["timeout"] == 3
            assert not get or flow["options"]["tsize"] == size
    assert_nothing_dropped(site, before)


WRAPPING_BYTES = (32 << 20) + 1  # 65537 blocks of 512 bytes


@matrix.combinations(chosen=[site for site in matrix.SITES if site in {
    ("router", "xdp", 4), ("server-host", "tc", 6), ("client-host", "generic", 4)}])
def test_block_numbers_wrap(site, client, server):
    """More than 65535 blocks: the block number starts again."""
    before = site.gate.drops()
    lab = site.topology
    source = lab.payloads.path(WRAPPING_BYTES)
    for flow in transfer(site, client, server, True, source, "wrap"):
        assert flow["bytes"] == WRAPPING_BYTES
    assert_nothing_dropped(site, before)


@HOOKS
@pytest.mark.parametrize("lab", [("bridge", 4), ("router", 6)], indirect=True, ids=["bridge-v4", "router-v6"])
def test_many_transfers_at_the_same_time(lab, gate, hook):
    """A boot storm in small: each client has its port, and the server answers from as many."""
    client, server = CLIENTS["busybox"], SERVERS["tftpd-hpa"]
    lab.start_servers({server.name})
    gate.up("--hook", hook)
    source = lab.payloads.path(5000)
    running = {}
    for _ in range(STORM):
        name = lab.payloads.serve(source, lab.directory, "storm")
        running[name] = client.start(lab.client, lab.family, lab.address(server.name), True, name,
                                     f"{lab.downloads}/{name}")
    for name, process in running.items():
        outcome = client.finish(process)
        assert files.same(source, f"{lab.downloads}/{name}"), f"{name}: {outcome}"
    assert set(gate.drops()) <= SURPLUS
