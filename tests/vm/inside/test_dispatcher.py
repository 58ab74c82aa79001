# SPDX-License-Identifier: GPL-2.0-or-later
"""Two XDP programs on one interface through libxdp's dispatcher: tidegate and xdp-filter, in both orders."""

import os
import re

import pytest

import peers
from lab import attachments, packets, wait
from lab import gate as gates

FILTERED_PORT = 7777
STREAM_PORT = 7778
STREAM_LEAST = 1000
# Before programs that do not care (50); README.
PRIORITY = 10
EMPTY_PROGRAM = os.path.join(gates.ROOT, os.environ.get("BUILD", "build"), "tests/kernel/empty.bpf.o")
FILTER_PINS = "/sys/fs/bpf/xdp-filter"
ORDERS = pytest.mark.parametrize("order", [("xdp-filter", "tidegate"), ("tidegate", "xdp-filter")],
                                 ids=["xdp-filter-first", "tidegate-first"])


class XdpFilter:
    """xdp-filter of xdp-tools on the gate's eth0: it drops UDP to FILTERED_PORT and passes the rest."""

    def __init__(self, namespace):
        self.namespace = namespace

    def load(self):
        """Attach it, and give it its rule."""
        self._call("load", "--mode", "native", "--policy", "allow", "--features", "udp", "eth0")
        self._call("port", FILTERED_PORT, "--mode", "dst", "--proto", "udp")

    def unload(self):
        """Take it off."""
        self._call("unload", "eth0")

    def close(self):
        """Whatever happened, it is off."""
        if os.path.exists(FILTER_PINS):
            self._call("unload", "--all", check=False)

    def hits(self):
        """Packets that it dropped by its rule."""
        # It ends with an error after it has listed everything.
        listed = self._call("status", check=False).stdout
        return int(re.search(rf"^\s+{FILTERED_PORT}\s+dst,udp\s+(\d+)", listed, re.MULTILINE)[1])

    def _call(self, *words, check=True):
        return self.namespace.run("xdp-filter", *words, check=check)


@pytest.fixture
def xdp_filter(lab):
    """xdp-filter, not loaded yet, and unloaded afterwards."""
    made = XdpFilter(lab.gate)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def both(lab, gate, xdp_filter, order):
    """Both programs attached in the given order, and a server to transfer with."""
    return attach_both(lab, gate, xdp_filter, order)


def attach_both(lab, gate, xdp_filter, order, port=FILTERED_PORT):
    """Attach both in this order, start a server; the programs. tidegate lets the port through."""
    lab.start_servers({peers.SERVER.name})
    attach = {"xdp-filter": xdp_filter.load, "tidegate": lambda: gate.up("--allow-udp", port)}
    for name in order:
        attach[name]()
    return programs(lab)


def programs(lab):
    """The programs that the dispatcher runs on eth0, in their order: [(priority, name)], as xdp-loader lists them."""
    listed = lab.gate.run("xdp-loader", "status", "eth0").stdout
    return [(int(priority), name) for priority, name in re.findall(r"=>\s+(\d+)\s+(\S+)", listed)]


def count(listed, name):
    """How many of the listed programs have a name that begins so; xdp-filter's are called xdpfilt_…"""
    return sum(program.startswith(name) for _, program in listed)


def assert_both_run(listed):
    """One program of each, and tidegate's has its priority."""
    assert (count(listed, "tidegate_xdp"), count(listed, "xdpfilt"), len(listed)) == (1, 1, 2), listed
    assert (PRIORITY, "tidegate_xdp") in listed, listed


def send_to_filtered_port(lab, endpoint):
    """A datagram that tidegate lets through (--allow-udp) and that xdp-filter is to drop."""
    packets.inject(lab.client, (lab.address("client"), 40001), endpoint.name, b"to the filtered port")


def assert_xdp_filter_drops(lab, xdp_filter):
    """xdp-filter drops the datagram: it counts it, so it can't arrive later."""
    with packets.Endpoint(lab.server, lab.address("hand"), FILTERED_PORT) as endpoint:
        before = xdp_filter.hits()
        send_to_filtered_port(lab, endpoint)
        wait.until(lambda: xdp_filter.hits() == before + 1, "xdp-filter counts the datagram")
        assert endpoint.receive() is None


def assert_filtered_port_is_reached(lab):
    """Without xdp-filter the same datagram arrives."""
    with packets.Endpoint(lab.server, lab.address("hand"), FILTERED_PORT) as endpoint:
        send_to_filtered_port(lab, endpoint)
        endpoint.expect(b"to the filtered port")


@ORDERS
def test_each_leaves_and_the_other_stays(lab, gate, xdp_filter, both):
    """Both filter; under a transfer tidegate is swapped, and the other goes and comes; at last tidegate goes."""
    assert_both_run(both)
    with peers.running_transfer(lab, gate, get=True):
        gate.up("--allow-udp", FILTERED_PORT)
        assert_both_run(programs(lab))
        assert_xdp_filter_drops(lab, xdp_filter)
        xdp_filter.unload()
        assert_filtered_port_is_reached(lab)
        peers.assert_unsolicited_is_dropped(lab, gate)
        xdp_filter.load()
        assert_both_run(programs(lab))
    assert set(gate.drops()) == {"unsolicited"}, gate.drops()
    [entry] = gate.status()["interfaces"]
    assert (entry["ingress"], entry["xdp_mode"]) == ("attached", "native")
    gate.down()
    assert not os.path.exists(gate.bpffs)
    assert count(programs(lab), "xdpfilt") == len(programs(lab)) == 1
    assert_xdp_filter_drops(lab, xdp_filter)
    peers.assert_unsolicited_arrives(lab)
    xdp_filter.unload()
    assert not attachments.places(lab.gate, "eth0")


def test_failed_swap_is_undone(lab, gate, xdp_filter):
    """A swap that fails at another interface puts the old program back at its place beside the other."""
    attach_both(lab, gate, xdp_filter, ("xdp-filter", "tidegate"))
    before = programs(lab)
    lab.gate.ip("link add taken type veth peer name other", "link set taken up", "link set other up",
                f"link set taken xdpgeneric object {EMPTY_PROGRAM} section xdp")
    with peers.running_transfer(lab, gate, get=True):
        refused = gate.call("up", "eth0", "taken", "--allow-udp", FILTERED_PORT, check=False)
        assert refused.returncode == 1 and "taken: another XDP program" in refused.stderr, refused.stderr
        assert_both_run(programs(lab))
        assert sorted(programs(lab)) == sorted(before)
        assert_xdp_filter_drops(lab, xdp_filter)
    assert not gate.drops(), f"dropped: {gate.drops()}"
    peers.assert_unsolicited_is_dropped(lab, gate)


def test_swap_loses_nothing(lab, gate, xdp_filter):
    """While the programs are swapped, and for a moment both judge, every datagram of a stream arrives."""
    attach_both(lab, gate, xdp_filter, ("xdp-filter", "tidegate"), STREAM_PORT)
    sent = received = 0
    with packets.Endpoint(lab.client, lab.address("client")) as sender, \
            packets.Endpoint(lab.server, lab.address("hand"), STREAM_PORT) as receiver, \
            lab.gate.popen(*gate.argv(*gate.up_arguments("--allow-udp", STREAM_PORT))) as swap:
        while swap.poll() is None:
            sender.send(b"%d" % sent, receiver.name)
            sent += 1
            while receiver.receive():
                received += 1
        while received < sent:
            receiver.expect()
            received += 1
    assert swap.returncode == 0
    assert sent > STREAM_LEAST, "too few to prove anything"
    assert not gate.drops(), f"dropped: {gate.drops()}"
