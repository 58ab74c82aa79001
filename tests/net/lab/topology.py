# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the firewall stands: the five roles, each as namespaces, links and addresses."""

from . import netns
from .ground import Ground
from .servers import SERVERS

ROLES = ("server-host", "client-host", "router", "bridge", "loopback")
HOOKS = ("xdp", "generic", "tc")
FAMILIES = (4, 6)

# The last number of an address says who it is.
HOST_NUMBERS = {"client": 101, "other-client": 102, "tftpd-hpa": 11, "atftpd": 12, "dnsmasq": 13,
                "dnsmasq-single-port": 14, "hand": 15, "other-hand": 16, "stranger": 17}
SERVER_SIDE = ("atftpd", "tftpd-hpa", "dnsmasq", "dnsmasq-single-port", "hand", "other-hand", "stranger")
ETHERNET_MTU = 1500


class Topology(Ground):
    """One role with one address family.

    client, server   the namespaces where the peers run
    servers          the processes of the started servers, by Server
    gate             the namespace where tidegate runs
    interfaces       the interfaces of `gate` that tidegate guards
    zone             the zone that they share, or None: each its own
    """

    def __init__(self, role, family):
        super().__init__()
        self.role = role
        self.family = family
        self.zone = None
        self.build(getattr(self, "_build_" + role.replace("-", "_")))

    def address(self, who):
        """The address of a peer by its name in HOST_NUMBERS."""
        net = 2 if self.role == "router" and who in SERVER_SIDE else 1
        return self._address(net, HOST_NUMBERS[who])

    def router_address(self, link):
        """The router's own address at lan0 or wan0."""
        return self._address({"lan0": 1, "wan0": 2}[link], 1)

    def side(self, who):
        """The namespace where an address lives."""
        return self.server if who in SERVER_SIDE else self.client

    @property
    def probe_route(self):
        """(sender, receiver): the names of two addresses whose packets reach the gate from outside."""
        return ("hand", "client") if self.role == "client-host" else ("client", "hand")

    def start_servers(self, names=None):
        """Start the named servers (default: all)."""
        for server in SERVERS.values():
            if names is None or server.name in names:
                self.servers[server] = server.start(
                    self.server, self.family, self.address(server.name), self.directory)

    def _address(self, net, number):
        return f"10.71.{net}.{number}" if self.family == 4 else f"fd71:{net}::{number}"

    def _prefix(self):
        return 24 if self.family == 4 else 64

    def _add_addresses(self, namespace, link, names, prefix=None):
        # The first address is the one that a program gets as its source when it does not choose.
        flags = ["nodad", *["nodad preferred_lft 0"] * (len(names) - 1)] if self.family == 6 else [""] * len(names)
        namespace.ip(*[f"address add {self.address(name)}/{prefix or self._prefix()} dev {link} {flag}"
                       for name, flag in zip(names, flags)])

    def _peers(self):
        self.client = self.namespace("cl")
        self.server = self.namespace("sv")

    def _address_peers(self):
        self._add_addresses(self.client, "eth0", ("client", "other-client"))
        self._add_addresses(self.server, "eth0", SERVER_SIDE)

    def _build_server_host(self):
        self._peers()
        netns.veth(self.client, "eth0", self.server, "eth0")
        self._address_peers()
        self.gate, self.interfaces = self.server, ["eth0"]

    def _build_client_host(self):
        self._build_server_host()
        self.gate = self.client

    def _build_router(self):
        self._peers()
        self.gate, self.interfaces = self.namespace("gw"), ["lan0", "wan0"]
        self.gate.sysctl({"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})
        netns.veth(self.gate, "lan0", self.client, "eth0")
        netns.veth(self.gate, "wan0", self.server, "eth0")
        self._address_peers()
        flag = "nodad" if self.family == 6 else ""
        for link in ("lan0", "wan0"):
            self.gate.ip(f"address add {self.router_address(link)}/{self._prefix()} dev {link} {flag}")
        self.client.ip(f"route add default via {self.router_address('lan0')}")
        self.server.ip(f"route add default via {self.router_address('wan0')}")

    def _build_bridge(self):
        self._peers()
        self.gate, self.interfaces = self.namespace("br"), ["port0", "port1"]
        self.zone = "boot"
        self.gate.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                     "link set br0 up")
        for port, peer in (("port0", self.client), ("port1", self.server)):
            netns.veth(self.gate, port, peer, "eth0")
            self.gate.ip(f"link set {port} master br0")
        self._address_peers()

    def _build_loopback(self):
        self.client = self.server = self.gate = self.namespace("lo")
        self.interfaces = ["lo"]
        # As small as Ethernet, so that large blocks are fragmented here too.
        self.gate.ip(f"link set lo mtu {ETHERNET_MTU}")
        prefix = 32 if self.family == 4 else 128
        self._add_addresses(self.gate, "lo", tuple(HOST_NUMBERS), prefix)
