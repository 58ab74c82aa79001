# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: sites (a topology with tidegate in it), and the cleaning before and after a session."""

import dataclasses
import os
import signal

import pytest

from lab import gate as gates
from lab import netns, scenes, topology


@dataclasses.dataclass
class Site:
    """A topology with running servers and tidegate up in its gate."""

    role: str
    hook: str
    family: int
    topology: topology.Topology
    gate: gates.Gate

    @property
    def zones(self):
        """How many zones a transfer passes."""
        return 2 if self.role == "router" else 1


def pytest_configure(config):
    """Marks of these tests."""
    config.addinivalue_line("markers", "alone: measures time, so no other test runs meanwhile")


def pytest_sessionstart(session):
    """Refuse what cannot work, with the way out; remove what killed sessions left behind."""
    # A killed runner must still clean up: SIGTERM becomes an exception, like Ctrl-C.
    signal.signal(signal.SIGTERM, _interrupt)
    if os.geteuid():
        raise pytest.UsageError("the network tests make namespaces: run them as root")
    if not os.path.exists(gates.BINARY):
        raise pytest.UsageError(f"{gates.BINARY} does not exist: run make")
    if not hasattr(session.config, "workerinput"):
        netns.delete_dead_sessions()
        gates.remove_dead_directories()


def pytest_sessionfinish():
    """Nothing of this session stays, whatever the tests did."""
    netns.delete_session()
    gates.remove_dead_directories()


def _interrupt(*_):
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def site(request):
    """The site of the parameters (role, hook, family): one topology for all tests that use the same."""
    role, hook, family = request.param
    lab = topology.Topology(role, family)
    try:
        lab.start_servers()
        options = ["--hook", hook] + (["--zone", lab.zone] if lab.zone else [])
        gate = gates.Gate(lab.gate, lab.interfaces, "site", options)
        try:
            gate.up()
            yield Site(role, hook, family, lab, gate)
        finally:
            gate.close()
    finally:
        lab.delete()


@pytest.fixture
def lab(request):
    """A topology of its own for one test, without servers and without tidegate: (role, family)."""
    role, family = getattr(request, "param", ("server-host", 4))
    made = topology.Topology(role, family)
    try:
        yield made
    finally:
        made.delete()


@pytest.fixture
def gate(lab):
    """tidegate on the interfaces of `lab`, not up yet; everything is undone afterwards."""
    made = gates.Gate(lab.gate, lab.interfaces, "own", ["--zone", lab.zone] if lab.zone else [])
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def scene(request):
    """The place of a file in examples/, with its servers; tidegate is up as soon as the test says with what text."""
    made = scenes.Scene(request.param)
    try:
        yield made
    finally:
        made.delete()
