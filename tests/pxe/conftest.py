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
import laboratory
import loaders
import netboot
from lab.gate import ROOT, Gate
from laboratory import pytest_sessionfinish
from machine import kernels

KEPT = os.path.join(ROOT, os.environ.get("BUILD", "build"), "test/pxe")


def pytest_sessionstart(session):
    """What the network tests do at their start; and the files of killed sessions go."""
    laboratory.pytest_sessionstart(session)
    if not hasattr(session.config, "workerinput"):
        netboot.delete_dead_directories()
        # Downloaded once, and not by each worker.
        kernels.get(loaders.KERNEL_SERIES)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure says where the machine's console and the server's log are."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.append(("console and logs", f"{_kept(item)}/"))


def _kept(item):
    return os.path.join(KEPT, item.name)


@pytest.fixture
def network(request):
    """The boot network with its server running; the parameter makes it (default: without a router and without a boot menu)."""
    make = getattr(request, "param", functools.partial(netboot.BootNetwork, loaders.Pxelinux()))
    kept = _kept(request.node)
    shutil.rmtree(kept, ignore_errors=True)
    made = make()
    try:
        yield made
    finally:
        try:
            made.keep(kept)
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
            _keep_state(gate, _kept(request.node))
            gate.close()


def _keep_state(gate, directory):
    os.makedirs(directory, exist_ok=True)
    for command in ("flows", "stats"):
        with open(f"{directory}/{command}.json", "w", encoding="utf-8") as file:
            # After Ctrl-C the namespace is gone already.
            file.write(gate.call("--pretty", command, check=False).stdout)
