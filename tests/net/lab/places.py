# SPDX-License-Identifier: GPL-2.0-or-later
"""Places where a firewall without a TFTP helper stands in the way of transfers, and where tidegate then is."""

from .gate import Gate
from .netfilter import MARK, Accept, Translate

ESTABLISHED, NEIGHBOURS = Accept(established=True), Accept(neighbours=True)
ADMITTED = Accept(mark=MARK)
MODES = {"mark": ["--mark", MARK], "translation": ["--single-port"]}


class Place:
    """A place of its own for one test.

    role            what the Topology is to be
    modes           what helps there
    options         of `up`, whatever the mode
    """

    name = ""
    role = "router"
    modes = ("mark", "translation")
    options = ()

    def __init__(self, lab, tool, mode):
        self.lab, self.tool, self.mode = lab, tool, mode
        self.firewall, chains, nat = self.rules(lab)
        if mode == "mark":
            chains = {chain: [*rules, ADMITTED] for chain, rules in chains.items()}
        tool.load(self.firewall, lab.family, chains, nat)
        namespace, interfaces = self.guarded(lab)
        hook = ["--hook", "tc"] if mode == "translation" else []
        self.gate = Gate(namespace, interfaces, "place", [*hook, *self.options])

    def rules(self, lab):
        """(namespace of the firewall, its rules, its NAT)"""
        raise NotImplementedError

    def guarded(self, lab):
        """(namespace, interfaces) of tidegate"""
        return lab.gate, ["wan0"]

    def asked(self, server):
        """The address that a client asks for the server."""
        return self.lab.address(server)

    def up(self, helps):
        """tidegate is up, with or without what helps."""
        self.gate.up(*(MODES[self.mode] if helps else ()))

    def dropped(self):
        """How many packets the firewall has dropped."""
        return self.tool.dropped(self.firewall)


class ClientHost(Place):
    """A host that takes in what answers its own packets exactly."""

    name = "client-host"
    role = "client-host"
    options = ("--requests", "out")

    def rules(self, lab):
        return lab.client, {"input": [NEIGHBOURS, ESTABLISHED]}, []

    def guarded(self, lab):
        return lab.client, ["eth0"]


def _router(come_in, go_out):
    return {"input": [NEIGHBOURS],
            "forward": [ESTABLISHED, Accept(come_in=come_in, go_out=go_out, udp_port=69)]}


class Masquerade(Place):
    """The clients are behind the NAT. No mark can say which of them an answer is for."""

    name = "masquerade"
    modes = ("translation",)
    options = ("--requests", "out")

    def rules(self, lab):
        return lab.gate, _router("lan0", "wan0"), [Translate(go_out="wan0")]


class Snat(Masquerade):
    """Likewise with the address said."""

    name = "snat"

    def rules(self, lab):
        return lab.gate, _router("lan0", "wan0"), [Translate(go_out="wan0", address=lab.router_address("wan0"))]


class Dnat(Place):
    """The server is behind the NAT: clients ask the router. What leaves towards them has the router's address."""

    name = "dnat"
    options = ("--requests", "out")

    def rules(self, lab):
        servers = set(server.name for server in lab.servers)
        assert len(servers) == 1, "one server is behind the address"
        return lab.gate, _router("lan0", "wan0"), [Translate(come_in="lan0", address=lab.address(servers.pop())),
                                                   Translate(go_out="lan0")]

    def asked(self, server):
        return self.lab.router_address("lan0")


class Foreign(Place):
    """tidegate is on the server; a firewall on the way, which is somebody else's, allows port 69 and what answers."""

    name = "foreign"
    modes = ("translation",)
    options = ("--requests", "in")

    def rules(self, lab):
        return lab.gate, _router("lan0", "wan0"), []

    def guarded(self, lab):
        return lab.server, ["eth0"]


class Bridge(Place):
    """A bridge whose packets netfilter sees. For translation, the servers' side alone is guarded."""

    name = "bridge"
    role = "bridge"

    def rules(self, lab):
        lab.gate.sysctl({"net.bridge.bridge-nf-call-iptables": 1, "net.bridge.bridge-nf-call-ip6tables": 1})
        return lab.gate, {"forward": [NEIGHBOURS, ESTABLISHED, Accept(udp_port=69)]}, []

    def guarded(self, lab):
        self.options = ("--requests", "out") if self.mode == "translation" else ("--zone", lab.zone)
        return lab.gate, ["port1"] if self.mode == "translation" else lab.interfaces


PLACES = {place.name: place for place in (ClientHost, Masquerade, Snat, Dnat, Foreign, Bridge)}
