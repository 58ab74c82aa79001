# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets by BPF_PROG_TEST_RUN: tens of thousands of transfers a second, through a program that is attached and pinned."""

import ctypes
import os
import platform
import struct
import time

_BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_BPF_OBJ_GET, _BPF_PROG_TEST_RUN = 7, 10
_libc = ctypes.CDLL(None, use_errno=True)
SERVER = bytes([10, 71, 1, 1])


class _TestRun(ctypes.Structure):
    """The part of union bpf_attr that BPF_PROG_TEST_RUN reads (linux/bpf.h)."""

    _fields_ = [("prog_fd", ctypes.c_uint32), ("retval", ctypes.c_uint32), ("data_size_in", ctypes.c_uint32),
                ("data_size_out", ctypes.c_uint32), ("data_in", ctypes.c_uint64), ("data_out", ctypes.c_uint64),
                ("repeat", ctypes.c_uint32), ("duration", ctypes.c_uint32), ("ctx_size_in", ctypes.c_uint32),
                ("ctx_size_out", ctypes.c_uint32), ("ctx_in", ctypes.c_uint64), ("ctx_out", ctypes.c_uint64),
                ("flags", ctypes.c_uint32), ("cpu", ctypes.c_uint32), ("batch_size", ctypes.c_uint32)]


class _ObjGet(ctypes.Structure):
    _fields_ = [("pathname", ctypes.c_uint64), ("bpf_fd", ctypes.c_uint32), ("file_flags", ctypes.c_uint32)]


def _bpf(command, attributes):
    result = _libc.syscall(_BPF_SYSCALL, command, ctypes.byref(attributes), ctypes.sizeof(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


class Program:
    """A pinned TC program."""

    def __init__(self, path):
        text = ctypes.create_string_buffer(path.encode())
        self.fd = _bpf(_BPF_OBJ_GET, _ObjGet(pathname=ctypes.addressof(text)))
        self.attributes = _TestRun(prog_fd=self.fd, repeat=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def run(self, frame):
        """Let it judge a frame; returns its verdict."""
        self.attributes.data_size_out = 0
        self.attributes.data_size_in = len(frame)
        self.attributes.data_in = ctypes.cast(ctypes.c_char_p(frame), ctypes.c_void_p).value
        _bpf(_BPF_PROG_TEST_RUN, self.attributes)
        return self.attributes.retval


def frame(source, destination, ports, payload):
    """An Ethernet frame with a UDP datagram without a checksum."""
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, source, destination)
    total = sum(struct.unpack("!10H", header))
    total = (total >> 16) + (total & 0xffff)
    total += total >> 16
    return (bytes.fromhex("020000000001020000000002" "0800") + header[:10] + struct.pack("!H", ~total & 0xffff)
            + header[12:] + udp)


def transfer(number, last):
    """Request, DATA 1 and ACK 1 of a client of its own; `last`: that was all of the file."""
    client = struct.pack("!I", 0x0b000000 + number)
    port, tid = 20000 + number % 1000, 30000 + number % 20000
    return (frame(client, SERVER, (port, 69), b"\0\1boot/file-%d\0octet\0" % (number % 50)),
            frame(SERVER, client, (tid, port), b"\0\3\0\1" + b"x" * (200 if last else 512)),
            frame(client, SERVER, (port, tid), b"\0\4\0\1"))


def play(program, transfers, rate):
    """Play transfers (as transfer() makes them), so many a second; returns how many a second it were."""
    begun = time.monotonic()
    for number, frames in enumerate(transfers):
        while (time.monotonic() - begun) * rate < number:
            time.sleep(0.0005)
        for packet in frames:
            program.run(packet)
    return len(transfers) / (time.monotonic() - begun)
