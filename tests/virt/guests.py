# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests: machines that libvirtd starts in QEMU under software emulation, and what they show on their serial port.

A Netboot guest boots from the ROM of its network card. A Scripted one runs iPXE with a script, so that its very first
datagram can be any. A Plugged one gets its network card while it runs.
"""

import contextlib
import os
import struct
import time

from loaders import KERNEL_OPTIONS, KERNEL_SERIES
from machine import initramfs, kernels
from netboot import HARDWARE_ADDRESS, MACHINE, QEMU, ROM, SERVER, Boot

IPXE = "/boot/ipxe.lkrn"
DOMAIN = """<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
<name>{name}</name>{identity}<memory unit='MiB'>{memory}</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type>{boot}<bios useserial='yes'/></os><features><acpi/></features>
<cpu mode='custom' match='exact'><model>qemu64</model></cpu>
<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>
<devices>
<emulator>/usr/bin/{emulator}</emulator>
{card}
<serial type='file'><source path='{console}'/></serial>
<memballoon model='none'/>
</devices>
<qemu:commandline>{objects}</qemu:commandline>
</domain>
"""
CARD = """<interface type='network'><mac address='{mac}'/><source network='{network}'/>{target}<model type='e1000'/>{rom}</interface>"""
# It waits for a network card, and for a file that says that it may go on, and fetches another; then for the card to go.
PLUGGED_INIT = """#!/bin/busybox sh
export PATH=/bin
/bin/busybox mkdir -p /dev /sys
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
exec >/dev/ttyS0 2>&1
for module in /modules/*.ko; do insmod "$module"; done
echo "waits for a card"
until [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
ip address add {address}/24 dev eth0
ip link set eth0 up
until tftp -g -r go -l /go {server} 2>/dev/null; do sleep 0.2; done
tftp -g -r {file} -l /fetched {server}
sha256sum /fetched
while [ -e /sys/class/net/eth0 ]; do sleep 0.2; done
echo "card is gone"
sleep 1000
"""


def _object(text):
    return f"<qemu:arg value='-object'/><qemu:arg value='{text}'/>"


class Guest:
    """One guest. start() returns when libvirtd says that it runs.

    network     the name of libvirt's network
    target      the name of its interface on the host; libvirt's own choice (vnetN) if None
    slow_us     packets wait up to so long, both ways
    """

    memory = 512
    boot = "<boot dev='network'/>"
    rom = f"<rom file='{ROM}'/>"

    def __init__(self, hypervisor, name, network, mac=HARDWARE_ADDRESS, target=None, slow_us=0, uuid=None):
        self.hypervisor, self.name, self.network, self.mac, self.target = hypervisor, name, network, mac, target
        self.uuid, self.slow_us = uuid, slow_us
        self.console = f"{hypervisor.directory}/{name}.console"
        self.frames_file = f"{hypervisor.directory}/{name}.pcap"
        self._pid = None

    def start(self, *how):
        """`virsh create`: what `virsh start` does, and afterwards nothing of it stays. `how`: its options, such as --paused."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.console)
        path = f"{self.hypervisor.directory}/{self.name}.xml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(self._xml())
        self.hypervisor.virsh("create", *how, path)
        with open(self.hypervisor.path(f"/run/libvirt/qemu/{self.name}.pid"), encoding="ascii") as file:
            self._pid = int(file.read())
        return self

    def destroy(self):
        """`virsh destroy`: as if its plug were pulled."""
        self.hypervisor.virsh("destroy", self.name)

    @contextlib.contextmanager
    def running(self, *how):
        """It runs while the block does, started as start() says; a Boot to wait with."""
        self.start(*how)
        try:
            yield Boot(_Serial(self))
        finally:
            if self.alive():
                self.hypervisor.virsh("destroy", self.name, check=False)

    def alive(self):
        """Is its QEMU there?"""
        return self._pid is not None and os.path.exists(f"/proc/{self._pid}")

    def interface(self):
        """The name of its interface on the host."""
        return self.hypervisor.virsh("domiflist", self.name).split()[0]

    def frames(self):
        """What its card has sent and received so far, by QEMU's own record (pcap, classic)."""
        with open(self.frames_file, "rb") as file:
            content = file.read()
        at = 24
        while at + 16 <= len(content):
            length = struct.unpack_from("=I", content, at + 8)[0]
            yield content[at + 16:at + 16 + length]
            at += 16 + length

    def sent_datagrams(self):
        """(destination port, payload) of the UDP datagrams over IPv4 that it has sent."""
        own = bytes.fromhex(self.mac.replace(":", ""))
        return [(int.from_bytes(frame[36:38], "big"), frame[42:]) for frame in self.frames()
                if frame[6:12] == own and frame[12:14] == b"\x08\0" and frame[23] == 17]

    def _card(self):
        """What the XML says of its network card: the device, and what QEMU does with its packets."""
        objects = _object(f"filter-dump,id=dump,netdev=hostnet0,file={self.frames_file}")
        if self.slow_us:
            objects += _object(f"filter-buffer,id=slow,netdev=hostnet0,interval={self.slow_us}")
        return CARD.format(mac=self.mac, network=self.network, rom=self.rom,
                           target=f"<target dev='{self.target}'/>" if self.target else ""), objects

    def _xml(self):
        card, objects = self._card()
        return DOMAIN.format(name=self.name, memory=self.memory, boot=self.boot, card=card,
                             identity=f"<uuid>{self.uuid}</uuid>" if self.uuid else "",
                             console=self.console, emulator=QEMU, objects=objects)


class Scripted(Guest):
    """iPXE with a script; each line is one of its commands."""

    memory = 128
    rom = "<rom enabled='no'/>"

    def __init__(self, hypervisor, name, network, *lines, **how):
        super().__init__(hypervisor, name, network, **how)
        script = f"{hypervisor.directory}/{name}.ipxe"
        with open(script, "w", encoding="ascii") as file:
            file.write("\n".join(["#!ipxe", *lines, "shell"]) + "\n")
        self.boot = f"<kernel>{IPXE}</kernel><initrd>{script}</initrd>"


class Plugged(Guest):
    """Linux without a network card until plug_in(). As soon as `go` is served it fetches `file`, and shows its SHA-256."""

    memory = 256

    def __init__(self, hypervisor, name, network, file):
        super().__init__(hypervisor, name, network)
        kernel = kernels.get(KERNEL_SERIES)
        archive = initramfs.Archive()
        archive.program("/usr/bin/busybox", "bin/busybox")
        archive.file("init", PLUGGED_INIT.format(address=MACHINE, server=SERVER, file=file).encode())
        for number, (module, content) in enumerate(initramfs.modules(kernel.modules, ("virtio_pci", "virtio_net"))):
            archive.file(f"modules/{number:02}-{module}.ko", content, 0o644)
        ram_disk = f"{hypervisor.directory}/{name}.initrd"
        archive.write(ram_disk)
        self.boot = f"<kernel>{kernel.image}</kernel><initrd>{ram_disk}</initrd><cmdline>{KERNEL_OPTIONS}</cmdline>"

    def plug_in(self):
        """It gets a network card."""
        self.hypervisor.virsh("attach-interface", self.name, "network", self.network, "--model", "virtio", "--mac", self.mac)

    def pull_out(self):
        """Its network card is taken away, as soon as the guest agrees."""
        self.hypervisor.virsh("detach-interface", self.name, "bridge", "--mac", self.mac)

    def _card(self):
        return "", ""


class _Serial:
    """The guest's serial port as a Console for Boot."""

    def __init__(self, guest):
        self.guest = guest
        self.at_end = False  # nothing more will come

    @property
    def text(self):
        """What it has shown so far."""
        try:
            with open(self.guest.console, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def read(self, deadline):
        """Wait until `deadline` (time.monotonic()) for more output."""
        self.at_end = not self.guest.alive()
        time.sleep(max(0.0, min(0.05, deadline - time.monotonic())))
