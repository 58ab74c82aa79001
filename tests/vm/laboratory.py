# SPDX-License-Identifier: GPL-2.0-or-later
"""The network laboratory (tests/net) for tests that live elsewhere: its modules, fixtures and cleaning.

A conftest.py puts this directory on the path and imports what it needs from here.
"""

import importlib.util
import os
import sys

NET = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "net")
sys.path.insert(0, NET)

# Under a name of its own: each directory's own conftest.py is called conftest.
_spec = importlib.util.spec_from_file_location("net_conftest", f"{NET}/conftest.py")
_conftest = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)

lab = _conftest.lab
gate = _conftest.gate
pytest_sessionstart = _conftest.pytest_sessionstart
pytest_sessionfinish = _conftest.pytest_sessionfinish
