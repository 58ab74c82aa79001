# SPDX-License-Identifier: GPL-2.0-or-later
"""The boot tests use the network laboratory and the virtual machines' tools; both live elsewhere."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vm"))
from laboratory import pytest_sessionfinish, pytest_sessionstart
