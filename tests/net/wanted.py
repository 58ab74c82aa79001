# SPDX-License-Identifier: GPL-2.0-or-later
"""What is asked for in the place of each file in examples/ (lab/scenes.py), and what the file has to make of it."""

import pytest

from lab.asked import Asked

MIB = 1 << 20
LARGE = 2 * MIB  # long enough to be held in the middle

PXE = [
    Asked("machine", "server", "pxelinux.0", "boot loaders", client="tftp-hpa"),
    Asked("machine", "server", "ldlinux.c32", "boot loaders", client="atftp", options={"blksize": 1408}),
    Asked("machine", "server", "grub/x86_64-efi/normal.mod", "boot loaders", client="busybox"),
    Asked("machine", "server", "pxelinux.cfg/01-52-54-00-12-34-56", "configuration", hooks=True),
    Asked("guest", "server", "pxelinux.cfg/01-52-54-00-ab-cd-ef", "configuration", hooks=True),
    Asked("guest", "server", "pxelinux.cfg/01-52-54-00-AB-CD-EF", "configuration", hooks=True, client="tftp-hpa"),
    Asked("machine", "server", "pxelinux.cfg/0A47010A", "configuration"),
    Asked("machine", "server", "pxelinux.cfg/0A47", "configuration"),
    Asked("machine", "server", "pxelinux.cfg/default", "configuration"),
    Asked("machine", "server", "pxelinux.cfg/564d9d1e-0a0b-11ee-9c3b-525400123456", "configuration"),
    Asked("machine", "server", "images/debian/vmlinuz-6.1", "kernels", size=LARGE, options={"blksize": 1468}),
    Asked("machine", "server", "pxelinux.cfg/01-52-54-00-ab-cd-ef", None, "no_rule", hooks=True),
    Asked("guest", "server", "pxelinux.cfg/01-52-54-00-12-34-56", None, "no_rule", hooks=True),
    Asked("machine", "server", "pxelinux.cfg/0A47010B", None, "no_rule"),
    Asked("machine", "server", "pxelinux.0", None, "no_rule", write=True),
    Asked("machine", "server", "grub/../secret", None, "name_parent"),
    Asked("visitor", "server", "images/debian/initrd.img", None, "no_rule"),
    Asked("machine", "server", "images/debian/vmlinuz-6.1", "kernels", "rule_blksize", options={"blksize": 1469}),
    Asked("machine", "server", "images/debian/initrd.img", "kernels", "rule_size", size=512 * MIB + 1),
    Asked("machine", "server", "pxelinux.cfg/default", "configuration", "rule_size", size=MIB + 1,
          options={"no_options": True}),
]
CLIENT = [
    Asked("host", "firmware", "firmware/router/2.1.bin", "firmware", client="tftp-hpa"),
    Asked("host", "firmware", "firmware/router/2.1.bin", "firmware", family=6),
    Asked("host", "firmware", "firmware/large", "firmware", client="atftp", size=LARGE, options={"blksize": 8192}),
    Asked("host", "firmware", "stolen", None, "no_rule", write=True),
    Asked("host", "firmware", "firmware/stolen", None, "no_rule", write=True, family=6),
    Asked("host", "firmware", "other/file", None, "no_rule"),
    Asked("host", "firmware", "firmware/../other/file", None, "name_parent", family=6),
    Asked("host", "other", "firmware/router/2.1.bin", None, "no_rule"),
    Asked("host", "other", "firmware/router/2.1.bin", None, "no_rule", family=6),
    Asked("firmware", "host", "firmware/router/2.1.bin", None, "request_direction"),
    Asked("host", "firmware", "firmware/huge", "firmware", "rule_size", size=256 * MIB + 1),
]
ROUTER = [
    Asked("client", "server", "hosts/192.0.2.10/boot.cfg", "own configuration", client="atftp"),
    Asked("client", "server", "hosts/2001:db8:1::10/boot.cfg", "own configuration", family=6),
    Asked("neighbour", "server", "hosts/192.0.2.11/a/b", "own configuration", client="busybox"),
    Asked("client", "server", "common/motd", "own configuration", client="tftp-hpa"),
    Asked("neighbour", "server", "common/large", "own configuration", family=6, size=LARGE),
    Asked("client", "server", "hosts/192.0.2.11/a/b", None, "no_rule"),
    Asked("client", "server", "hosts/2001:db8:1::11/a", None, "no_rule", family=6),
    Asked("client", "server", "common/motd", "no uploads", "rule_denied", write=True),
    Asked("client", "server", "common/motd", "no uploads", "rule_denied", write=True, family=6),
    Asked("client", "other", "common/motd", None, "no_rule"),
    Asked("far", "server", "common/motd", None, "no_rule"),
    Asked("client", "server", "common/../secret", None, "name_parent"),
]
NAT = [
    Asked("phone", "server", "settings.cfg", "phones fetch", client="tftp-hpa"),
    Asked("phone", "server", "firmware.bin", "phones fetch", size=LARGE),
    Asked("phone", "server", "settings.cfg", None, "no_rule", write=True),
    Asked("phone", "other", "settings.cfg", None, "no_rule"),
    Asked("laptop", "server", "settings.cfg", None, "no_rule"),
    Asked("phone", "server", "x/../settings.cfg", None, "name_parent"),
    Asked("server", "198.51.100.1", "settings.cfg", None, "request_direction"),
]
BRIDGE = [
    Asked("plain", "10.10.0.1", "boot/vmlinuz", "boot", client="tftp-hpa"),
    Asked("plain", "10.10.0.1", "BOOT/GRUBX64.EFI", "boot", client="busybox"),
    Asked("plain", "10.10.0.1", "boot/initrd.img", "boot", client="atftp", size=LARGE,
          options={"windowsize": 64, "blksize": 1408}),
    Asked("plain", "10.10.0.1", "boot/rescue.iso", "boot", size=LARGE),
    Asked("plain", "10.10.0.1", "machines/525400000a0a/preseed", "boot", hooks=True),
    Asked("plain", "10.10.0.1", "Machines/525400000A0A/preseed", "boot", hooks=True),
    Asked("tagged", "10.10.0.1", "boot/vmlinuz", "boot", hooks=True),
    Asked("tagged", "10.10.0.1", "machines/525400000b0b/preseed", "boot", client="tftp-hpa", hooks=True),
    Asked("tried", "10.20.0.1", "installer/netboot/linux", "installer", client="tftp-hpa", hooks=True),
    Asked("tried", "10.20.0.1", "pxelinux.0", "installer"),
    Asked("tried", "10.20.0.1", "boot/vmlinuz", "nothing else on trial", "rule_denied", hooks=True),
    Asked("plain", "10.10.0.1", "installer/netboot/linux", None, "no_rule", hooks=True),
    Asked("tagged", "10.10.0.1", "machines/525400000a0a/preseed", None, "no_rule", hooks=True),
    Asked("plain", "10.10.0.9", "boot/vmlinuz", None, "no_rule"),
    Asked("plain", "10.10.0.1", "boot/vmlinuz", None, "no_rule", write=True),
    Asked("plain", "10.10.0.1", "boot/../shadow", None, "name_parent"),
    Asked("boot", "plain", "boot/vmlinuz", None, "no_rule"),
    Asked("plain", "10.10.0.1", "boot/initrd.img", "boot", "rule_windowsize", client="atftp",
          options={"windowsize": 65}),
]
PHONES = [
    Asked("phone", "server", "SEP001B540A0B0C.cnf.xml", "own settings", client="tftp-hpa", hooks=True),
    Asked("phone", "server", "SEP001b540a0b0c.cnf.xml", "own settings", family=6, hooks=True),
    Asked("neighbour", "server", "ITLSEP001B540D0E0F.tlv", "own settings", client="busybox"),
    Asked("neighbour", "server", "001b540d0e0f-directory.cfg", "own settings", client="atftp"),
    Asked("phone", "server", "snom-00-1B-54-0A-0B-0C.htm", "own settings"),
    Asked("phone", "server", "term62.default.LOADS", "firmware and common files", family=6, client="tftp-hpa"),
    Asked("neighbour", "server", "Desktops/320x196x4/List.xml", "firmware and common files"),
    Asked("phone", "server", "y000000000052.cfg", "firmware and common files", size=LARGE),
    Asked("phone", "server", "001b540a0b0c-app.log", "logs", write=True, client="tftp-hpa"),
    Asked("phone", "server", "SEP001B540D0E0F.cnf.xml", None, "no_rule", hooks=True),
    Asked("neighbour", "server", "SEP001b540a0b0c.cnf.xml", None, "no_rule", family=6, hooks=True),
    Asked("computer", "10.31.0.1", "SEP001B54010203.cnf.xml", None, "no_rule"),
    Asked("computer", "fd00:31::1", "XMLDefault.cnf.xml", None, "no_rule", family=6),
    Asked("phone", "server", "SEP001B540A0B0C.cnf.xml", None, "no_rule", write=True),
    Asked("phone", "server", "001b540d0e0f-app.log", None, "no_rule", write=True),
    Asked("phone", "server", "001b540a0b0c-app.log", None, "no_rule", write=True, family=6),
    Asked("phone", "server", "Desktops/../SEP001B540D0E0F.cnf.xml", None, "name_parent"),
    Asked("phone", "server", "001b540a0b0c-boot.log", "logs", "rule_size", write=True, size=MIB // 2 + 1),
    Asked("phone", "server", "001B540A0B0C.cfg", "own settings", "rule_size", size=MIB + 1),
]
BACKUPS = [
    Asked("switch", "server", "10.99.0.10/startup.cfg", "store", write=True, client="tftp-hpa"),
    Asked("switch", "server", "10.99.0.10/switch1-confg", "store", write=True, client="atftp", size=LARGE),
    Asked("switch", "server", "fd00:99::10/startup.cfg", "store", write=True, family=6),
    Asked("neighbour", "server", "10.99.0.11/running.cfg", "store", write=True, client="busybox"),
    Asked("switch", "server", "10.99.0.11/startup.cfg", None, "no_rule", write=True),
    Asked("switch", "server", "fd00:99::11/startup.cfg", None, "no_rule", write=True, family=6),
    Asked("switch", "server", "10.99.0.10/startup.cfg", None, "no_rule"),
    Asked("switch", "server", "10.99.0.10/vmlinuz", None, "no_rule", write=True),
    Asked("elsewhere", "server", "10.99.1.10/startup.cfg", None, "no_rule", write=True),
    Asked("elsewhere", "fd00:98::1", "fd00:98::10/startup.cfg", None, "no_rule", write=True, family=6),
    Asked("switch", "server", "10.99.0.10/../10.99.0.11/startup.cfg", None, "name_parent", write=True),
    Asked("neighbour", "server", "10.99.0.11/running.cfg", "store", "rule_size", write=True, size=4 * MIB + 1),
    Asked("neighbour", "server", "10.99.0.11/other.cfg", "store", "rule_size", write=True, size=4 * MIB + 1,
          options={"no_options": True}),
]
EXAMPLES = {"pxe-server.conf": PXE, "tftp-client.conf": CLIENT, "router.conf": ROUTER, "nat-gateway.conf": NAT,
            "hypervisor-bridge.conf": BRIDGE, "phones.conf": PHONES, "switch-backups.conf": BACKUPS}


def held(example):
    """The case of the example whose transfer can be held while it runs."""
    return next(asked for asked in EXAMPLES[example] if asked.size == LARGE and "windowsize" not in asked.options)


def together(example, *more, name=None):
    """A parameter set whose first is the scene: everything in one scene runs in one worker."""
    return pytest.param(example, *more, id=f"{example.removesuffix('.conf')}{f'-{name}' if name else ''}",
                        marks=pytest.mark.xdist_group(f"example-{example}"))


def scene_of(example):
    """Parametrize over the one scene."""
    return pytest.mark.parametrize("scene", [together(example)], indirect=True)
