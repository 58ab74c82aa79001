# SPDX-License-Identifier: GPL-2.0-or-later
"""VLANs as only some kernels have them: bridges that filter them, VLAN interfaces, and network cards that take tags off."""

import contextlib
import json
import os
import subprocess
import time

from lab import files, netns, packets, wait
from lab.ground import Ground
from lab.hand import BLOCK, HandTransfer
from lab.servers import SERVERS, TftpdHpa
from machine.guest import CARD_ADDRESSES

VLANS = (10, 20)
# Real programs use the same ports in all VLANs, too.
CLIENT_PORT, TID_PORT = 2000, 3000
TRANSFER_SECONDS = 90


class OnePort(TftpdHpa):
    """tftpd-hpa whose TID is the same in each VLAN."""

    def argv(self, family, address, directory):
        return ["in.tftpd", "--port-range", f"{TID_PORT}:{TID_PORT}", *super().argv(family, address, directory)[1:]]


class Segment:
    """One VLAN with its client and its server. What HandTransfer asks of a topology it has."""

    def __init__(self, ground, vlan, client, server, net=0):
        self.vlan, self.client, self.server, self.payloads = vlan, client, server, ground.payloads
        self.served = f"{ground.base}/served-{vlan}"
        self.net = f"10.0.{net}"

    def address(self, who):
        """The address of "client", or of "hand", its server."""
        return f"{self.net}.{2 if who == 'client' else 1}"


class VlanGround(Ground):
    """The VLANs 10 and 20, each with a client and a server.

    segments   {VLAN: Segment}
    gate       the namespace where tidegate runs
    interfaces, zone   what `tidegate up` is told there; a configuration says it otherwise
    server     the program that serves
    """

    server = SERVERS["tftpd-hpa"]
    interfaces, zone = (), None

    def __init__(self):
        super().__init__()
        self.gate, self.segments = None, {}
        self.build(self._build)

    def _build(self):
        raise NotImplementedError

    @contextlib.contextmanager
    def serving(self):
        """Real servers while the block runs."""
        for segment in self.segments.values():
            os.makedirs(segment.served, exist_ok=True)
            self.servers[segment.vlan] = self.server.start(segment.server, 4, segment.address("hand"), segment.served)
        try:
            yield
        finally:
            for process in self.servers.values():
                netns.kill_family(process)
            self.servers.clear()

    def provide(self, sizes):
        """A new name, under which each VLAN's server has a file of its own: {VLAN: bytes}."""
        name = self.payloads.fresh_name("boot")
        for vlan, size in sizes.items():
            os.link(self.payloads.path(size), f"{self.segments[vlan].served}/{name}")
        return name

    def fetch(self, name, patience=TRANSFER_SECONDS):
        """All clients fetch it at the same time, from the same port, and are stopped after `patience` seconds:
        {VLAN: does it have its own VLAN's file?}."""
        started = {}
        for vlan, segment in self.segments.items():
            target = f"{self.downloads}/{name}-{vlan}"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target)
            started[vlan] = segment.client.popen("tftp", "-R", f"{CLIENT_PORT}:{CLIENT_PORT}", "-m", "octet", segment.address("hand"),
                                                 "-c", "get", name, target, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + patience
        for process in started.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0, deadline - time.monotonic()))
            process.kill()
            process.wait()
        return {vlan: files.same(f"{segment.served}/{name}", f"{self.downloads}/{name}-{vlan}")
                for vlan, segment in self.segments.items()}


