# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says is attached to an interface, asked without any help of tidegate."""

import ctypes
import json
import os
import platform
import subprocess

_BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}[platform.machine()]
_BPF_PROG_QUERY = 16
_TCX = {"tcx-ingress": 46, "tcx-egress": 47}

_libc = ctypes.CDLL(None, use_errno=True)


class _QueryAttributes(ctypes.Structure):
    """The part of union bpf_attr that BPF_PROG_QUERY reads (linux/bpf.h)."""

    _fields_ = [("target_ifindex", ctypes.c_uint32), ("attach_type", ctypes.c_uint32),
                ("query_flags", ctypes.c_uint32), ("attach_flags", ctypes.c_uint32),
                ("prog_ids", ctypes.c_uint64), ("count", ctypes.c_uint32), ("pad", ctypes.c_uint32),
                ("prog_attach_flags", ctypes.c_uint64), ("link_ids", ctypes.c_uint64),
                ("link_attach_flags", ctypes.c_uint64), ("revision", ctypes.c_uint64)]


def on_interface(namespace, interface):
    """All BPF programs on an interface as {(place, program id)}; places: xdp, xdp-generic, tcx-*, clsact-*."""
    found = set()
    xdp = namespace.ip_json("link", "show", "dev", interface)[0].get("xdp")
    if xdp:
        place = "xdp-generic" if xdp["mode"] == 2 else "xdp"
        found.add((place, xdp["prog"]["id"]))
    with namespace.entered():
        ifindex = _ifindex(interface)
        for place, attach_type in _TCX.items():
            found |= {(place, program) for program in _tcx_programs(ifindex, attach_type)}
    for direction in ("ingress", "egress"):
        filters = namespace.run("tc", "-j", "filter", "show", "dev", interface, direction, check=False).stdout
        for entry in json.loads(filters or "[]"):
            program = entry.get("options", {}).get("prog")
            if program:
                found.add((f"clsact-{direction}", program["id"]))
    return found


def on_interfaces(namespace, interfaces):
    """The same for several interfaces: {(interface, place, program id)}."""
    return {(interface, *program) for interface in interfaces for program in on_interface(namespace, interface)}


def places(namespace, interface):
    """Only where programs are attached, sorted."""
    return sorted(place for place, _ in on_interface(namespace, interface))


def detach_link(gate, interface, direction):
    """Somebody takes the pinned TCX link of this direction off."""
    ifindex = gate.namespace.ip_json("link", "show", "dev", interface)[0]["ifindex"]
    gate.namespace.run("bpftool", "link", "detach", "pinned", f"{gate.bpffs}/links/{ifindex}-{direction}")


def program_exists(program):
    """True while the kernel still holds the program with this id."""
    return subprocess.run(["bpftool", "prog", "show", "id", str(program)], capture_output=True,
                          check=False).returncode == 0


def _ifindex(interface):
    return _libc.if_nametoindex(interface.encode())


def _tcx_programs(ifindex, attach_type):
    room = 16
    ids = (ctypes.c_uint32 * room)()
    attributes = _QueryAttributes(target_ifindex=ifindex, attach_type=attach_type, count=room,
                                  prog_ids=ctypes.addressof(ids))
    if _libc.syscall(_BPF_SYSCALL, _BPF_PROG_QUERY, ctypes.byref(attributes), ctypes.sizeof(attributes)):
        error = ctypes.get_errno()
        # Kernels before 6.6 have no TCX (EINVAL); nothing attached may be ENOENT.
        if os.strerror(error) in (os.strerror(22), os.strerror(2)):
            return []
        raise OSError(error, os.strerror(error))
    return list(ids[:attributes.count])
