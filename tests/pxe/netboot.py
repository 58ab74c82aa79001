# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot server and a machine in QEMU that boots from it, in namespaces of the test.

    server:eth0 === port0 | br0 | tap0 === the machine's network card     (bridge and machine in one namespace)
  stranger:eth0 === port1 |     |

The machine's firmware loads iPXE from the card's ROM; iPXE asks DHCP and loads pxelinux by TFTP; pxelinux searches its
configuration, then loads a kernel and an initial RAM disk by TFTP; these print MARKER and power the machine off.
"""

import os
import shutil
import subprocess
import tempfile

from lab import netns, wait
from machine import initramfs, kernels
from machine.console import Console
from machine.guest import QEMU

SERVER = "10.72.0.1"
MACHINE = "10.72.0.50"
STRANGER = "10.72.0.66"
PORTS = ("port0", "port1", "tap0")
HARDWARE_ADDRESS = "52:54:00:74:67:01"
MARKER = "tidegate test machine has booted"
KERNEL_SERIES = "6.1"
MEMORY_MB = 512
ROM_DIRECTORIES = ("/usr/lib/ipxe/qemu", "/usr/share/qemu")
SYSLINUX_FILES = ("/usr/lib/PXELINUX/pxelinux.0", "/usr/lib/syslinux/modules/bios/ldlinux.c32")
CONFIGURATION = f"""SERIAL 0
DEFAULT test
LABEL test
  KERNEL vmlinuz
  INITRD initrd
  APPEND console=ttyS0 panic=-1 quiet
"""
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /dev
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox echo "{MARKER}" >/dev/ttyS0
/bin/busybox poweroff -f
"""


class BootNetwork:
    """The namespaces `server`, `bridge` and `stranger`, and the files that the server serves."""

    def __init__(self):
        self.namespaces = []
        self.directory = tempfile.mkdtemp(prefix=netns.session_name() + "-pxe-", dir="/tmp")
        self.processes = []
        try:
            self._build()
            self._provide_files()
        except BaseException:
            self.delete()
            raise

    def start_server(self):
        """Start dnsmasq as DHCP and TFTP server, and wait until it serves."""
        with open(f"{self.directory}/dnsmasq.log", "wb") as log:
            process = self.server.popen(
                "dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--pid-file=", "--user=root",
                "--port=0", "--bind-dynamic", "--interface=eth0", "--log-dhcp",
                f"--dhcp-leasefile={self.directory}/leases", f"--dhcp-range={MACHINE},{MACHINE}",
                f"--dhcp-host={HARDWARE_ADDRESS},{MACHINE}", "--dhcp-boot=pxelinux.0",
                "--enable-tftp", f"--tftp-root={self.directory}/served",
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.processes.append(process)
        wait.until(lambda: self.server.udp_port_bound(SERVER, 69) or process.poll() is not None, "dnsmasq serves")
        assert process.poll() is None, self.server_log()

    def machine(self):
        """A started machine, as a Console to be used in a `with` statement."""
        rom = next(path for directory in ROM_DIRECTORIES
                   if os.path.exists(path := f"{directory}/pxe-e1000.rom"))
        argv = [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg",
                # The firmware shows its text screen, and that of iPXE and pxelinux, on the serial port.
                "-machine", "pc,graphics=off", "-m", str(MEMORY_MB), "-cpu", "max",
                "-netdev", "tap,id=net,ifname=tap0,script=no,downscript=no",
                "-device", f"e1000,netdev=net,mac={HARDWARE_ADDRESS},romfile={rom},bootindex=0",
                "-serial", "stdio"]
        return Console(argv, popen=lambda words, **options: self.bridge.popen(*words, **options))

    def server_log(self):
        """What dnsmasq said so far."""
        with open(f"{self.directory}/dnsmasq.log", encoding="utf-8", errors="replace") as log:
            return log.read()

    def delete(self):
        """Remove namespaces, processes and files."""
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

    def _namespace(self, role):
        namespace = netns.Namespace(role)
        self.namespaces.append(namespace)
        return namespace

    def _provide_files(self):
        served = f"{self.directory}/served"
        os.makedirs(f"{served}/pxelinux.cfg")
        for path in SYSLINUX_FILES:
            shutil.copy(path, served)
        shutil.copy(kernels.get(KERNEL_SERIES).image, f"{served}/vmlinuz")
        archive = initramfs.Archive()
        archive.program("/usr/bin/busybox", "bin/busybox")
        archive.file("init", INIT.encode())
        archive.write(f"{served}/initrd")
        with open(f"{served}/pxelinux.cfg/default", "w", encoding="ascii") as file:
            file.write(CONFIGURATION)
        subprocess.run(["chmod", "-R", "a+rX", self.directory], check=True)
