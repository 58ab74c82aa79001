# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: the boot network, tidegate somewhere in it, and what is kept of each boot in build/test/pxe.

The network laboratory and the tools of the virtual machines live elsewhere.
"""

import functools
import os
import shutil
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vm"))
from bootrun import kept, pytest_runtest_makereport, pytest_sessionstart
import loaders
import netboot
from lab.gate import Gate
from laboratory import pytest_sessionfinish


@pytest.fixture
def network(request):
    """The boot network with its server running; the parameter makes it (default: without a router and without a boot menu)."""
    make = getattr(request, "param", functools.partial(netboot.BootNetwork, loaders.Pxelinux()))
    directory = kept(request.node)
    shutil.rmtree(directory, ignore_errors=True)
    made = make()
    try:
        yield made
    finally:
        try:
            made.keep(directory)
        finally:
            made.delete()


@pytest.fixture
def guard(request, network):
    """guard(place, options…): tidegate is up there; the Gate."""
    gates = []

    def up(place, *options):
        gate = Gate(getattr(network, place.namespace), place.interfaces, "pxe", place.options)
        gates.append(gate)
        gate.up(*options)
        return gate

    try:
        yield up
    finally:
        for gate in gates:
            _keep_state(gate, kept(request.node))
            gate.close()


def _keep_state(gate, directory):
    os.makedirs(directory, exist_ok=True)
    for command in ("flows", "stats"):
        with open(f"{directory}/{command}.json", "w", encoding="utf-8") as file:
            # After Ctrl-C the namespace is gone already.
            file.write(gate.call("--pretty", command, check=False).stdout)
