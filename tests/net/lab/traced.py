# SPDX-License-Identifier: GPL-2.0-or-later
"""What a tidegate command has the kernel load, seen from outside (strace)."""

import dataclasses
import glob
import re

_LOAD = re.compile(r'BPF_PROG_LOAD, \{prog_type=BPF_PROG_TYPE_(\w+),.* prog_name="(tidegate_(?:xdp|tc)\w*)".*'
                   r' = (-?\d+)(?: .*)?<([\d.]+)>$')


@dataclasses.dataclass
class Load:
    """One BPF_PROG_LOAD of one of the programs that judge packets."""

    thread: int
    type: str  # as the kernel calls it: XDP, EXT, SCHED_CLS
    program: str
    loaded: bool
    seconds: float  # in the kernel


def prefix(path):
    """What is put before a command, whose loads read() gives. It stays the process that was started; `path`: where the traces go."""
    return ["strace", "-D", "-ff", "-qq", "-T", "-s", "64", "-e", "trace=bpf", "-o", str(path)]


def loads(gate, arguments, path, processors):
    """The loads of one command, run on some processors ("0,2")."""
    gate.call(*arguments, prefix=["taskset", "-c", processors, *prefix(path)])
    return read(path)


def read(path):
    """The loads so far."""
    found = []
    for trace in glob.glob(f"{path}.*"):
        with open(trace, encoding="utf-8", errors="replace") as file:
            found += [Load(int(trace.rsplit(".", 1)[1]), match[1], match[2], int(match[3]) >= 0, float(match[4]))
                      for match in map(_LOAD.search, file) if match]
    return found
