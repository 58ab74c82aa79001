# SPDX-License-Identifier: GPL-2.0-or-later
"""The TFTP servers, started in the foreground on one address of a namespace."""

import os
import subprocess

from . import wait

# atftpd is unpacked there by tools/install-deps, since the packages atftpd and tftpd-hpa conflict.
ATFTPD = os.environ.get("TIDEGATE_ATFTPD", "/var/cache/tidegate/atftpd/usr/sbin/atftpd")


class Server:
    """A server program. `options` are those that it can agree to; `writes`: it takes uploads."""

    name = ""
    families = (4, 6)
    writes = True
    options = frozenset()

    def argv(self, family, address, directory):
        """The command line; the server may read and write below `directory`."""
        raise NotImplementedError

    def start(self, namespace, family, address, directory):
        """Start it and return its process once it listens on port 69."""
        log = open(f"{directory}.{self.name}.log", "wb")
        with log:
            process = namespace.popen(*self.argv(family, address, directory), stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=subprocess.STDOUT)
        wait.until(lambda: namespace.udp_port_bound(address, 69) or process.poll() is not None,
                   f"{self.name} listens on {address}")
        if process.poll() is not None:
            with open(log.name, encoding="utf-8", errors="replace") as text:
                raise AssertionError(f"{self.name} ended at once: {text.read()}")
        return process


class TftpdHpa(Server):
    """tftpd-hpa: a new process and port for each request."""

    name = "tftpd-hpa"
    options = frozenset({"blksize", "timeout", "tsize", "netascii"})

    def argv(self, family, address, directory):
        host = f"[{address}]" if family == 6 else address
        return ["in.tftpd", "-L", f"-{family}", "--address", f"{host}:69", "--create", "--secure", directory]


class Atftpd(Server):
    """atftpd: a thread and port for each request; listens on IPv4 only when it runs alone."""

    name = "atftpd"
    families = (4,)
    options = frozenset({"blksize", "windowsize", "timeout", "tsize", "netascii"})

    def argv(self, family, address, directory):
        return [ATFTPD, "--daemon", "--no-fork", "--bind-address", address, "--user", "root.root",
                "--logfile", "-", directory]


class Dnsmasq(Server):
    """dnsmasq: one process, a port for each request, read only."""

    name = "dnsmasq"
    writes = False
    options = frozenset({"blksize", "windowsize", "timeout", "tsize", "netascii"})
    extra = ()

    def argv(self, family, address, directory):
        # --bind-dynamic: with --bind-interfaces, a single-port dnsmasq never answers over IPv4.
        return ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null",
                "--pid-file=", "--user=root", "--port=0", "--bind-dynamic", f"--listen-address={address}",
                "--enable-tftp", f"--tftp-root={directory}", *self.extra]


class DnsmasqSinglePort(Dnsmasq):
    """dnsmasq that answers from port 69 for the whole transfer."""

    name = "dnsmasq-single-port"
    extra = ("--tftp-single-port",)


SERVERS = {server.name: server for server in (TftpdHpa(), Atftpd(), Dnsmasq(), DnsmasqSinglePort())}
