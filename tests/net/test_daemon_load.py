# SPDX-License-Identifier: GPL-2.0-or-later
"""What the daemon promises under load: 20,000 ends of transfers a second in a file without a loss, and under 32 MiB of
memory with as many transfers as the table takes."""

import pytest

from lab import testrun, wait
from lab.daemon import Daemon
from test_daemon import daemon_count

RATE = 20000
SECONDS = 1.5
ATTEMPTS = 4
TRANSFERS = 65536
MEMORY_KIB = 32 << 10


@pytest.fixture
def daemon(gate, tmp_path):
    """A daemon with a file for ends, whose interface judges incoming packets in TC, where they can be made up."""
    made = Daemon(gate, str(tmp_path), f"""
zone boot {{ interfaces = eth0
 hook = tc }}
sink "ends" {{ type = file
 path = "{tmp_path}/ends.json"
 records = {{end}} }}
""")
    try:
        made.start(prefix=("nice", "-n", "-10"))  # as the unit does
        yield made
    finally:
        made.kill()


def _program(lab, daemon):
    ifindex = lab.gate.ip_json("link", "show", "dev", "eth0")[0]["ifindex"]
    return testrun.Program(f"{daemon.gate.bpffs}/programs/{ifindex}-ingress")


def _lines(path):
    with open(path, "rb") as file:
        return sum(chunk.count(b'"outcome":"complete"') for chunk in file)


def _sink(daemon):
    """The sink's counts: written, lost."""
    counts = daemon_count(daemon, "sinks")[0]
    return counts["written"], counts["lost"]


@pytest.mark.alone
def test_ends_are_recorded_without_loss(lab, daemon, tmp_path):
    """Every end is in the file, at the promised rate; on a machine that has other work, in the best of a few attempts. What
    is lost in the others is counted."""
    attempts, played, count = [], 0, int(RATE * SECONDS)
    with _program(lab, daemon) as program, daemon.records() as reader:
        while len(attempts) < ATTEMPTS and (RATE, 0) not in attempts:
            transfers = [testrun.transfer(played + i, last=True) for i in range(count)]
            lost = _sink(daemon)[1]
            rate = testrun.play(program, transfers, RATE)
            played += count
            wait.until(lambda: daemon_count(daemon, "records") >= 2 * played, "all is read", 20)
            wait.until(lambda: sum(_sink(daemon)) >= played and _sink(daemon) == _sink(daemon), "all is written, or counted",
                       20, interval=0.1)
            attempts.append((RATE if rate >= 0.95 * RATE else int(rate), _sink(daemon)[1] - lost))
        reader.read(0.2)
        assert not reader.records(incident="records-lost"), "the kernel's buffer overflowed"
    assert _lines(tmp_path / "ends.json") == _sink(daemon)[0]
    assert (RATE, 0) in attempts, f"(transfers a second, lost): {attempts}"


@pytest.mark.alone
def test_memory_with_a_full_table(lab, daemon):
    """All transfers that the table takes are open, and the log is full of their begins."""
    with _program(lab, daemon) as program:
        testrun.play(program, [testrun.transfer(i, last=False) for i in range(TRANSFERS)], RATE)
    wait.until(lambda: daemon_count(daemon, "open_transfers") > 0.95 * TRANSFERS, "they are known", 20)
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as file:
        used = dict(line.split(":", 1) for line in file)["VmHWM"]
    assert int(used.split()[0]) < MEMORY_KIB, used