class VlanBridge(VlanGround):
    """A bridge that filters VLANs, with the same addresses in both.

    Servers are behind the port trunk0, tagged; the clients behind vnet10 and vnet20, tagged, too, until untag(). One more guest
    of VLAN 20, `other`, is behind its access port vnet21.
    """

    server = OnePort()

    def __init__(self):
        self.other = None
        super().__init__()

    def _build(self):
        self.gate, trunk, self.other = self.namespace("br"), self.namespace("tr"), self.namespace("ot")
        self.gate.ip("link add br0 type bridge vlan_filtering 1 vlan_default_pvid 0 stp_state 0 forward_delay 0 mcast_snooping 0",
                     "link set br0 up")
        self._port("trunk0", trunk, *VLANS)
        self._port("vnet21", self.other)
        self._set_untagged("vnet21", 20)
        self.other.ip("address add 10.0.0.3/24 dev eth0")
        for vlan in VLANS:
            segment = self.segments[vlan] = Segment(self, vlan, self.namespace(f"c{vlan}"), self.namespace(f"s{vlan}"))
            self._port(f"vnet{vlan}", segment.client, vlan)
            add_vlan(trunk, vlan, segment, "hand", segment.server)
            add_vlan(segment.client, vlan, segment, "client", segment.client)

    def untag(self):
        """The clients' ports become access ports of their VLANs."""
        for vlan, segment in self.segments.items():
            self._set_untagged(f"vnet{vlan}", vlan)
            segment.client.ip(f"link delete eth0.{vlan}", f"address add {segment.address('client')}/24 dev eth0")

    def _port(self, port, peer, *vlans):
        """A port of the bridge, tagged in the VLANs, with the peer's eth0 behind it."""
        netns.veth(self.gate, port, peer, "eth0")
        self.gate.ip(f"link set {port} master br0")
        for vlan in vlans:
            self.gate.run("bridge", "vlan", "add", "dev", port, "vid", vlan)

    def _set_untagged(self, port, vlan):
        self.gate.run("bridge", "vlan", "add", "dev", port, "vid", vlan, "pvid", "untagged")


class VlanHost(VlanGround):
    """A host, the gate, that serves two VLANs through a network card that takes tags off. Its VLAN interfaces come with
    add_vlan(); the clients have another card on the same wire."""

    interfaces = ("eth0",)

    def _build(self):
        self.gate, holder = self.namespace("sv"), self.namespace("ho")
        for namespace, address in zip((self.gate, holder), CARD_ADDRESSES):
            move_card(address, namespace)
        for net, vlan in enumerate(VLANS):
            segment = self.segments[vlan] = Segment(self, vlan, self.namespace(f"c{vlan}"), self.gate, net)
            add_vlan(holder, vlan, segment, "client", segment.client)

    def add_vlan(self, vlan):
        """The host's interface in this VLAN: eth0.N."""
        add_vlan(self.gate, vlan, self.segments[vlan], "hand", self.gate)
        self.gate.wait_for_addresses()


def add_vlan(holder, vlan, segment, who, namespace):
    """The VLAN interface eth0.N, made upon eth0 of `holder`, in a namespace, up and with the address of `who`."""
    name = f"eth0.{vlan}"
    holder.ip(f"link add link eth0 name {name} type vlan id {vlan}")
    if namespace is not holder:
        holder.ip(f"link set {name} netns {namespace.name}")
    namespace.ip(f"address add {segment.address(who)}/24 dev {name}", f"link set {name} up")


def move_card(address, namespace):
    """The machine's network card with this hardware address becomes eth0 of a namespace. It comes back when that is deleted."""
    def found():
        shown = subprocess.run(["ip", "-j", "link", "show"], capture_output=True, text=True, check=True).stdout
        return [link["ifname"] for link in json.loads(shown) if link.get("address") == address]

    [name] = wait.until(found, f"the card {address} is there")
    # A name that neither a card here nor one there has.
    subprocess.run(["ip", "link", "set", name, "down", "netns", namespace.name, "name", "eth0"], check=True)
    namespace.ip("link set eth0 up")


# What the server says in play_in_two_vlans().
BLOCKS = ((1, BLOCK), (2, BLOCK), (3, b"end"))


def play_in_two_vlans(lab, look):
    """A transfer in VLAN 10, by hand, completes. All that its server says is also sent in VLAN 20, with the same addresses and
    ports; look(receiver) sees what becomes of that, where the receiver is the client's twin."""
    ten, twenty = lab.segments[10], lab.segments[20]
    with HandTransfer(ten) as hand, packets.Endpoint(twenty.client, *hand.client.name) as twin, \
            packets.Endpoint(twenty.server, *hand.tid.name) as twin_tid:
        hand.ask()
        for number, content in BLOCKS:
            twin_tid.send(packets.data(number, content), twin.name)
            hand.block(number, content)
        look(twin)


def all_arrived(twin):
    """Without tidegate."""
    for number, content in BLOCKS:
        twin.expect(packets.data(number, content))


def all_dropped_by(gate):
    """With tidegate: each is counted, so it cannot arrive later."""
    before = gate.drops()

    def look(twin):
        wait.until(lambda: gate.drops_since(before) == {"unsolicited": len(BLOCKS)}, "all are dropped")
        assert twin.receive() is None

    return look
