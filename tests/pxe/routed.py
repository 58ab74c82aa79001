# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine that boots from a server beyond a router, whose firewall knows nothing of TFTP but port 69.

    server:eth0 === wan0 | the router | lan0 | tap0 === the machine's network card     (lan0 is a bridge)

The router does DHCP and names the server.
"""

import netboot
from lab import netns, stateful
from netboot import MACHINE

ROUTER, ROUTER_OUTSIDE, SERVER = "10.72.0.254", "10.73.0.254", "10.73.0.1"


class RoutedNetwork(netboot.BootNetwork):
    """`bridge` is the router here. `nat`: it masquerades the machine."""

    def __init__(self, loader, nat):
        self.nat = nat
        self.seen_as = ROUTER_OUTSIDE if nat else MACHINE
        super().__init__(loader)
        stateful.router(self.bridge, nat)

    def _build(self):
        self.server, self.bridge = self._namespace("sv"), self._namespace("gw")
        self.bridge.ip("link add lan0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set lan0 up",
                       "tuntap add tap0 mode tap", "link set tap0 up master lan0", f"address add {ROUTER}/24 dev lan0")
        netns.veth(self.server, "eth0", self.bridge, "wan0")
        self.bridge.ip(f"address add {ROUTER_OUTSIDE}/24 dev wan0")
        self.bridge.sysctl({"net.ipv4.ip_forward": 1})
        self.server.ip(f"address add {SERVER}/24 dev eth0", f"route add default via {ROUTER_OUTSIDE}")

    def _start_server(self):
        self._dnsmasq(self.server, "eth0", (SERVER, 69), *self._tftp())
        self._dnsmasq(self.bridge, "lan0", ("0.0.0.0%lan0", 67), *self._dhcp(), f"--dhcp-boot={self.loader.boot_file},,{SERVER}")
