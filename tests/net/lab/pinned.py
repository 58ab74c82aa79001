# SPDX-License-Identifier: GPL-2.0-or-later
"""Pinned BPF objects, by the system call itself: quicker than a program for each question."""

import ctypes
import errno
import json
import os
import platform
import subprocess

_BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_MAP_GET_NEXT_KEY, _OBJ_GET = 4, 7
_libc = ctypes.CDLL(None, use_errno=True)


class _NextKey(ctypes.Structure):
    """The part of union bpf_attr that BPF_MAP_GET_NEXT_KEY reads (linux/bpf.h)."""

    _fields_ = [("map_fd", ctypes.c_uint32), ("key", ctypes.c_uint64), ("next_key", ctypes.c_uint64)]


class _ObjGet(ctypes.Structure):
    _fields_ = [("pathname", ctypes.c_uint64), ("bpf_fd", ctypes.c_uint32), ("file_flags", ctypes.c_uint32)]


def bpf(command, attributes):
    """bpf(2); OSError where it fails."""
    result = _libc.syscall(_BPF_SYSCALL, command, ctypes.byref(attributes), ctypes.sizeof(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def opened(path):
    """A descriptor of what is pinned there, for the caller to close."""
    text = ctypes.create_string_buffer(path.encode())
    return bpf(_OBJ_GET, _ObjGet(pathname=ctypes.addressof(text)))


def entries(path):
    """How many entries a hash map has. An entry that goes meanwhile may begin the count anew: for when all is still."""
    shown = subprocess.run(["bpftool", "-j", "map", "show", "pinned", path], capture_output=True, text=True, check=True)
    described = json.loads(shown.stdout)
    key = ctypes.create_string_buffer(described["bytes_key"])
    descriptor = opened(path)
    walk = _NextKey(map_fd=descriptor, key=0, next_key=ctypes.addressof(key))
    count = 0
    try:
        while count < described["max_entries"]:
            bpf(_MAP_GET_NEXT_KEY, walk)
            walk.key = walk.next_key
            count += 1
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
    finally:
        os.close(descriptor)
    return count
