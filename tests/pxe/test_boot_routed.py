# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine boots from its network ROM through a firewall that allows port 69 and what answers from there, with single-port
translation, and does not without."""

import dataclasses
import functools

import pytest

import loaders
import routed
from lab.gate import SURPLUS


@dataclasses.dataclass(frozen=True)
class Place:
    """Where tidegate stands, and whether the router masquerades."""

    namespace: str
    interfaces: tuple
    options: tuple
    nat: bool


# The router is ours, and the machine is behind its NAT …
NAT_ROUTER = Place("bridge", ("wan0",), ("--hook", "tc", "--requests", "out"), True)
# … or it is somebody else's, and the server alone is ours.
SERVER_HOST = Place("server", ("eth0",), ("--hook", "tc", "--requests", "in"), False)
PLACES = pytest.mark.parametrize("network, place", [(functools.partial(routed.RoutedNetwork, loaders.Pxelinux(), place.nat), place)
                                                     for place in (NAT_ROUTER, SERVER_HOST)],
                                 ids=["nat", "foreign"], indirect=["network"])


@PLACES
def test_boot(network, guard, place):
    """All files arrive, the errors of the search included, and each packet of the server's is translated."""
    gate = guard(place, "--single-port")
    with network.boot() as boot:
        boot.until_shown(loaders.MARKER)
    wanted = network.loader.asks(routed.netboot.UUID, routed.netboot.HARDWARE_ADDRESS, routed.MACHINE)
    assert [entry for entry in network.served() if entry in wanted] == wanted, network.server_log()
    passed, dropped = gate.counts("pass"), gate.drops()
    assert passed["data"] >= sum(network.size(name) // 1500 for name, there in network.served() if there), passed
    assert not set(dropped) - SURPLUS, dropped
    ports = {datagram.source_port for datagram in network.witness.datagrams() if datagram.source == routed.SERVER}
    assert ports == {69}, "OACKs and ERRORs come from the port that was asked"


@PLACES
def test_no_boot_without_translation(network, guard, place):
    """tidegate admits the answers, and the firewall lets none through."""
    gate = guard(place)
    with network.boot() as boot:
        boot.until_shown("Connection timed out", may_give_up=True)
        assert loaders.MARKER not in boot.text
    assert gate.counts("pass")["first_reply"]
    assert not [datagram for datagram in network.witness.datagrams() if datagram.source == routed.SERVER]
