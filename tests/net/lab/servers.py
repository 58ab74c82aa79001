# SPDX-License-Identifier: GPL-2.0-or-later
"""The TFTP servers, started in the foreground on one address of a namespace."""

import os
import socket
import subprocess

from . import wait

# atftpd is unpacked there by tools/install-deps, since the packages atftpd and tftpd-hpa conflict.
ATFTPD = os.environ.get("TIDEGATE_ATFTPD", "/var/cache/tidegate/atftpd/usr/sbin/atftpd")


class Server:
    """A server program. `options` are those that it can agree to; `writes`: it takes uploads."""

    name = ""
    writes = True
    options = frozenset()

    def block_size(self, family, asked):
        """The block size that it grants over Ethernet when a client asks for `asked`."""
        return asked

    def argv(self, family, address, directory):
        """The command line; the server may read and write below `directory`."""
        raise NotImplementedError

    def standard_input(self, namespace, family, address):
        """What it gets as its standard input: an open file or socket."""
        return open(os.devnull, "rb")

    def start(self, namespace, family, address, directory):
        """Start it and return its process once it listens on port 69."""
        with open(f"{directory}.{self.name}.log", "wb") as log, \
                self.standard_input(namespace, family, address) as stdin:
            process = namespace.popen(*self.argv(family, address, directory), stdin=stdin.fileno(),
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
    """atftpd: a thread and port for each request.

    By itself it listens on IPv4 only; over IPv6 it serves a socket that it inherits, as from inetd, and then answers
    from the host's preferred address.
    """

    name = "atftpd"
    options = frozenset({"blksize", "windowsize", "timeout", "tsize", "netascii"})

    def argv(self, family, address, directory):
        how = ["--daemon", "--no-fork", "--bind-address", address] if family == 4 else ["--tftpd-timeout", "0"]
        return [ATFTPD, *how, "--user", "root.root", "--logfile", "/dev/stderr", directory]

    def standard_input(self, namespace, family, address):
        if family == 4:
            return super().standard_input(namespace, family, address)
        with namespace.entered():
            listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        listener.bind((address, 69))
        return listener


class Dnsmasq(Server):
    """dnsmasq: one process, a port for each request, read only, and no block larger than the MTU."""

    name = "dnsmasq"
    writes = False
    options = frozenset({"blksize", "tsize", "netascii"})
    extra = ()

    def block_size(self, family, asked):
        return min(asked, 1500 - {4: 20, 6: 40}[family] - 12)

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
