# SPDX-License-Identifier: GPL-2.0-or-later
"""Network namespaces whose names begin with the test session, and what is done inside them.

Commands run through `nsenter --net=`, because `ip netns exec` remounts /sys and hides the bpffs.
"""

import contextlib
import ctypes
import json
import os
import re
import signal
import socket
import struct
import subprocess
import time

from . import wait

NETNS_DIR = "/run/netns"
PREFIX = "tg"
CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def session_name():
    """The prefix of everything that this process makes: tg-<pid>."""
    return f"{PREFIX}-{os.getpid()}"


class Namespace:
    """One network namespace, `tg-<pid>-<role>`. Made by the constructor, removed by delete()."""

    def __init__(self, role):
        self.name = f"{session_name()}-{role}"
        self.path = f"{NETNS_DIR}/{self.name}"
        delete(self.name)
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        # No duplicate address detection, so that no address stays tentative. Link-local addresses are
        # needed: a router sends its neighbour solicitations from them.
        self.sysctl({"net.ipv6.conf.all.accept_dad": 0, "net.ipv6.conf.default.accept_dad": 0,
                     "net.ipv6.conf.default.router_solicitations": 0})
        self.ip("link set lo up")

    def argv(self, command):
        """The command line that runs `command` (a list) inside."""
        return ["nsenter", f"--net={self.path}", "--", *map(str, command)]

    def run(self, *command, check=True, timeout=30, **options):
        """Run a command inside and return the completed process with its output as text."""
        options.setdefault("capture_output", True)
        options.setdefault("text", True)
        done = subprocess.run(self.argv(command), timeout=timeout, check=False, **options)
        if check and done.returncode:
            raise AssertionError(f"{self.name}: {' '.join(map(str, command))}: exit {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def popen(self, *command, **options):
        """Start a command inside."""
        return subprocess.Popen(self.argv(command), **options)

    def ip(self, *lines):
        """Run lines of `ip -batch`, each without the leading word ip."""
        self.run("ip", "-batch", "-", input="".join(line + "\n" for line in lines))

    def ip_json(self, *arguments):
        """The JSON that `ip -j ARGUMENTS` prints."""
        return json.loads(self.run("ip", "-j", *arguments).stdout or "[]")

    def sysctl(self, settings):
        """Set sysctls of this namespace."""
        self.run("sysctl", "-q", *[f"{name}={value}" for name, value in settings.items()])

    @contextlib.contextmanager
    def entered(self):
        """The calling thread is inside while the block runs; sockets made there stay inside."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(self.path, "rb") as there:
            _setns(there.fileno())
            try:
                yield self
            finally:
                _setns(home.fileno())

    def wait_for_addresses(self):
        """Wait until every Ethernet link has its link-local address, no address is tentative, and all are routed.

        Even without duplicate address detection an IPv6 address gets its route from a work queue, which may be late.
        """
        def settled():
            links = self.ip_json("address", "show")
            entries = [entry for link in links if "UP" in link["flags"] for entry in link["addr_info"]]
            ours = {entry["local"] for entry in entries if entry["family"] == "inet6" and entry["scope"] == "global"}
            return (not any(entry.get("tentative") for entry in entries)
                    and all(any(entry["scope"] == "link" for entry in link["addr_info"])
                            for link in links if link["link_type"] == "ether")
                    and (not ours or ours <= self._routed_here()))

        wait.until(settled, f"the addresses of {self.name} are usable")

    def _routed_here(self):
        """The IPv6 addresses whose packets this namespace takes for its own."""
        return {route["dst"] for route in self.ip_json("-6", "route", "show", "table", "local")}

    def udp_port_bound(self, address, port):
        """True when a UDP socket is bound to exactly this address and port here."""
        host = f"[{address}]" if ":" in address else address
        return f" {host}:{port} " in self.run("ss", "-Hlun").stdout

    def delete(self):
        """Kill what still runs inside, and remove the namespace with its links."""
        delete(self.name)


def veth(left, left_link, right, right_link):
    """Join two namespaces with a veth pair, both ends up.

    Transmit checksums are filled in software and VLAN tags put into the frame, as a NIC would put them on the wire: a
    veth otherwise carries partial checksums, and tags beside the frame, which no real wire does.
    """
    left.ip(f"link add {left_link} type veth peer name {right_link} netns {right.name}")
    for namespace, link in ((left, left_link), (right, right_link)):
        namespace.ip(f"link set {link} up")
        namespace.run("ethtool", "-K", link, "tx", "off", "txvlan", "off")


def delete(name):
    """Remove one namespace, whatever runs inside. Only for names that this harness makes."""
    if not re.match(rf"{PREFIX}-\d+-", name):
        raise ValueError(f"{name} was not made here")
    if not os.path.exists(f"{NETNS_DIR}/{name}"):
        return
    empty(name)
    subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def empty(name):
    """Kill whatever runs inside a namespace that this harness made."""
    wait.until(lambda: not _kill_inside(name), f"the processes in {name} end", interval=0.01)


def delete_session(prefix=None):
    """Remove all namespaces of a session (default: this one)."""
    prefix = (prefix or session_name()) + "-"
    for name in _names():
        if name.startswith(prefix):
            delete(name)


def dead_sessions(names):
    """Of names that begin with tg-<pid>-, the sessions whose process no longer exists."""
    sessions = {match[0] for match in (re.match(rf"{PREFIX}-(\d+)", name) for name in names) if match}
    return {session for session in sessions if not os.path.exists(f"/proc/{session.split('-')[1]}")}


def delete_dead_sessions():
    """Remove what sessions left behind that were killed before they could clean up."""
    for session in dead_sessions(_names()):
        delete_session(session)


def _names():
    return os.listdir(NETNS_DIR) if os.path.isdir(NETNS_DIR) else []


def kill_family(process):
    """Kill a process that this harness started, with its children; stopped, it has no more of them."""
    process.send_signal(signal.SIGSTOP)
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        children = [int(pid) for pid in file.read().split()]
    for pid in (process.pid, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _kill_inside(name):
    listed = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=False)
    pids = [int(pid) for pid in listed.stdout.split() if int(pid) != os.getpid()]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return pids


def _setns(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


# ---- a link made without any program between the test and the kernel -------------------------------------------------

_RTM_NEWLINK, _REQUEST_CREATE = 16, 0x1 | 0x4 | 0x200 | 0x400
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_NET_NS_FD = 3, 18, 28
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1


def _attribute(kind, value):
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + bytes(-length % 4)


def make_veth(namespace, name, peer_namespace, peer_name):
    """A veth pair, as `ip link add` makes it; returns when the kernel was asked for it, in seconds since 1970."""
    nothing = struct.pack("=BxHiII", 0, 0, 0, 0, 0)
    with open(peer_namespace.path, "rb") as there, namespace.entered():
        route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        peer = (nothing + _attribute(_IFLA_IFNAME, peer_name.encode() + b"\0")
                + _attribute(_IFLA_NET_NS_FD, struct.pack("=I", there.fileno())))
        info = _attribute(_INFO_KIND, b"veth\0") + _attribute(_INFO_DATA, _attribute(_VETH_PEER, peer))
        body = nothing + _attribute(_IFLA_IFNAME, name.encode() + b"\0") + _attribute(_IFLA_LINKINFO, info)
        message = struct.pack("=IHHII", 16 + len(body), _RTM_NEWLINK, _REQUEST_CREATE, 1, 0) + body
        with route:
            begun = time.time()
            route.send(message)
            answer = route.recv(4096)
    error = struct.unpack_from("=i", answer, 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))
    return begun
