# SPDX-License-Identifier: GPL-2.0-or-later
"""Two XDP programs on one interface through libxdp's dispatcher: tidegate and xdp-filter, in both orders."""

import os
import re

import pytest

import peers
from lab import attachments, packets, wait

FILTERED_PORT = 7777
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
    lab.start_servers({peers.SERVER.name})
    attach = {"xdp-filter": xdp_filter.load, "tidegate": lambda: gate.up("--allow-udp", FILTERED_PORT)}
    for name in order:
        attach[name]()
    return names(lab)


def names(lab):
    """The programs that the dispatcher runs on eth0, as xdp-loader lists them."""
    listed = lab.gate.run("xdp-loader", "status", "eth0").stdout
    return sorted(re.findall(r"=>\s+\d+\s+(\S+)", listed))


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
def test_tidegate_leaves(lab, gate, xdp_filter, both):
    """Both filter; tidegate is swapped under a transfer; when it goes, the other stays."""
    assert [name for name in both if name.startswith("tidegate")] and [name for name in both if "xdpfilt" in name], both
    with peers.running_transfer(lab, gate, get=True):
        gate.up("--allow-udp", FILTERED_PORT)
        assert names(lab) == both
        assert_xdp_filter_drops(lab, xdp_filter)
    assert not gate.drops(), f"dropped: {gate.drops()}"
    peers.assert_unsolicited_is_dropped(lab, gate)
    gate.down()
    assert not os.path.exists(gate.bpffs)
    assert [name for name in names(lab) if "xdpfilt" in name] == names(lab) != []
    assert_xdp_filter_drops(lab, xdp_filter)
    peers.assert_unsolicited_arrives(lab)
    xdp_filter.unload()
    assert not attachments.places(lab.gate, "eth0")


@ORDERS
def test_the_other_leaves(lab, gate, xdp_filter, both):
    """The other program is taken off and put on again under a transfer of tidegate's."""
    assert len(both) == 2, both
    with peers.running_transfer(lab, gate, get=False):
        xdp_filter.unload()
        assert_filtered_port_is_reached(lab)
        peers.assert_unsolicited_is_dropped(lab, gate)
        xdp_filter.load()
        assert_xdp_filter_drops(lab, xdp_filter)
    assert set(gate.drops()) == {"unsolicited"}, gate.drops()
    [entry] = gate.status()["interfaces"]
    assert (entry["ingress"], entry["xdp_mode"]) == ("attached", "native")
    xdp_filter.unload()
    peers.assert_unsolicited_is_dropped(lab, gate)
    gate.down()
    assert not attachments.places(lab.gate, "eth0")
