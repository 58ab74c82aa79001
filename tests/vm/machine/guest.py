# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine that runs one command on another kernel, with this system's programs and files.

The guest sees the host's root file system through virtio-fs, read-only (the host enforces it), below a layer of
memory that takes what the guest writes. It has no network but what it makes itself and two cards joined by a wire of their
own, and software emulation is all that it needs. Output comes through a serial port; whatever happens, the machine ends at its deadline.
"""

import base64
import contextlib
import os
import re
import subprocess
import tempfile
import time

from . import initramfs
from .console import Console

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "../../.."))
QEMU = "qemu-system-x86_64"
VIRTIOFSD = "/usr/lib/qemu/virtiofsd"
MEMORY_MB = 2048
MODULES = ("virtio_pci", "virtiofs", "overlay", "veth", "bridge", "8021q", "sch_ingress", "cls_bpf", "sch_netem",
           "cls_matchall", "vmxnet3")
# Two network cards on one wire, for what only hardware does, and both kernels have a driver for: it takes VLAN tags off.
CARD = "vmxnet3"
CARD_ADDRESSES = ("52:54:00:00:00:01", "52:54:00:00:00:02")
# An instruction takes 4 ns, in the machine's time.
OWN_TIME = ("-icount", "shift=2")
SOCKET_SECONDS = 10
EXIT = re.compile(r"^guest: exit (\d+)$")
KERNEL_TROUBLE = re.compile(r"BUG:|WARNING:|Oops|Kernel panic|general protection|possible.*lock", re.IGNORECASE)


class GuestFailure(Exception):
    """The machine did not run its command to the end."""


class Guest:
    """One kernel, one command. The deadline of run() bounds what it costs.

    own_time: its clock counts the instructions that it executes (and the real time only while it idles). So to itself it
    is equally fast on every host, and a busy host starves nobody inside; what is done there takes longer outside.

    One processor is the default: QEMU 7.2 emulates several of them at the same time, but a kernel that patches its own
    code (jump labels) while another processor runs it may crash then, on a busy host about once in twenty boots.
    """

    def __init__(self, kernel, processors=1, own_time=False):
        self.kernel = kernel
        self.processors = processors
        self.own_time = own_time
        self.kernel_log = ""

    def run(self, command, seconds, on_line=print):
        """Boot, run a shell command in the checkout's directory, and return its exit status.

        on_line(text) is called for each line of output. Raises GuestFailure when the machine does not come up, dies or
        passes the deadline. Afterwards `kernel_log` holds what the kernel said.
        """
        with tempfile.TemporaryDirectory(prefix="tg-guest-") as work, contextlib.ExitStack() as stack:
            image = f"{work}/initramfs"
            self._initramfs().write(image)
            stack.enter_context(_shared_root(work))
            machine = stack.enter_context(Console(self._argv(work, image, command)))
            status = None
            try:
                for line in machine.lines(seconds):
                    match = EXIT.match(line)
                    if match:
                        status = int(match[1])
                    else:
                        on_line(line)
            finally:
                with contextlib.suppress(FileNotFoundError), \
                        open(f"{work}/kernel.log", encoding="utf-8", errors="replace") as log:
                    self.kernel_log = log.read()
            if status is None:
                what = "ended too early" if machine.at_end else f"was still running after {seconds} s"
                raise GuestFailure(f"the machine {what}; its kernel said last:\n"
                                   + "\n".join(self.kernel_log.splitlines()[-30:]))
            return status

    def kernel_trouble(self):
        """Lines of the kernel's log that no test may cause."""
        return [line for line in self.kernel_log.splitlines() if KERNEL_TROUBLE.search(line)]

    def keep_log(self, path):
        """Write what the kernel said to a file, and return its path."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as log:
            log.write(self.kernel_log)
        return path

    def _initramfs(self):
        archive = initramfs.Archive()
        archive.program("/usr/bin/busybox", "bin/busybox")
        with open(os.path.join(HERE, "../init"), "rb") as init:
            archive.file("init", init.read())
        for number, (name, content) in enumerate(initramfs.modules(self.kernel.modules, MODULES)):
            archive.file(f"modules/{number:02}-{name}.ko", content, 0o644)
        return archive

    def _argv(self, work, image, command):
        encoded = base64.b64encode(command.encode()).decode()
        return [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                # This processor has none of the faults that kernels guard against, so they do not; that halves the time.
                "-accel", "tcg", *(OWN_TIME if self.own_time else ()), "-smp", str(self.processors), "-cpu", "qemu64", "-m", str(MEMORY_MB),
                "-object", f"memory-backend-memfd,id=memory,size={MEMORY_MB}M,share=on", "-numa", "node,memdev=memory",
                "-chardev", f"socket,id=root,path={work}/root.socket",
                "-device", "vhost-user-fs-pci,chardev=root,tag=host",
                *_cards(), "-kernel", self.kernel.image, "-initrd", image,
                "-append", "console=ttyS0 panic=-1 rdinit=/init quiet loglevel=5 mitigations=off "
                           f"guest.directory={ROOT} guest.command={encoded}",
                "-serial", f"file:{work}/kernel.log", "-serial", "stdio"]


def _cards():
    words = []
    for number, address in enumerate(CARD_ADDRESSES):
        words += ["-netdev", f"hubport,id=card{number},hubid=0", "-device", f"{CARD},netdev=card{number},mac={address}"]
    return words


@contextlib.contextmanager
def _shared_root(work):
    """Serve / and the checkout, read-only, on work/root.socket."""
    view = f"{work}/view"
    os.mkdir(view)
    # The mounts live in a namespace of their own and vanish with the server. The checkout may be a mount of its own.
    script = ('set -e; mount --make-rprivate /; mount --bind / "$1"; mount --bind "$2" "$1$2"; '
              'mount -o remount,ro,bind "$1"; mount -o remount,ro,bind "$1$2"; '
              'exec "$3" --socket-path="$4" -o source="$1" -o cache=always -o sandbox=chroot')
    with open(f"{work}/virtiofsd.log", "w+b") as log:
        server = subprocess.Popen(["unshare", "--mount", "sh", "-c", script, "share", view, ROOT, VIRTIOFSD,
                                   f"{work}/root.socket"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + SOCKET_SECONDS
            while not os.path.exists(f"{work}/root.socket"):
                if server.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise GuestFailure("virtiofsd does not start: " + log.read().decode(errors="replace"))
                time.sleep(0.01)
            yield server
        finally:
            server.terminate()
            server.wait()
