# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine boots from its network ROM through tidegate, and does not where TFTP requests are not admitted.

What tidegate counts is compared with a witness at the machine's card, datagram by datagram but for DATA and ACK.
"""

import collections
import dataclasses
import functools
import json

import pytest

import loaders
import netboot
import recording
import witness
from lab import packets, wait
from lab.gate import BINARY, SURPLUS
from netboot import MACHINE, SERVER, STRANGER

BOOTP_SERVER, BOOTP_CLIENT, PROXY_DHCP, TFTP = 67, 68, 4011, 69
# A stranger's datagrams: to a port that the server does not use, and to the one from which pxelinux asks first.
PROBE = b"nobody asked for this"
PROBED_PORTS = {SERVER: 20000, MACHINE: 49152}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where tidegate stands.

    probes    namespaces from which a stranger's datagram to an address passes this place: [(namespace, address)]
    services  whose packets to DHCP's ports come in here: requests to the server, answers to the machine
    """

    namespace: str
    interfaces: tuple
    options: tuple
    probes: tuple
    services: frozenset


SERVER_HOST = Place("server", ("eth0",), ("--requests", "in"), (("stranger", SERVER),), frozenset({SERVER}))
# Whoever runs a hypervisor guards all ports of the bridge, which makes a boot network where nothing else passes …
BRIDGE = Place("bridge", netboot.PORTS, ("--zone", "boot"), (("stranger", SERVER), ("stranger", MACHINE)),
               frozenset({SERVER, MACHINE}))
# … or the port to the network outside, here with the server in it: the guests may ask, and get their answers.
UPLINK = Place("bridge", ("port0",), ("--requests", "out"), (("server", MACHINE),), frozenset({MACHINE}))
ALL_PROBES = (*BRIDGE.probes, *UPLINK.probes)

PXELINUX, WITH_MENU, GRUB = (functools.partial(netboot.BootNetwork, loader, boot_menu)
                             for loader, boot_menu in ((loaders.Pxelinux(), False), (loaders.Pxelinux(), True), (loaders.Grub(), False)))


def expected(network):
    """What the loader asks for, in its order: [(name, is it there)]."""
    return network.loader.asks(netboot.UUID, netboot.HARDWARE_ADDRESS, MACHINE)


def missing(network):
    """The names under which the loader searches its configuration in vain, in its order."""
    return [name for name, there in expected(network) if not there]


def send_probe(network, sender, address):
    """A datagram to the address, with the stranger's as its source; (address, port) where it should arrive."""
    destination = (address, PROBED_PORTS[address])
    packets.inject(getattr(network, sender), (STRANGER, TFTP), destination, PROBE)
    return destination


def probes_at_the_machine(network):
    """Probes that have reached the machine's card."""
    return [datagram for datagram in network.witness.datagrams() if datagram.payload == PROBE]


def requests_of(network):
    """File names of the read requests that left the machine, repeats included."""
    return [datagram.payload[2:].split(b"\0")[0].decode().lstrip("/") for datagram in network.witness.datagrams()
            if datagram.destination_port == TFTP and datagram.payload.startswith(b"\0\1")]


def flows_by_file(gate):
    """Offers and transfers of `flows` by file name."""
    return {flow["file"].lstrip("/"): flow for flow in gate.transfers()}


def assert_searched_and_loaded(network):
    """The server's log: everything was asked for in its order, and only what is missing on purpose was not found."""
    served = network.served()
    wanted = expected(network)
    assert [entry for entry in served if entry in wanted] == wanted, network.server_log()
    assert [name for name, there in served if not there] == missing(network), network.server_log()


def assert_denied_in_writing(network):
    """On the wire: each name of the search was answered with ERROR 1."""
    seen = network.witness.datagrams()
    asked = {datagram.source_port: datagram.payload[2:].split(b"\0")[0].decode().lstrip("/") for datagram in seen
             if datagram.destination_port == TFTP}
    errors = [(asked[datagram.destination_port], datagram.payload[:4]) for datagram in seen
              if datagram.source == SERVER and datagram.payload.startswith(b"\0\5")]
    assert list(dict.fromkeys(errors)) == [(name, b"\0\5\0\1") for name in missing(network)]


def assert_complete(network, flows):
    """As tidegate saw it: the search ended in errors, and every file came whole and was acknowledged to its end."""
    for name, there in network.served():
        assert flows[name]["state"] == ("done" if there else "error"), flows[name]
        assert not there or flows[name]["bytes"] == network.size(name), flows[name]


def assert_nothing_in_progress(gate, repeated):
    """No transfer is under way any more; only repeats of a request may leave something unanswered behind."""
    flows = gate.json("flows")
    assert not [flow for flow in flows["transfers"] if flow["state"] in ("active", "final")], flows
    assert repeated or not flows["requests"] + [flow for flow in flows["offers"] if flow["state"] == "offer"], flows


