# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot server and a machine in QEMU that boots from it, in namespaces of the test.

    server:eth0 === port0 | br0 | tap0 === the machine's network card     (bridge and machine in one namespace)
  stranger:eth0 === port1 |     |

The machine's firmware loads iPXE from the card's ROM; iPXE asks DHCP and loads a boot loader by TFTP (loaders.py); that
loads a kernel and an initial RAM disk by TFTP, which print a marker and power the machine off.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time

import loaders
from lab import netns, wait
from machine.console import Console
from machine.guest import QEMU
from witness import Witness

SERVER = "10.72.0.1"
MACHINE = "10.72.0.50"
STRANGER = "10.72.0.66"
PORTS = ("port0", "port1", "tap0")
HARDWARE_ADDRESS = "52:54:00:74:67:01"
UUID = "7469646e-6761-4065-8000-000000000001"
MEMORY_MB = 512
ROM = "/usr/lib/ipxe/qemu/pxe-e1000.rom"
# From the start of the machine on; what is awaited of it comes in half a minute, on a busy host later.
BOOT_SECONDS = 110
# How firmware, boot loaders and kernel say that this will not become a boot.
GIVES_UP = re.compile(r"Connection timed out|No more network devices|Boot failed|No bootable device|Unable to locate|failed: |"
                      r"error: |Kernel panic")
# dnsmasq's words for a file that was sent to its end, and for one that does not exist (ERROR 1).
SERVED = re.compile(r"dnsmasq-tftp\[\d+\]: (?:(sent)|file) \S+?/served/+(\S+)(?: not found)? (?:to|for) (\S+)")


class BootFailure(AssertionError):
    """The machine did not get where it should have got."""


