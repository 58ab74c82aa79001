# SPDX-License-Identifier: GPL-2.0-or-later
"""The stress test uses the network laboratory's fixtures."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "vm"))
from laboratory import gate, lab, pytest_sessionfinish, pytest_sessionstart