def assert_counts(network, gate, place, repeated):
    """Every datagram of the boot is counted under its reason; what was dropped is the stranger's."""
    seen = network.witness.datagrams()
    services = {SERVER: [datagram for datagram in seen if datagram.destination_port in (BOOTP_SERVER, PROXY_DHCP)],
                MACHINE: [datagram for datagram in seen if datagram.destination_port == BOOTP_CLIENT]}
    assert all(services.values()) and network.boot_menu == bool(
        [datagram for datagram in services[SERVER] if datagram.destination_port == PROXY_DHCP]), seen
    passed, dropped = gate.counts("pass"), gate.drops()
    assert passed["service"] == sum(len(services[address]) for address in place.services), passed
    assert passed["request"] == len(requests_of(network)), passed
    assert passed["first_reply"] >= len(network.served()), passed
    assert passed["data"] >= sum(network.size(name) // 1500 for name, there in network.served() if there), passed
    assert dropped.pop("unsolicited") == len(place.probes)
    # A server answers a repeated request a second time; the machine needs one of the answers.
    assert not set(dropped) - (SURPLUS if repeated else set()), f"dropped of the boot: {dropped}"


def assert_replay_agrees(network, capture, probes):
    """What `tidegate replay` makes of the capture: the same boot would have passed, and the probes would not."""
    done = network.bridge.run(BINARY, "--json", "replay", capture, timeout=60)
    frames = [json.loads(line) for line in done.stdout.splitlines()]
    reasons = collections.Counter((frame["verdict"], frame["reason"]) for frame in frames if "verdict" in frame)
    dropped = collections.Counter({reason: count for (verdict, reason), count in reasons.items() if verdict == "drop"})
    asked = requests_of(network)
    assert dropped.pop("unsolicited") == probes, reasons
    assert not set(dropped) - (SURPLUS if len(asked) > len(set(asked)) else set()), reasons
    assert reasons["pass", "request"] == len(asked), reasons


def test_boot_without_tidegate(network):
    """The laboratory itself works: the machine boots, and a stranger's datagrams arrive. A replay tells the difference."""
    capture = f"{network.directory}/boot.pcap"
    with witness.record(network.bridge, "tap0", capture), network.boot() as boot, \
            packets.Endpoint(network.server, SERVER, PROBED_PORTS[SERVER]) as endpoint:
        boot.until(lambda: (network.loader.boot_file, True) in network.served(), "the boot file is loaded")
        for sender, address in ALL_PROBES:
            send_probe(network, sender, address)
        assert endpoint.expect(PROBE)[1] == (STRANGER, TFTP)
        to_machine = [address for _, address in ALL_PROBES if address == MACHINE]
        wait.until(lambda: len(probes_at_the_machine(network)) == len(to_machine), "the probes reach the machine")
        boot.until_shown(loaders.MARKER)
    assert_searched_and_loaded(network)
    assert_denied_in_writing(network)
    assert_replay_agrees(network, capture, len(to_machine))


@pytest.mark.parametrize("network, place", [(PXELINUX, SERVER_HOST), (WITH_MENU, BRIDGE), (PXELINUX, UPLINK), (GRUB, BRIDGE)],
                         ids=["server", "bridge", "uplink", "bridge-grub"], indirect=["network"])
def test_boot_through_tidegate(network, guard, place, tmp_path):
    """With unmatched UDP dropped, the boot is complete, nothing of it is dropped, and what nobody asked for is; its records
    say what was loaded."""
    gate = guard(place)
    with recording.Recording(gate, str(tmp_path)) as recorded, network.boot() as boot:
        boot.until(lambda: (network.loader.boot_file, True) in network.served(), "the boot file is loaded")
        for sent, (sender, address) in enumerate(place.probes):
            send_probe(network, sender, address)
            wait.until(lambda: gate.drops()["unsolicited"] == sent + 1, f"{sender}'s datagram to {address} is dropped")
        boot.until(lambda: (network.loader.configuration_file, True) in network.served(), "the configuration is loaded")
        # Errors are forgotten after 10 s.
        flows = flows_by_file(gate)
        boot.until(lambda: (loaders.RAM_DISK, True) in network.served(), "the RAM disk is loaded")
        flows |= flows_by_file(gate)
        boot.until_shown(loaders.MARKER)
    asked = requests_of(network)
    repeated = len(asked) - len(set(asked))
    assert_nothing_in_progress(gate, repeated)
    assert_searched_and_loaded(network)
    assert_denied_in_writing(network)
    assert_complete(network, flows)
    assert_counts(network, gate, place, repeated)
    recording.assert_recorded(network, recorded, repeated)
    assert not probes_at_the_machine(network)


def test_no_boot_without_requests(network, guard):
    """Where requests from outside are not admitted, DHCP still works, the ROM says that it gave up, and why is counted."""
    gate = guard(SERVER_HOST, "--requests", "out")
    with network.boot() as boot:
        boot.until_shown(f"Filename: {network.loader.boot_file}")
        boot.until_shown("Connection timed out", may_give_up=True)
        boot.until_shown("No bootable device", may_give_up=True)
        assert loaders.MARKER not in boot.text
    asked = requests_of(network)
    assert set(asked) == {network.loader.boot_file}
    assert gate.drops() == {"request_direction": len(asked)}
    assert not set(gate.counts("pass")) & {"request", "first_reply", "data", "ack"}, gate.counts()
    assert not gate.transfers() and not gate.json("flows")["requests"]
    assert not network.served()