class BootNetwork:
    """The namespaces `server`, `bridge` and `stranger`, a server of the loader's files, and a witness at the machine's card.

    seen_as    the address from which the server is asked
    """

    seen_as = MACHINE

    def __init__(self, loader, boot_menu=False):
        """`boot_menu`: DHCP names no file; the firmware asks for it at the boot server's port 4011."""
        self.loader = loader
        self.boot_menu = boot_menu
        self.namespaces = []
        self.processes = []
        self.directory = tempfile.mkdtemp(prefix=f"{netns.session_name()}-pxe-", dir="/tmp")
        try:
            self._build()
            self._provide_files()
            self._start_server()
            self.witness = Witness(self.bridge, "tap0")
        except BaseException:
            self.delete()
            raise

    @contextlib.contextmanager
    def boot(self):
        """A machine that boots while the block runs."""
        argv = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg",
                # The firmware shows its text screen, and that of iPXE and the loaders, on the serial port.
                "-machine", "pc,graphics=off", "-m", str(MEMORY_MB), "-cpu", "qemu64", "-uuid", UUID,
                "-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no",
                "-device", f"e1000,netdev=net,mac={HARDWARE_ADDRESS},romfile={ROM},bootindex=0",
                "-serial", "stdio"]
        with Console(argv, popen=lambda words, **options: self.bridge.popen(*words, **options)) as console:
            try:
                yield Boot(console)
            finally:
                with open(f"{self.directory}/console.log", "w", encoding="utf-8") as file:
                    file.write(console.text)

    def server_log(self):
        """What dnsmasq said so far."""
        with open(f"{self.directory}/server.log", encoding="utf-8", errors="replace") as log:
            return log.read()

    def served(self):
        """What the machine asked for and was answered, in the order of the answers, each once: [(name, is it there)]."""
        return list(dict.fromkeys((name, bool(sent)) for sent, name, client in SERVED.findall(self.server_log())
                                  if client == self.seen_as))

    def size(self, name):
        """The size of a file that is served."""
        return os.path.getsize(f"{self.directory}/served/{name}")

    def keep(self, directory):
        """Copy the console, the server's log and what the witness saw to a directory."""
        os.makedirs(directory, exist_ok=True)
        for name in ("console.log", "server.log"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(f"{self.directory}/{name}", directory)
        with open(f"{directory}/datagrams.log", "w", encoding="utf-8") as file:
            file.writelines(f"{datagram}\n" for datagram in self.witness.datagrams())

    def delete(self):
        """Remove namespaces, processes and files."""
        if hasattr(self, "witness"):
            self.witness.close()
        for namespace in self.namespaces:
            namespace.delete()
        for process in self.processes:
            process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _build(self):
        self.server, self.bridge, self.stranger = (self._namespace(role) for role in ("sv", "br", "st"))
        self.bridge.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up",
                       "tuntap add tap0 mode tap", "link set tap0 up")
        for namespace, port, address in ((self.server, "port0", SERVER), (self.stranger, "port1", STRANGER)):
            netns.veth(namespace, "eth0", self.bridge, port)
            namespace.ip(f"address add {address}/24 dev eth0")
        self.bridge.ip(*[f"link set {port} master br0" for port in PORTS])
        # The machine answers ARP in some stages only.
        self.stranger.ip(f"neighbour add {MACHINE} lladdr {HARDWARE_ADDRESS} dev eth0 nud permanent")

    def _namespace(self, role):
        namespace = netns.Namespace(role)
        self.namespaces.append(namespace)
        return namespace

    def _provide_files(self):
        served = f"{self.directory}/served"
        os.mkdir(served)
        loaders.provide_system(served)
        self.loader.provide(served)
        subprocess.run(["chmod", "-R", "a+rX", self.directory], check=True)

    def _start_server(self):
        names_file = (["--pxe-service=x86PC,test," + self.loader.boot_file.removesuffix(".0")] if self.boot_menu
                      else ["--dhcp-boot=" + self.loader.boot_file])
        self._dnsmasq(self.server, "eth0", (SERVER, 69), *self._dhcp(), *names_file, *self._tftp())

    def _dhcp(self):
        return ("--log-dhcp", "--no-ping", f"--dhcp-leasefile={self.directory}/leases", f"--dhcp-range={MACHINE},{MACHINE}",
                f"--dhcp-host={HARDWARE_ADDRESS},{MACHINE}")

    def _tftp(self):
        return "--enable-tftp", f"--tftp-root={self.directory}/served"

    def _dnsmasq(self, namespace, interface, bound, *words):
        """A dnsmasq at the interface, which serves as soon as it is bound to (address, port)."""
        with open(f"{self.directory}/server.log", "ab") as log:
            process = namespace.popen(
                "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--pid-file=", "--user=root",
                "--port=0", "--bind-dynamic", f"--interface={interface}", *words,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.processes.append(process)
        wait.until(lambda: namespace.udp_port_bound(*bound) or process.poll() is not None, "dnsmasq serves")
        assert process.poll() is None, self.server_log()


class Boot:
    """A machine that boots; all that is awaited of it has one deadline."""

    def __init__(self, console):
        self._console = console
        self._deadline = time.monotonic() + BOOT_SECONDS

    @property
    def text(self):
        """What it has shown so far."""
        return self._console.text

    def until(self, check, what, may_give_up=False):
        """Wait until check() is true. Raises BootFailure when the machine gives up or ends first, or too late."""
        while not check():
            if not may_give_up and (words := GIVES_UP.search(self.text)):
                raise BootFailure(f"the machine gave up ({words[0]}) before this: {what}\n{self.text}")
            if self._console.at_end or time.monotonic() > self._deadline:
                why = "the machine ended" if self._console.at_end else f"{BOOT_SECONDS} s had passed"
                raise BootFailure(f"{why} before this: {what}\n{self.text}")
            self._console.read(time.monotonic() + 0.05)

    def until_shown(self, words, may_give_up=False):
        """Wait until it shows these words."""
        self.until(lambda: words in self.text, f"it shows: {words}", may_give_up)


def delete_dead_directories():
    """Remove the files of sessions that were killed before they could clean up."""
    names = [name for name in os.listdir("/tmp") if re.match(rf"{netns.PREFIX}-\d+-pxe-", name)]
    dead = netns.dead_sessions(names)
    for name in names:
        if "-".join(name.split("-")[:2]) in dead:
            shutil.rmtree(f"/tmp/{name}", ignore_errors=True)
