# SPDX-License-Identifier: GPL-2.0-or-later
"""The kinds of clients and servers of docs/tracker.md section 2, as far as a firewall can tell them apart: ports, options,
times, windows, ends. Times in seconds."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ClientKind:  # pylint: disable=too-many-instance-attributes
    """How a client asks, follows and ends."""

    name: str
    ports: str = "random"      # random, counter (next one for each transfer), or a number that is always used
    first_port: int = 49152    # where the counter begins
    options: tuple = ()        # (name, value) pairs; each is asked for in this order
    shuffled: bool = False     # the order is random
    gaps: tuple = (5, 5, 5, 5, 5)            # between sends of a request
    patience: tuple = (5, 5, 5, 5, 5, 5)     # between repeats of an ACK or a window of DATA
    tid: str = "pinned"        # pinned, or last: follows whoever spoke last
    stranger: str = "silent"   # what another TID hears: silent, or error (5)
    probe: str = ""            # size probe first: "error", "ack+error", or "" for none
    probe_code: int = 0
    probe_again: bool = True   # after the probe the file is asked for
    new_port_after_probe: bool = True
    error_text: bytes = b"TFTP Aborted\0"
    rollover: int = 0
    mute_end: bool = False     # the last block is not acknowledged
    repeats_ack: bool = True   # repeats its last ACK when nothing comes
    closing_error: bool = False  # sends an ERROR behind the last ACK
    ack_0: bool = False        # answers a first DATA with ACK 0 before ACK 1
    mid_error: float = 0.0     # probability of an ERROR 5 in the middle, after which it goes on
    abort: float = 0.0         # probability of giving up in the middle
    padding: int = 0           # bytes behind the UDP datagram, within the IP packet
    mode: bytes = b"octet"
    tail: bytes = b""          # garbage behind the request
    burst: int = 1             # identical requests at once, from successive ports (RPi) or ...
    burst_same_port: bool = False  # ... from one
    writes: bool = True
    reads: bool = True
    everybody: bool = False    # asks a broadcast address


def _o(**options):
    return tuple((name.encode(), str(value).encode()) for name, value in options.items())


CLIENTS = (
    ClientKind("iPXE", first_port=1025, options=_o(blksize=1432, tsize=0), gaps=(.25, .5, 1, 2, 4, 8),
               patience=(.25, .5, 1, 2, 4, 8), probe="ack+error", writes=False),
    ClientKind("Intel ROM", ports="counter", first_port=2070, options=_o(tsize=0, blksize=1456), probe="error",
               gaps=(1, 2, 4), writes=False),
    ClientKind("pxelinux", ports="counter", options=_o(tsize=0, blksize=1408), probe="error", probe_again=False,
               gaps=(.11, .2, .4, .8, 1.6, 3.2, 6.4, 14, 14, 14), error_text=b"No error, file close\0", writes=False),
    ClientKind("pxelinux lwIP", ports="49152", options=_o(tsize=0, blksize=1408), closing_error=True,
               error_text=b"No error, file close\0", gaps=(.11, .2, .4, .8, 1.6, 3.2, 6.4, 14, 14, 14), writes=False),
    ClientKind("GRUB", ports="counter", first_port=25300, options=_o(blksize=1024, tsize=0), gaps=(.4,) * 20,
               repeats_ack=False, error_text=b"closed\0", patience=(3,) * 20, writes=False),
    ClientKind("U-Boot", first_port=1024, options=_o(timeout=5, tsize=0, blksize=1468, windowsize=8), gaps=(5,) * 10,
               patience=(5,) * 10),
    ClientKind("U-Boot tftpput", first_port=1024, options=_o(timeout=5, blksize=1468), gaps=(5,) * 10, reads=False),
    ClientKind("autoinstall", ports="counter", first_port=50300, gaps=(2, 2, 2), everybody=True, writes=False),
    ClientKind("U-Boot fixed port", ports="1234", options=_o(timeout=5, blksize=1468), gaps=(5,) * 10),
    ClientKind("lwIP", ports="69", tid="last", gaps=(10,) * 4, patience=(10,) * 4, mid_error=.2, mode=b"binary",
               error_text=b"Wrong block number\0"),
    ClientKind("EDK2", ports="counter", first_port=1024, options=_o(tsize=0, blksize=1468, windowsize=4),
               gaps=(4,) * 5, probe="error", probe_code=8, ack_0=True,
               error_text=b"User aborted the transfer\0", patience=(4,) * 5, writes=False),
    ClientKind("Windows", options=_o(tsize=0, blksize=1456, windowsize=4, msftwindow=31416), patience=(2,) * 6,
               writes=False),
    ClientKind("tftp-hpa", ports="35012", tid="last", stranger="error"),
    ClientKind("atftp", options=_o(tsize=0, timeout=5, blksize=1428, windowsize=8)),
    ClientKind("busybox", options=_o(blksize=1024, tsize=0),
               gaps=(.1, .15, .22, .34, .5, .76, 1.1, 1.7, 2, 2, 2), patience=(.1, .15, .22, .34, .5, .76, 1.1, 1.7, 2)),
    ClientKind("curl", options=_o(tsize=0, blksize=512, timeout=6), error_text=b""),
    ClientKind("barebox", ports="counter", first_port=1024, options=_o(timeout=5, blksize=1432, tsize=0, windowsize=64),
               gaps=(1,) * 14, patience=(1,) * 14, probe="ack+error", error_text=b"\0\0"),
    ClientKind("SLOF", ports="2001", options=_o(blksize=1428), gaps=(4,) * 4, stranger="error", tid="last",
               error_text=b"\0", rollover=1, writes=False),
    ClientKind("FreeBSD loader", ports="2417", options=_o(blksize=1428), gaps=(2, 4, 6, 8, 10, 12, 14), tid="last",
               patience=(2, 4, 6, 8, 10), writes=False),
    ClientKind("Zephyr", error_text=b"no NUL"),
    ClientKind("tftpy", options=_o(blksize=8192, tsize=0), stranger="error"),
    ClientKind("pin/tftp", options=_o(blksize=1400, windowsize=16, tsize=0, timeout=3), shuffled=True),
    ClientKind("Raspberry Pi", ports="counter", options=_o(tsize=0, blksize=1024), padding=14, burst=3,
               error_text=b"Early Terminate\0", writes=False),
    ClientKind("impatient resender", ports="57101", options=_o(blksize=1456), gaps=(.3,) * 8, burst=2,
               burst_same_port=True),
    ClientKind("HP PA-RISC", tail=b"\0\xff\x17garbage" * 40, writes=False),
    ClientKind("big blocks", options=_o(blksize=16384, tsize=0)),
    ClientKind("largest blocks", options=_o(blksize=65464), writes=False),
    ClientKind("windows and big blocks", options=_o(blksize=4096, windowsize=32)),
    ClientKind("slow", options=_o(timeout=60, blksize=1024), gaps=(25, 25), patience=(60, 60)),
    ClientKind("silent end", options=_o(blksize=1456), mute_end=True, writes=False),
    ClientKind("quitter", options=_o(blksize=1456, windowsize=8), abort=.5, error_text=b"stop"),
    ClientKind("smallest blocks", options=_o(blksize=8, windowsize=64), patience=(1,) * 8),
)


@dataclasses.dataclass(frozen=True)
class ServerKind:  # pylint: disable=too-many-instance-attributes
    """How a server answers."""

    name: str
    ports: str = "new"         # new for each transfer, or a number: one port for everything
    low: int = 1024            # range of the new ones
    high: int = 65535
    options: tuple = ("blksize", "tsize", "timeout", "windowsize")  # those that it knows, in the order of its OACK
    blksize_max: int = 65464
    window_max: int = 64
    duplicate: str = "new"     # a repeated request makes a new TID, is ignored, or (single port) restarts
    patience: tuple = (1, 2, 4, 8, 16)
    anticipation: int = 1      # blocks in flight without having agreed
    rollover: int = 0
    dally: bool = True         # answers repeats of the last DATA
    upper: bool = False        # option names in capitals
    tail: bytes = b""          # behind the OACK
    ack_0_after_oack: bool = False
    oack_at_wrap: bool = False  # sends the OACK instead of an ACK when a write's numbers wrap
    errors_from_69: bool = False
    error_text: bytes = b"File not found\0"
    error_code: int = 1
    stall: float = 0.0         # seconds before its first answer
    padding: int = 0


SERVERS = (
    ServerKind("tftp-hpa", options=("tsize", "timeout", "blksize", "windowsize"), patience=(1, 2, 4, 8, 16, 32),
               blksize_max=65464, oack_at_wrap=True),
    ServerKind("dnsmasq", options=("blksize", "tsize", "timeout", "windowsize"), window_max=32,
               patience=(2, 3, 4, 4, 6, 6, 10, 10, 18, 18, 34), low=50000, high=50999),
    ServerKind("dnsmasq single port", ports="69", duplicate="restart", patience=(2, 3, 4, 4, 6, 6, 10)),
    ServerKind("atftpd", patience=(5,) * 5, options=("tsize", "timeout", "blksize", "windowsize")),
    ServerKind("tftpd64", anticipation=4, patience=(1, 2, 3, 3, 3, 3), error_code=99, error_text=b"no\0\0",
               ack_0_after_oack=True),
    ServerKind("busybox tftpd", ports="69", duplicate="ignore", patience=(.1, .15, .22, .34, .5, .76, 1.1, 1.7),
               options=("blksize", "tsize")),
    ServerKind("lwIP", ports="69", duplicate="ignore", options=(), patience=(10,) * 4),
    ServerKind("QEMU", ports="69", duplicate="restart", options=("blksize", "tsize"), patience=(60,), dally=False),
    ServerKind("ptftpd", ports="69", duplicate="restart", patience=(3,) * 4, options=("blksize", "tsize")),
    ServerKind("rs-tftpd", errors_from_69=True, patience=(5,) * 5, rollover=1),
    ServerKind("pin/tftp anticipating", anticipation=7, patience=(5,) * 5, upper=True),
    ServerKind("haneWIN", anticipation=4, options=("tsize", "blksize")),
    ServerKind("tftpy", duplicate="ignore", patience=(5,) * 3, options=("blksize", "tsize")),
    ServerKind("fbtftp", patience=(2,) * 5),
    ServerKind("r-tftpd", stall=9.0, patience=(3,) * 5),
    ServerKind("FreeBSD", patience=(5,) * 5, options=("tsize", "timeout", "blksize", "windowsize")),
    ServerKind("OpenBSD", patience=(5,) * 5, options=("tsize", "timeout", "blksize"), dally=False),
    ServerKind("WDS", low=64001, high=65000, options=("tsize", "blksize", "windowsize", "msftwindow"), window_max=255),
    ServerKind("without options", options=()),
    ServerKind("Tivoli", tail=b"\0\x07xyz", options=("tsize", "blksize")),
    ServerKind("padding", padding=6, options=("blksize",)),
)
