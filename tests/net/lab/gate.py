# SPDX-License-Identifier: GPL-2.0-or-later
"""The tidegate command inside a namespace, with a bpffs directory of its own."""

import collections
import json
import os
import shutil
import time

from . import netns, wait

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BINARY = os.environ.get("TIDEGATE", os.path.join(ROOT, "build/tidegate"))
BPFFS = "/sys/fs/bpf"
# A command that takes longer hangs. An emulated machine is slow.
CALL_SECONDS = int(os.environ.get("TIDEGATE_CALL_SECONDS", "60"))
DIRECTORY_PREFIX = "tidegate-test-"

# Drops that a duplicated request may cause on a slow machine: the server answers each of the duplicates from a TID of
# its own, and the client uses one (tracker specification 3.4).
SURPLUS = frozenset({"surplus_tid", "superseded", "no_credit"})


class Gate:
    """tidegate on some interfaces of a namespace. Whoever makes one calls close() in the end."""

    def __init__(self, namespace, interfaces, name="site", options=()):
        self.namespace = namespace
        self.interfaces = list(interfaces)
        self.options = list(options)
        self.bpffs = f"{BPFFS}/{DIRECTORY_PREFIX}{netns.session_name()}-{name}"
        remove_directory(self.bpffs)

    def argv(self, *arguments):
        """The command line of one tidegate call, to be run inside the namespace."""
        return [BINARY, "--bpffs", self.bpffs, *map(str, arguments)]

    def call(self, *arguments, check=True, prefix=(), timeout=CALL_SECONDS):
        """Run one tidegate command; `prefix` is put before it (setpriv, unshare)."""
        started = time.monotonic()
        done = self.namespace.run(*prefix, *self.argv(*arguments), check=check, timeout=timeout)
        done.seconds = time.monotonic() - started
        return done

    def json(self, *arguments):
        """The document that a command prints with --json."""
        document = json.loads(self.call("--json", *arguments).stdout)
        assert document["metainfo"]["schema"] == 1, document["metainfo"]
        return document

    def up_arguments(self, *more):
        """The arguments of `up` for the interfaces and options of this gate."""
        return ["up", *self.interfaces, *self.options, *more]

    def up(self, *more, **how):
        """`tidegate up` with the options of this gate and `more`."""
        return self.call(*self.up_arguments(*more), **how)

    def down(self, *interfaces, **how):
        """`tidegate down`, of everything or of the named interfaces."""
        return self.call("down", *interfaces, **how)

    def status(self):
        """The document of `tidegate status`."""
        return self.json("status")

    def transfers(self, file=None):
        """Offers and transfers of `flows`, optionally those of one file."""
        flows = self.json("flows")
        listed = flows["offers"] + flows["transfers"]
        return [flow for flow in listed if file is None or flow["file"] == file]

    def wait_for_transfer(self, file, states, zones=1):
        """Wait until each of `zones` zones shows a transfer of the file in one of the states; return these."""
        def seen():
            fitting = [flow for flow in self.transfers(file) if flow["state"] in states]
            return fitting if len({flow["zone"] for flow in fitting}) >= zones else None

        try:
            return wait.until(seen, f"{file} is {'/'.join(states)} in {zones} zones")
        except wait.Timeout as error:
            raise wait.Timeout(f"{error}\nflows: {json.dumps(self.json('flows'), indent=1)}") from None

    def counts(self, verdict=None):
        """Packets by reason over all interfaces; verdict "drop" or "pass" leaves out the others."""
        packets = collections.Counter()
        for interface in self.json("stats")["interfaces"]:
            for entry in interface["reasons"]:
                if verdict in (None, entry["verdict"]):
                    packets[entry["reason"]] += entry["packets"]
        return packets

    def drops(self):
        """Packets by reason of everything dropped (in monitor mode: that would have been)."""
        return self.counts("drop")

    def drops_since(self, before):
        """What was dropped since `before` (an earlier drops())."""
        return self.drops() - before

    def close(self):
        """Down with everything, also after a failed test."""
        if os.path.exists(self.bpffs):
            self.call("down", check=False)
        remove_directory(self.bpffs)


def remove_directory(path):
    """Remove a bpffs directory of this harness with all pins in it."""
    if DIRECTORY_PREFIX not in path:
        raise ValueError(f"{path} was not made here")
    shutil.rmtree(path, ignore_errors=True)


def remove_dead_directories():
    """Remove the pins of sessions that were killed before they could clean up."""
    names = [name for name in os.listdir(BPFFS) if name.startswith(DIRECTORY_PREFIX)]
    dead = netns.dead_sessions([name[len(DIRECTORY_PREFIX):] for name in names])
    for name in names:
        if "-".join(name[len(DIRECTORY_PREFIX):].split("-")[:2]) in dead:
            remove_directory(os.path.join(BPFFS, name))
