# SPDX-License-Identifier: GPL-2.0-or-later
"""The places that the files in examples/ describe: interfaces and addresses as they say, and real servers."""

import os

from . import netns, wait
from .gate import ROOT, Gate
from .ground import Ground
from .servers import SERVERS
from .tagging import Tagger

DIRECTORY = os.path.join(ROOT, "examples")
BRIDGE = "type bridge stp_state 0 forward_delay 0 mcast_snooping 0"


class Scene(Ground):
    """The place that one file of examples/ is for. tidegate is not up before run().

    hosts      namespaces by name
    macs       hardware addresses, {host: as ip writes them}
    vlans      {host: its VLAN}
    gate       tidegate in the host that the file is for
    """

    def __init__(self, example):
        super().__init__()
        self.path = os.path.join(DIRECTORY, example)
        self.hosts, self.macs, self.vlans = {}, {}, {}
        self.gate = None
        self._addresses, self._bridges, self._taggers, self._services = {}, {}, [], []
        self._running = None
        with open(self.path, encoding="utf-8") as file:
            self.shipped = file.read()
        try:
            self.build(lambda: SCENES[example](self))
            self._start_servers()
        except BaseException:
            self.delete()
            raise

    # ---- what runs ----

    def standard(self, hook=None):
        """The shipped text as it is put to use (with mode = enforce), and with a hook in each zone if one is given."""
        text = self.shipped.replace("mode = monitor", "mode = enforce")
        return text.replace("\tinterfaces =", f"\thook = {hook}\n\tinterfaces =") if hook else text

    def run(self, text):
        """Make the text the running policy, unless it is: `up --config` at first, `apply` later."""
        if text == self._running:
            return
        path = self.path if text == self.shipped else self.copy(text)
        self.gate.call(*(["apply"] if self._running else ["up", "--config"]), path)
        self._running = text

    def afresh(self, text=None):
        """Run a text (default: standard()) with nothing counted and nothing left unanswered from before."""
        if self._running:
            self.gate.down()
        self._running = None
        self.restart_servers()
        self.run(text or self.standard())

    def copy(self, text):
        """Write a changed text where relative paths lead to what lies beside the shipped one; its path."""
        directory = os.path.join(self.base, "examples")
        if not os.path.exists(directory):
            os.mkdir(directory)
            for name in os.listdir(DIRECTORY):
                os.symlink(os.path.join(DIRECTORY, name), os.path.join(directory, name))
        path = os.path.join(directory, "changed.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def restart_servers(self):
        """No server repeats what an earlier test has left unanswered."""
        for (_, namespace, address), process in self.servers.items():
            netns.kill_family(process)
            wait.until(lambda where=(namespace, address): not where[0].udp_port_bound(where[1], 69),
                       f"nobody listens on {address}")
        self.servers.clear()
        self._start_servers()

    def address(self, host, family=4):
        """The first address of a host; what is no host is an address itself."""
        return self._addresses.get((host, family), host)

    def owner(self, host):
        """The namespace of a host, or where an address is served."""
        return self.hosts.get(host) or next(where for _, where, address in self._services if address == host)

    def delete(self):
        """Down with tidegate, then everything else."""
        if self.gate:
            self.gate.close()
        for tagger in self._taggers:
            tagger.stop()
        super().delete()

    def _start_servers(self):
        for server, namespace, address in self._services:
            family = 6 if ":" in address else 4
            self.servers[(server, namespace, address)] = server.start(namespace, family, address, self.directory)

    # ---- what builders use ----

    def host(self, name, *addresses, link="eth0", mac=None, to="lan", vlan=None):
        """A host with a link, or one more link of a host. `to`: a segment, or (host, port): a wire to that port."""
        if name not in self.hosts:
            self.hosts[name] = self.namespace(f"x-{name}")
        other, port = to if isinstance(to, tuple) else self._segment_port(to)
        netns.veth(self.hosts[other], port, self.hosts[name], link)
        if not isinstance(to, tuple):
            self.bridge(other, to, port)
        if mac:
            self.hosts[name].ip(f"link set {link} address {mac}")
            self.macs[name] = mac
        if vlan:
            self.vlans[name] = vlan
            # Else the untagged link would answer for the tagged one's address, which others have without a tag.
            self.hosts[name].sysctl({"net.ipv4.conf.all.arp_ignore": 1})
            tagger = Tagger(self.hosts[name], link, f"vlan{vlan}", vlan)
            self._taggers.append(tagger)
            tagger.start()
            link = f"vlan{vlan}"
        self.addresses(name, link, *addresses)

    def bridge(self, host, bridge, *ports):
        """A bridge in a host, made when its first port comes."""
        if (host, bridge) not in self._bridges:
            self._bridges[(host, bridge)] = True
            self.hosts[host].ip(f"link add {bridge} {BRIDGE}", f"link set {bridge} up")
        self.hosts[host].ip(*[f"link set {port} master {bridge}" for port in ports])

    def addresses(self, host, link, *addresses):
        """Give a link of a host its addresses, with their prefix lengths."""
        for address in addresses:
            family = 6 if ":" in address else 4
            self._addresses.setdefault((host, family), address.split("/", maxsplit=1)[0])
            self.hosts[host].ip(f"address add {address} dev {link} {'nodad' if family == 6 else ''}")

    def forward(self, host, routes):
        """The host routes; `routes` are the default routes by it: {other host: its address there}."""
        self.hosts[host].sysctl({"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})
        for other, vias in routes.items():
            self.hosts[other].ip(*[f"route add default via {via}" for via in vias])

    def serve(self, server, host, *addresses):
        """A server program on addresses of a host."""
        self._services += [(SERVERS[server], self.hosts[host], address) for address in addresses]

    def guard(self, host, *interfaces):
        """tidegate belongs into this host."""
        self.gate = Gate(self.hosts[host], interfaces, "example")

    def _segment_port(self, segment):
        if "wires" not in self.hosts:
            self.hosts["wires"] = self.namespace("x-wires")
        return "wires", f"{segment}-{len(self.hosts)}"


def _pxe_server(scene):
    """The server is a bridge of its own: machines behind eth1, a guest at tap0."""
    scene.hosts["server"] = scene.namespace("x-server")
    scene.host("server", link="eth1")
    scene.host("machine", "10.71.1.10/16", mac="52:54:00:12:34:56")
    scene.host("visitor", "10.71.2.20/16")
    scene.host("manager", "10.71.0.9/16")
    scene.host("guest", "10.71.1.11/16", mac="52:54:00:ab:cd:ef", to=("server", "tap0"))
    scene.bridge("server", "br0", "eth1", "tap0")
    scene.addresses("server", "br0", "10.71.1.1/16")
    scene.guard("server", "eth1", "tap0")
    scene.serve("dnsmasq", "server", "10.71.1.1")


def _tftp_client(scene):
    """A host, the server that it may ask, and another one."""
    scene.host("host", "192.0.2.10/24", "2001:db8::10/64")
    scene.host("firmware", "192.0.2.69/24", "2001:db8::69/64")
    scene.host("other", "192.0.2.70/24", "2001:db8::70/64")
    scene.guard("host", "eth0")
    scene.serve("tftpd-hpa", "firmware", "192.0.2.69", "2001:db8::69")
    scene.serve("dnsmasq", "other", "192.0.2.70", "2001:db8::70")
    scene.serve("atftpd", "host", "192.0.2.10")


def _router(scene):
    """Two networks, and a client from further away."""
    scene.host("router", "192.0.2.1/24", "2001:db8:1::1/64", "203.0.113.1/24", link="lan0")
    scene.host("router", "198.51.100.1/24", "2001:db8:2::1/64", link="wan0", to="wan")
    scene.host("client", "192.0.2.10/24", "2001:db8:1::10/64")
    scene.host("neighbour", "192.0.2.11/24", "2001:db8:1::11/64")
    scene.host("far", "203.0.113.10/24")
    scene.host("server", "198.51.100.20/24", "2001:db8:2::20/64", to="wan")
    scene.host("other", "198.51.100.21/24", to="wan")
    inside, outside = ("192.0.2.1", "2001:db8:1::1"), ("198.51.100.1", "2001:db8:2::1")
    scene.forward("router", {"client": inside, "neighbour": inside, "far": ["203.0.113.1"], "server": outside,
                             "other": outside[:1]})
    scene.guard("router", "lan0", "wan0")
    scene.serve("atftpd", "server", "198.51.100.20")
    scene.serve("tftpd-hpa", "server", "2001:db8:2::20")
    scene.serve("dnsmasq", "other", "198.51.100.21")


NAT = """
table ip translation {
	chain out { type nat hook postrouting priority srcnat; oifname "wan0" masquerade; }
	ct helper tftp { type "tftp" protocol udp; }
	chain ask { type filter hook prerouting priority filter; iifname != "wan0" udp dport 69 ct helper set "tftp"; }
}
"""


def _nat_gateway(scene):
    """Telephones at lan0, somebody at a wireless link; outside one server that answers from new ports, and others."""
    scene.host("gateway", "192.168.7.1/24", link="lan0")
    scene.host("gateway", "192.168.9.1/24", link="wlan0", to="wlan")
    scene.host("gateway", "198.51.100.1/24", link="wan0", to="wan")
    scene.host("phone", "192.168.7.10/24")
    scene.host("laptop", "192.168.9.10/24", to="wlan")
    scene.host("server", "198.51.100.20/24", to="wan")
    scene.host("other", "198.51.100.21/24", to="wan")
    scene.forward("gateway", {"phone": ["192.168.7.1"], "laptop": ["192.168.9.1"]})
    scene.hosts["gateway"].run("nft", "-f", "-", input=NAT)
    scene.guard("gateway", "lan0", "wlan0", "wan0")
    scene.serve("tftpd-hpa", "server", "198.51.100.20")
    scene.serve("dnsmasq-single-port", "other", "198.51.100.21")


def _hypervisor_bridge(scene):
    """Guests without a tag, in VLAN 10 and in VLAN 20; behind the uplink a server for each."""
    scene.hosts["gate"] = scene.namespace("x-gate")
    scene.host("gate", link="eth0", to="uplink")
    scene.host("boot", "10.10.0.1/16", "10.10.0.2/16", "10.10.0.9/16", to="uplink")
    scene.host("boot10", "10.10.0.1/16", to="uplink", vlan=10)
    scene.host("trial", "10.20.0.1/16", to="uplink", vlan=20)
    scene.host("plain", "10.10.1.10/16", mac="52:54:00:00:0a:0a", to=("gate", "vnet0"))
    scene.host("tagged", "10.10.1.11/16", mac="52:54:00:00:0b:0b", to=("gate", "vnet1"), vlan=10)
    scene.host("tried", "10.20.1.12/16", mac="52:54:00:00:0c:0c", to=("gate", "vnet2"), vlan=20)
    scene.bridge("gate", "br0", "eth0", "vnet0", "vnet1", "vnet2")
    scene.guard("gate", "eth0", "vnet0", "vnet1", "vnet2")
    scene.serve("atftpd", "boot", "10.10.0.1", "10.10.0.9")
    scene.serve("dnsmasq", "boot10", "10.10.0.1")
    scene.serve("dnsmasq", "trial", "10.20.0.1")


def _phones(scene):
    """Two telephones, and a computer from elsewhere, at the server's own link."""
    scene.host("server", "10.30.0.1/16", "10.31.0.1/16", "fd00:30::1/64", "fd00:31::1/64", link="eth1")
    scene.host("phone", "10.30.1.10/16", "fd00:30::10/64", mac="00:1b:54:0a:0b:0c")
    scene.host("neighbour", "10.30.1.11/16", "fd00:30::11/64", mac="00:1b:54:0d:0e:0f")
    scene.host("computer", "10.31.0.10/16", "fd00:31::10/64", mac="00:1b:54:01:02:03")
    scene.guard("server", "eth1")
    scene.serve("tftpd-hpa", "server", "10.30.0.1", "10.31.0.1", "fd00:30::1", "fd00:31::1")


def _switch_backups(scene):
    """Two switches, a third one from elsewhere."""
    scene.host("server", "10.99.0.1/16", "fd00:99::1/64", "fd00:98::1/64")
    scene.host("switch", "10.99.0.10/24", "fd00:99::10/64")
    scene.host("neighbour", "10.99.0.11/24", "fd00:99::11/64")
    scene.host("elsewhere", "10.99.1.10/16", "fd00:98::10/64")
    scene.guard("server", "eth0")
    scene.serve("atftpd", "server", "10.99.0.1")
    scene.serve("tftpd-hpa", "server", "fd00:99::1", "fd00:98::1")


SCENES = {"pxe-server.conf": _pxe_server, "tftp-client.conf": _tftp_client, "router.conf": _router,
          "nat-gateway.conf": _nat_gateway, "hypervisor-bridge.conf": _hypervisor_bridge, "phones.conf": _phones,
          "switch-backups.conf": _switch_backups}
