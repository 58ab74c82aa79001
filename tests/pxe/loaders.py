# SPDX-License-Identifier: GPL-2.0-or-later
"""What the boot server serves: a Debian kernel, an initial RAM disk that prints MARKER, and a boot loader for them."""

import os
import shutil
import subprocess
import uuid

from machine import initramfs, kernels

MARKER = "tidegate test machine has booted"
KERNEL_SERIES = "6.1"
KERNEL = "vmlinuz"
RAM_DISK = "initrd"
# QEMU's processor has none of the faults that the mitigations guard against.
KERNEL_OPTIONS = "console=ttyS0 panic=-1 quiet mitigations=off"
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /dev
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox echo "{MARKER}" >/dev/ttyS0
/bin/busybox stty -F /dev/ttyS0 drain
/bin/busybox poweroff -f
"""


class Pxelinux:
    """pxelinux, which searches its configuration under ever more general names and finds `default` last."""

    name = "pxelinux"
    boot_file = "pxelinux.0"
    configuration_file = "pxelinux.cfg/default"
    programs = ("/usr/lib/PXELINUX/pxelinux.0", "/usr/lib/syslinux/modules/bios/ldlinux.c32")
    configuration = f"DEFAULT test\nLABEL test\n  KERNEL {KERNEL}\n  INITRD {RAM_DISK}\n  APPEND {KERNEL_OPTIONS}\n"

    def provide(self, directory):
        """Put the loader and its configuration there."""
        os.makedirs(f"{directory}/pxelinux.cfg")
        for path in self.programs:
            shutil.copy(path, directory)
        _write(f"{directory}/{self.configuration_file}", self.configuration)

    def asks(self, machine_id, hardware_address, address):
        """What it asks for, in its order: [(name, is it there)]."""
        # The ROM hands the identifier on as it is in the SMBIOS table, where the first fields have their low bytes first.
        as_sent = uuid.UUID(bytes=uuid.UUID(machine_id).bytes_le)
        searched = [str(as_sent), *_general_names(hardware_address, address)]
        return [(self.boot_file, True), ("ldlinux.c32", True), *[(f"pxelinux.cfg/{name}", False) for name in searched],
                (self.configuration_file, True), (KERNEL, True), (RAM_DISK, True)]


class Grub:
    """GRUB's network image, which loads its modules and its configuration from the server."""

    name = "grub"
    boot_file = "boot/grub/i386-pc/core.0"
    configuration_file = "boot/grub/grub.cfg"
    configuration = f"linux /{KERNEL} {KERNEL_OPTIONS}\ninitrd /{RAM_DISK}\nboot\n"

    def provide(self, directory):
        """Make the image, put its modules beside it, and its configuration where the image looks for it."""
        subprocess.run(["grub-mknetdir", f"--net-directory={directory}", "--subdir=boot/grub",
                        "--directory=/usr/lib/grub/i386-pc"], check=True, capture_output=True, timeout=60)
        _write(f"{directory}/{self.configuration_file}", self.configuration)

    def asks(self, machine_id, hardware_address, address):
        """What it asks for, in its order, as far as that does not depend on GRUB's version: [(name, is it there)]."""
        searched = [f"{self.configuration_file}-{name}" for name in _general_names(hardware_address, address)]
        return [(self.boot_file, True), ("boot/grub/i386-pc/normal.mod", True), *[(name, False) for name in searched],
                (self.configuration_file, True), ("boot/grub/i386-pc/linux.mod", True), (KERNEL, True), (RAM_DISK, True)]


def _general_names(hardware_address, address):
    """Under these names loaders look for a configuration: the hardware address, ever fewer digits of the IP address."""
    digits = "".join(f"{int(part):02X}" for part in address.split("."))
    return ["01-" + hardware_address.replace(":", "-"), *[digits[:count] for count in range(len(digits), 0, -1)]]


def provide_system(directory):
    """Put the kernel and the initial RAM disk there."""
    shutil.copy(kernels.get(KERNEL_SERIES).image, f"{directory}/{KERNEL}")
    archive = initramfs.Archive()
    archive.program("/usr/bin/busybox", "bin/busybox")
    archive.file("init", INIT.encode())
    archive.write(f"{directory}/{RAM_DISK}")


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
