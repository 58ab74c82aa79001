# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the flood comes down: a router between clients, servers, and a link to everybody else, from where it comes.

    clients (cl) -- lan0  router (gw)  wan0 -- servers (sv)
                            ext0
                             |
                        outside (fl)

Whoever has no route of his own is outside: answers to spoofed addresses go there, and are counted. All clients have a prefix
of their own, so that none is known by its neighbours.
"""

import ipaddress

from lab import netns
from lab.ground import Ground

LAN_GATEWAY, LAN = "10.73.0.1", "10.73.0.2"
WAN_GATEWAY, WAN = "10.74.0.1", "10.74.0.2"
EXT_GATEWAY, EXT = "10.75.0.1", "10.75.0.2"
SERVERS = {"tftpd-hpa": "10.74.0.11", "dnsmasq": "10.74.0.13", "dnsmasq-1000": "10.74.0.14"}
NOBODY = "10.74.0.99"
CROWD = ipaddress.ip_network("10.80.0.0/12")
# Those whose transfers run already: side by side, so that a sender can draw their addresses.
READERS = ipaddress.ip_network("10.73.1.0/29")
# A client is a user: the kernel chooses the source address by who sends.
FIRST_UID = 2_000_000
INTERFACES = ("lan0", "ext0", "wan0")
# A quarter of all addresses: of fewer, some would ask again by chance (a million a second from a /10: 40 a second).
SPOOFED = "128.0.0.0/2"
# What has come through ext0 bears this, from behind the firewall's hook on: none else sets it.
MARK = "cs1"


class Site(Ground):
    """The namespaces, links and addresses.

    crowd       the addresses of the new clients; the users FIRST_UID… send from them
    readers     those of transfers that run already
    """

    family = 4

    def __init__(self, clients):
        super().__init__()
        self.crowd = [str(CROWD.network_address + 256 * number + 10) for number in range(clients)]
        self.readers = [str(address) for address in READERS]
        self.build(self._build)

    def _build(self):
        self.client, self.server = self.namespace("cl"), self.namespace("sv")
        self.gate, self.outside = self.namespace("gw"), self.namespace("fl")
        for namespace in self.namespaces:
            # Whatever a new namespace gets from its host: spoofed sources are part of the test.
            namespace.sysctl({"net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.default.rp_filter": 0,
                              "net.ipv4.ip_forward": 0})
        self.gate.sysctl({"net.ipv4.ip_forward": 1})
        for link, peer in zip(INTERFACES, (self.client, self.outside, self.server)):
            netns.veth(self.gate, link, peer, "eth0")
            # Frames that a program sends are taken by NAPI alone, and without an XDP program that is only there for GRO.
            self.gate.run("ethtool", "-K", link, "gro", "on")
        self._address()
        self._neighbours()

    def _address(self):
        self.gate.ip(f"address add {LAN_GATEWAY}/24 dev lan0", f"address add {WAN_GATEWAY}/24 dev wan0",
                     f"address add {EXT_GATEWAY}/24 dev ext0", *[f"route add {net} via {LAN}" for net in (CROWD, READERS)],
                     f"route add default via {EXT}")
        self.outside.ip(f"address add {EXT}/24 dev eth0", f"route add default via {EXT_GATEWAY}")
        self.server.ip(f"address add {WAN}/24 dev eth0", f"route add default via {WAN_GATEWAY}",
                       *[f"address add {address}/24 dev eth0" for address in SERVERS.values()])
        self.client.ip(f"address add {LAN}/24 dev eth0", f"route add default via {LAN_GATEWAY}",
                       *[f"address add {address}/32 dev eth0" for address in self.readers + self.crowd])
        for number, address in enumerate(self.crowd):
            user = FIRST_UID + number
            self.client.ip(f"rule add uidrange {user}-{user} lookup {1000 + number}",
                           f"route add default via {LAN_GATEWAY} src {address} table {1000 + number}")

    def _neighbours(self):
        """No address has to be asked for: a flood would fill these tables, too, which is not what is looked at here."""
        for link, peer, known in (("lan0", self.client, (LAN,)), ("ext0", self.outside, (EXT,)),
                                  ("wan0", self.server, (WAN, NOBODY, *SERVERS.values()))):
            theirs, ours = self.hardware_address(peer, "eth0"), self.hardware_address(self.gate, link)
            gateway = {"lan0": LAN_GATEWAY, "ext0": EXT_GATEWAY, "wan0": WAN_GATEWAY}[link]
            self.gate.ip(*[f"neighbour replace {address} lladdr {theirs} dev {link} nud permanent" for address in known])
            peer.ip(f"neighbour replace {gateway} lladdr {ours} dev eth0 nud permanent")

    @staticmethod
    def hardware_address(namespace, link):
        """Its MAC address."""
        return namespace.ip_json("link", "show", "dev", link)[0]["address"]
