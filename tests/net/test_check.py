# SPDX-License-Identifier: GPL-2.0-or-later
"""`tidegate check`: exit codes, and no privileges. The messages are tests/native/test_user_config.c's."""

import json
import os
import subprocess

import pytest

from lab.gate import BINARY, ROOT

EXAMPLES = sorted(entry.path for entry in os.scandir(os.path.join(ROOT, "examples")) if entry.name.endswith(".conf"))


def _check(*arguments):
    """Run it without any capability."""
    return subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", BINARY, "check", *map(str, arguments)],
                          capture_output=True, text=True, timeout=30, check=False)


def test_good_file(tmp_path):
    """A line, or with --json what the file defines."""
    path = tmp_path / "t.conf"
    path.write_text('zone a { interfaces = {"x", "tap*"} mode = monitor }\nzone b { interfaces = y hook = tc }\n')
    done = _check(path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: 2 zones, fine\n", "")
    document = json.loads(_check(path, "-j").stdout)
    assert document["file"] == str(path) and document["metainfo"]["schema"] == 1
    assert document["zones"] == [{"name": "a", "interfaces": ["x", "tap*"], "hook": "xdp", "mode": "monitor"},
                                 {"name": "b", "interfaces": ["y"], "hook": "tc", "mode": "enforce"}]


def test_bad_file(tmp_path):
    """Exit 1, nothing on standard output, and the place on standard error."""
    path = tmp_path / "t.conf"
    path.write_text('zone "a" {\n\tinterfaces = x\n\tslack = 65\n}\n')
    for options in ([], ["-j"]):
        done = _check(path, *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (f"{path}:3:10: error: slack: 65 is out of range\n slack = 65\n         ^^\n"
                               "hint: give whole numbers from 2 to 64\n")


def test_no_file(tmp_path):
    """Exit 1; two files are a misuse."""
    done = _check(tmp_path / "missing")
    assert done.returncode == 1 and done.stderr == f"tidegate: {tmp_path}/missing: there is no such file\n"
    assert _check("a", "b").returncode == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=os.path.basename)
def test_examples(example):
    """What people copy is right."""
    done = _check(example)
    assert done.returncode == 0 and not done.stderr, done
