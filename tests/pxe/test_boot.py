# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine boots from its network ROM through tidegate, and does not where TFTP requests are not admitted."""

import time

import pytest

import netboot
from lab import packets, wait
from lab.gate import SURPLUS, Gate

BOOT_SECONDS = 110
# What pxelinux asks for before it finds `default`: its hardware address, then its address in ever fewer hex digits.
SEARCHED = ["pxelinux.cfg/01-52-54-00-74-67-01", *[f"pxelinux.cfg/{'0A480032'[:digits]}" for digits in range(8, 0, -1)]]
LOADED = ["pxelinux.0", "ldlinux.c32", "pxelinux.cfg/default", "vmlinuz", "initrd"]
GIVES_UP = r"Connection timed out|No more network devices|Boot failed|Kernel panic"
# The machine's DHCP discovery and request come from outside; iPXE may repeat the discovery.
DHCP_PACKETS = 2


@pytest.fixture
def network():
    """The boot network with its server running."""
    made = netboot.BootNetwork()
    try:
        made.start_server()
        yield made
    finally:
        made.delete()


@pytest.fixture
def guard(network):
    """guard(place, options…): tidegate is up on the server's interface or on all ports of the bridge."""
    gates = []

    def up(place, *options):
        if place == "server":
            gate = Gate(network.server, ["eth0"], "pxe")
        else:
            gate = Gate(network.bridge, netboot.PORTS, "pxe", ["--zone", "boot"])
        gates.append(gate)
        gate.up(*options)
        return gate

    try:
        yield up
    finally:
        for gate in gates:
            gate.close()


def assert_boots(machine, stage):
    """The machine reaches a stage; where the firmware or the kernel gives up instead, that is known at once."""
    machine.wait_for(f"{stage}|{GIVES_UP}", BOOT_SECONDS)
    assert stage in machine.text, machine.text


def assert_searched_and_loaded(network):
    """The server's log shows the whole configuration search in its order, and then the kernel and the RAM disk."""
    position = 0
    log = network.server_log()
    for name in [*LOADED[:2], *SEARCHED, *LOADED[2:]]:
        found = log.find(f"/served/{name} ", position)
        assert found >= 0, f"{name} was not asked for in its turn\n{log}"
        position = found


def probe(network, gate, address):
    """A stranger's datagram to this address is dropped as unsolicited, and counted."""
    before = gate.drops()["unsolicited"]
    packets.inject(network.stranger, (netboot.STRANGER, 69), (address, 49152), packets.data(1, b"not asked for"))
    wait.until(lambda: gate.drops()["unsolicited"] == before + 1, f"the stranger's datagram to {address} is dropped")


def test_boot_without_tidegate(network):
    """The laboratory itself works, so that what fails below is tidegate's doing."""
    with network.machine() as machine:
        assert_boots(machine, netboot.MARKER)
    assert_searched_and_loaded(network)


@pytest.mark.parametrize("place", ["server", "bridge"])
def test_boot_through_tidegate(network, guard, place):
    """With unmatched UDP dropped, the boot is complete, and nothing of it is dropped."""
    gate = guard(place)
    probed = [netboot.SERVER] if place == "server" else [netboot.SERVER, netboot.MACHINE]
    started = time.monotonic()
    with network.machine() as machine:
        assert_boots(machine, "PXELINUX")
        for address in probed:
            probe(network, gate, address)
        assert_boots(machine, netboot.MARKER)
    assert time.monotonic() - started < BOOT_SECONDS
    assert_searched_and_loaded(network)
    for name in ("vmlinuz", "initrd"):
        gate.wait_for_transfer(name, {"done"})
    dropped = gate.drops()
    assert dropped.pop("unsolicited") == len(probed)
    assert not set(dropped) - SURPLUS, f"dropped during the boot: {dropped}"
    passed = gate.counts("pass")
    requests = len(SEARCHED) + len(LOADED)
    for reason, least in {"service": DHCP_PACKETS, "request": requests, "first_reply": requests}.items():
        assert passed[reason] >= least, f"{reason}: {passed}"


def test_no_boot_without_requests(network, guard):
    """Where requests from outside are not admitted, DHCP still works, iPXE gives up, and the reason is counted."""
    gate = guard("server", "--requests", "out")
    with network.machine() as machine:
        machine.wait_for(r"Filename: pxelinux\.0", BOOT_SECONDS)
        machine.wait_for(GIVES_UP, BOOT_SECONDS)
        assert netboot.MARKER not in machine.text
    dropped = gate.drops()
    assert dropped["request_direction"] >= 2, dropped
    assert "sent " + network.directory not in network.server_log()
