# SPDX-License-Identifier: GPL-2.0-or-later
"""The files in examples/netfilter, each loaded by the program that it is for, in a namespace."""

import os
import shutil
import subprocess

from . import wait
from .gate import ROOT

DIRECTORY = os.path.join(ROOT, "examples", "netfilter")
START_S = 30

BUS = """<busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/>
<allow receive_type="signal"/></policy></busconfig>
"""


def path(name):
    """Of a file that is shipped."""
    return os.path.join(DIRECTORY, name)


def text(name):
    """What is in it."""
    with open(path(name), encoding="utf-8") as file:
        return file.read()


def nftables(namespace, _base):
    """nft -f, twice: it replaces what it has loaded itself."""
    for _ in range(2):
        namespace.run("nft", "-f", path("nftables.nft"))


def bridge(namespace, _base):
    """The same for a bridge."""
    namespace.run("nft", "-f", path("bridge.nft"))


def _iptables(namespace, kind):
    for program in ("iptables", "ip6tables"):
        namespace.run(f"{program}-{kind}-restore", "--noflush", input=text(f"{program}.rules"))


def iptables_nft(namespace, _base):
    """iptables over nftables."""
    _iptables(namespace, "nft")


def iptables_legacy(namespace, _base):
    """iptables of its own."""
    _iptables(namespace, "legacy")


def ufw(namespace, base):
    """The real ufw with its own files, in copies: first its rules as they come, then those that are shipped, too."""
    shutil.copytree("/etc/ufw", f"{base}/ufw")
    with open("/etc/default/ufw", encoding="utf-8") as file:
        defaults = file.read().replace("IPT_SYSCTL=/etc/ufw/sysctl.conf", "IPT_SYSCTL=")
    with open(f"{base}/ufw-defaults", "w", encoding="utf-8") as file:
        file.write(defaults)

    def command(*words):
        namespace.run("unshare", "--mount", "sh", "-ec", 'mount --bind "$1/ufw" /etc/ufw; '
                      'mount --bind "$1/ufw-defaults" /etc/default/ufw; shift; exec ufw "$@"', "-", base, *words)

    command("--force", "enable")
    command("allow", "69/udp")
    command("route", "allow", "proto", "udp", "to", "any", "port", "69")
    for name in ("before.rules", "before6.rules"):
        with open(f"{base}/ufw/{name}", "a", encoding="utf-8") as file:
            file.write(text(f"ufw-{name}"))
    command("reload")


def firewalld(namespace, base):
    """The real firewalld on a message bus of its own, with its own files, in a copy. Returns its processes."""
    with open(f"{base}/bus.conf", "w", encoding="utf-8") as file:
        file.write(BUS % f"{base}/bus")
    shutil.copytree("/etc/firewalld", f"{base}/firewalld")
    there = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={base}/bus"}
    quiet = {"env": there, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    bus = namespace.popen("dbus-daemon", "--nofork", "--nopidfile", "--nosyslog", f"--config-file={base}/bus.conf",
                          **quiet)
    wait.until(lambda: os.path.exists(f"{base}/bus"), "the message bus is there")
    daemon = namespace.popen("firewalld", "--nofork", "--nopid", "--system-config", f"{base}/firewalld",
                             "--log-target", "file", "--log-file", f"{base}/firewalld.log", **quiet)
    wait.until(lambda: namespace.run("firewall-cmd", "--state", env=there, check=False).returncode == 0,
               "firewalld runs", seconds=START_S)
    namespace.run("firewall-cmd", "--permanent", "--add-port=69/udp", env=there)
    namespace.run(path("firewalld.sh"), env=there)
    return [daemon, bus]


# What each of these loads.
FILES = {
    nftables: ("nftables.nft",),
    bridge: ("bridge.nft",),
    iptables_nft: ("iptables.rules", "ip6tables.rules"),
    iptables_legacy: ("iptables.rules", "ip6tables.rules"),
    ufw: ("ufw-before.rules", "ufw-before6.rules"),
    firewalld: ("firewalld.sh",),
}
