# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: a hypervisor with the real libvirtd, tidegate's daemon on it, and what is kept of each in build/test/virt.

The boot network and its loaders are those of tests/pxe, the laboratory that of tests/net.
"""

import os
import shutil
import sys

import pytest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [f"{TESTS}/vm", f"{TESTS}/pxe"]
from bootrun import kept, pytest_runtest_makereport, pytest_sessionstart
import loaders
import netboot
from hypervisor import Hypervisor
from lab.daemon import Daemon
from lab.gate import Gate
from laboratory import pytest_sessionfinish


@pytest.fixture
def network():
    """The boot network of tests/pxe: a server and a stranger at the ports port0 and port1 of the bridge br0."""
    made = netboot.BootNetwork(loaders.Pxelinux())
    try:
        yield made
    finally:
        made.delete()


@pytest.fixture
def hypervisor(request, network):
    """libvirtd where the bridge is, with the bridge as its network `outside`."""
    target = kept(request.node)
    shutil.rmtree(target, ignore_errors=True)
    with Hypervisor(network.bridge, network.directory) as made:
        try:
            made.start_libvirtd()
            made.network("outside", "<forward mode='bridge'/><bridge name='br0'/>")
            yield made
        finally:
            _keep(network.directory, target)


def _keep(directory, target):
    """Consoles, logs, XML, captures."""
    os.makedirs(target, exist_ok=True)
    for name in os.listdir(directory):
        if name.endswith((".log", ".console", ".xml", ".pcap", ".conf")):
            shutil.copy(f"{directory}/{name}", target)


@pytest.fixture
def guard(request, network):
    """guard(namespace, text): the daemon runs there with this configuration; the Daemon, whose `gate` is the Gate."""
    started = []

    def run(namespace, text):
        directory = f"{network.directory}/tidegate"
        os.makedirs(directory)
        daemon = Daemon(Gate(namespace, (), "virt"), directory, text)
        started.append(daemon)
        # As its unit says.
        return daemon.start(prefix=("nice", "-n", "-10"))

    try:
        yield run
    finally:
        for daemon in started:
            _keep(f"{network.directory}/tidegate", kept(request.node))
            daemon.kill()
            daemon.gate.close()
