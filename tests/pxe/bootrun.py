# SPDX-License-Identifier: GPL-2.0-or-later
"""What goes around tests that boot machines, here and in tests/virt: the hooks of a session, and where things are kept.

A conftest.py imports the hooks from here.
"""

import os

import pytest

import laboratory
import loaders
import netboot
from lab.gate import ROOT
from machine import kernels


def kept(item):
    """The directory where consoles, logs and counters of a test's last run stay: build/test, its folder's name, its own."""
    build = os.path.join(ROOT, os.environ.get("BUILD", "build"))
    return os.path.join(build, "test", os.path.basename(os.path.dirname(item.path)), item.name)


def pytest_sessionstart(session):
    """What the network tests do at their start; and the files of killed sessions go."""
    laboratory.pytest_sessionstart(session)
    if not hasattr(session.config, "workerinput"):
        netboot.delete_dead_directories()
        # Downloaded once, and not by each worker.
        kernels.get(loaders.KERNEL_SERIES)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure says where consoles and logs are."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        report.sections.append(("consoles and logs", f"{kept(item)}/"))
