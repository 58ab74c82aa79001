# SPDX-License-Identifier: GPL-2.0-or-later
"""What draws on a terminal, in one: `top`, `events` and `flows --watch`; with a stand-in for the daemon, which can say what no
transfer would, and with the daemon and real transfers."""

import json
import os
import select
import signal
import subprocess

import pytest

from lab import fake_hub, files, wait
from lab.clients import CLIENTS
from lab.daemon import Daemon
from lab.fake_hub import FakeHub
from lab.gate import BINARY
from lab.terminal import Terminal

NASTY = "b\u00f6\u00f6t/\u4e2d\u6587\u540d\u5b57/\x1b[31mred\x07\u202e-" + "long" * 20
DENY = 'rule "never this" { action = deny files = "secret/*" } rule "the rest" { action = allow }'
POLICY = f'zone "boot" {{ interfaces = eth0 {DENY} }}\ndaemon {{ group = "daemon" }}\n'
SIZE = 1_000_000
SLOW = "400kbit"


@pytest.fixture
def hub(tmp_path):
    """The stand-in, which says what it is told to."""
    with FakeHub(tmp_path / "socket") as made:
        yield made


def top(hub, *options):
    """Its command line."""
    return [BINARY, "top", "--socket", hub.path, *options]


def crowd(count=40):
    """So many transfers, of clients 10.0.0.1 to .<count>, each with a size, later ones with more bytes."""
    return [fake_hub.transfer(f"10.0.0.{i}", 1000 + i, f"file{i:02}", bytes=20_000 * i, repeats=i, age_ms=1000,
                              options={"tsize": 1_000_000}) for i in range(1, count + 1)]


def rows_of(terminal):
    """The files of the rows that are shown, in order."""
    return [line.split()[1] for line in terminal.lines() if line.startswith("10.0.0.")]


@pytest.mark.parametrize("columns,rows,bar", [(100, 30, True), (80, 24, False)], ids=["100x30", "80x24"])
def test_top_fits_the_terminal(hub, tmp_path, columns, rows, bar):
    """Every line has its place, whatever a file is called; another size is another picture at once."""
    with Terminal(tmp_path, top(hub), columns, rows) as terminal:
        assert hub.wait_for_reader() == {"records": {}, "flows": 1000}
        nasty = fake_hub.transfer("2001:db8:1234:5678:9abc:def0:1234:5678", file=NASTY, bytes=10**9, age_ms=1)
        hub.say({"flows": fake_hub.flows(nasty, *crowd())},
                {"record": fake_hub.record("denied", "10.9.9.9", file="secret", reason="rule_denied", rule="never this")},
                {"record": fake_hub.record("end", "10.8.8.8", file="gone", outcome="server-error", bytes=0, blocks=0,
                                           error={"code": 1, "text": "File not found"})})
        line = terminal.wait_for("10.0.0.40", "file40", "80%", "781K")
        assert ("[||||" in line) == bar and line.endswith("reading"), line
        terminal.wait_for("10.9.9.9", "rule_denied", "never this", "secret")
        lines = terminal.lines()
        assert len(lines) == rows and max(map(len, lines)) <= columns
        assert lines[0].startswith("tidegate top") and "41 running" in lines[1] and "1 denied" in lines[2]
        assert lines[-1].startswith("F1 Help") and lines[-1].rstrip().endswith("Quit")
        named = terminal.line_with("b\u00f6\u00f6t/\u4e2d\u6587\u540d\u5b57/")
        assert named.startswith("2001:db8") and "\u2026" in named and named.endswith("reading"), named
        assert "\\x1b[31m" in named if bar else "\x1b" not in named
        terminal.press("\\")
        terminal.type("gone")
        terminal.press("Enter")
        terminal.wait_for("10.8.8.8", "gone (1 File not", "error")
        terminal.press("\\", *["BSpace"] * 4, "Enter")
        for width, height in ((180, 50), (columns, rows), (60, 12), (45, 9)):
            terminal.resize(width, height)
            wait.until(lambda: len(terminal.lines()) == height and terminal.lines()[-1].startswith("F1 Help"), "the new size")
            terminal.wait_for("CLIENT", "FILE", "DONE", "STATE")
        terminal.resize(20, 5)
        terminal.wait_for("too small")


def test_top_keys(hub, tmp_path):
    """Keys do what the help says."""
    with Terminal(tmp_path, top(hub), 80, 24) as terminal:
        hub.wait_for_reader()
        hub.say({"flows": fake_hub.flows(*crowd())})
        terminal.wait_for("10.0.0.40")
        assert rows_of(terminal)[0] == "file40"
        terminal.press("r")
        terminal.wait_for("by RATE/s, reversed")
        assert rows_of(terminal)[:2] == ["file01", "file02"]
        terminal.press("Down", "Down")
        terminal.wait_for("10.0.0.2:1002 reads from 198.51.100.20:49194")
        terminal.press("r")  # the chosen row is followed to the other end
        terminal.wait_gone("reversed")
        assert "file02" in rows_of(terminal) and "file40" not in rows_of(terminal)
        terminal.press("F3")
        terminal.type("FILE1")
        terminal.wait_for("Search: FILE1_")
        terminal.press("Enter", "n", "n")
        terminal.wait_for("10.0.0.17:1017 reads")
        terminal.press("Escape", ">", ">", ">")
        terminal.wait_for("by STATE")
        terminal.press("F1")
        terminal.wait_for("PgUp, PgDn")
        terminal.press("x")
        terminal.wait_for("40 running")
        terminal.press("P")
        terminal.wait_for("PAUSED")
        hub.say({"flows": fake_hub.flows(*crowd(3))}, {"record": fake_hub.record(
            "denied", "10.9.9.9", file="secret", reason="rule_denied", rule="never this")})
        terminal.press("<")
        terminal.wait_for("by AGE")
        assert terminal.line_with("40 running") and not terminal.line_with("10.9.9.9")
        terminal.press("Space")
        terminal.wait_gone("PAUSED")
        terminal.wait_for("10.9.9.9")
        terminal.press("d")
        terminal.wait_gone("10.9.9.9")
        hub.say({"flows": fake_hub.flows(*crowd(3))})
        terminal.wait_for("3 running")
        terminal.press("q")
        terminal.wait_for("left 0")


def end_by_quit(terminal, _hub):
    """F10."""
    terminal.press("F10")


def end_by_interrupt(terminal, _hub):
    """^C."""
    terminal.press("C-c")


def end_by_sigterm(terminal, _hub):
    """kill."""
    os.kill(terminal.child(), signal.SIGTERM)


def end_by_daemon(_terminal, hub):
    """The daemon ends."""
    hub.hang_up()


ENDS = {end_by_quit: 0, end_by_interrupt: 0, end_by_sigterm: 0, end_by_daemon: 1}


@pytest.mark.parametrize("end", list(ENDS), ids=lambda end: end.__name__)
def test_top_leaves_the_terminal_as_it_was(hub, tmp_path, end):
    """Whatever ends it: what stood there before is there again, and the terminal's modes are."""
    with Terminal(tmp_path, top(hub)) as terminal:
        hub.wait_for_reader()
        terminal.wait_for("tidegate top")
        assert not terminal.line_with("before it")
        end(terminal, hub)
        terminal.wait_for(f"left {ENDS[end]}")
        terminal.wait_for("onlcr isig icanon echo")
        assert terminal.lines()[0] == "before it"
        assert bool(terminal.line_with("the daemon has ended")) == (end is end_by_daemon)


def test_top_stops_and_goes_on(hub, tmp_path):
    """^Z gives the terminal back to the shell; fg brings the picture back, of the size that the terminal has now."""
    with Terminal(tmp_path, ["bash", "--norc", "-i"], bare=True, PS1="shell> ") as terminal:
        terminal.wait_for("shell>")
        terminal.type(" ".join(top(hub)) + "\n")
        hub.wait_for_reader()
        hub.say({"flows": fake_hub.flows(*crowd())})
        terminal.wait_for("40 running")
        terminal.press("C-z")
        terminal.wait_for("Stopped")
        terminal.type("stty -a | grep -o -- '-*icanon' && echo said\n")
        terminal.wait_for("said")
        assert terminal.line_with("icanon") and not terminal.line_with("-icanon", "\n")
        terminal.resize(80, 24)
        terminal.type("fg\n")
        terminal.wait_for("10.0.0.40", "reading")
        assert terminal.lines()[-1].startswith("F1 Help") and len(terminal.lines()) == 24
        terminal.press("q")
        terminal.wait_for("shell>")


def test_top_colours(hub, tmp_path):
    """What failed is red, unless NO_COLOR is set."""
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with Terminal(tmp_path, top(hub), **environment) as terminal:
            hub.wait_for_reader(1 if coloured else 2)
            hub.say({"record": fake_hub.record("end", "10.8.8.8", file="gone", outcome="idle", bytes=0, blocks=0)})
            terminal.wait_for("10.8.8.8", "idle")
            line = next(line for line in terminal.lines(colours=True) if "10.8.8.8" in line)
            assert ("\x1b[31m" in line) == coloured, line


def test_events_come_at_once(hub):
    """Through a pipe each record is there when it happens; what was lost is told beside it."""
    process = subprocess.Popen([BINARY, "events", "--socket", hub.path, "--kind", "end", "--file", "*.cfg"], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert hub.wait_for_reader() == {"records": {"kinds": ["end"], "files": ["*.cfg"]}}
        for number in range(1, 4):
            hub.say({"record": fake_hub.record("end", file=f"\x1b[2J{number}.cfg", outcome="complete", bytes=5000, blocks=10)})
            assert select.select([process.stdout], [], [], 10)[0], "the record is kept back"
            line = process.stdout.readline()
            assert f'file="\\x1b[2J{number}.cfg"' in line and "complete" in line, line
        hub.say({"lost": 17})
        assert "17 records are lost" in process.stderr.readline()
        hub.hang_up()
        assert "the daemon has ended" in process.communicate(timeout=10)[1]
        assert process.returncode == 1
    finally:
        process.kill()
        process.communicate()


def test_nobody_listens(tmp_path):
    """No daemon: the way to start it. No permission: the group that has it."""
    path = str(tmp_path / "socket")
    for command in (["events"], ["top", "-b"], ["flows", "--watch"]):
        refused = subprocess.run([BINARY, *command, "--socket", path], capture_output=True, text=True, check=False)
        assert refused.returncode == 1 and "no daemon runs" in refused.stderr and "tidegate run" in refused.stderr, refused
    refused = subprocess.run([BINARY, "top"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert refused.returncode == 1 and "no terminal" in refused.stderr and "--batch" in refused.stderr, refused


# ---- the daemon, and real transfers -----------------------------------------------------------------------------------

@pytest.fixture
def daemon(lab, gate):
    """The daemon of `gate`, which is ready; its socket is where everybody may come who is in the group."""
    with Daemon(gate, lab.base, POLICY) as running:
        # Nobody reads what it tells systemd every second, and the eleventh message would hold it up.
        running.notify.close()
        running.notify = None
        yield running


def pace(lab, rate):
    """How fast the server's packets leave."""
    lab.server.run("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "4k", "latency", "10s")


def start_download(lab, label="big"):
    """A download by curl of SIZE bytes, which has begun at a slow link. Returns its process, and the file's name."""
    name = lab.payloads.serve(lab.payloads.path(SIZE), lab.directory, label)
    client = CLIENTS["curl"]
    return client.start(lab.client, 4, lab.address("tftpd-hpa"), True, name, f"{lab.downloads}/{name}"), name


def percent_of(terminal):
    """How much of the only running transfer has come, as the screen says; -1: it does not say."""
    line = terminal.line_with("%", "reading")
    return int(line.split("%")[0].split()[-1]) if line else -1


def kib_per_s_of(terminal):
    """How fast the only running transfer is, as the screen says; -1: it does not say, or in other units."""
    line = terminal.line_with("]", "reading")
    words = line.split("]")[1].split() if line else []
    return float(words[1][:-1]) if len(words) > 1 and words[1].endswith("K") else -1


def as_reader(*command):
    """The command of somebody who is nobody but for the group."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--groups=daemon", "--inh-caps=-all", *command]


def test_top_and_events_with_a_transfer_in_flight(lab, daemon, tmp_path):
    """A reader without privileges sees a real transfer begin, go on by percents, and end; and a request that is denied."""
    lab.start_servers({"tftpd-hpa"})
    pace(lab, SLOW)
    with Terminal(tmp_path, as_reader(BINARY, "events", "--socket", daemon.socket), 500, 24) as events, \
            Terminal(tmp_path, as_reader(BINARY, "top", "--socket", daemon.socket, "--interval", "0.2"), 100, 30) as terminal:
        terminal.wait_for("no TFTP by now")
        process, name = start_download(lab)
        terminal.wait_for(lab.address("client"), name[:12], "%", "[|", "reading")
        events.wait_for("[begin]", name, "tsize")
        terminal.press("Down")
        terminal.wait_for(f"reads from {lab.address('tftpd-hpa')}", 'rule "the rest"', "zone boot")
        first = percent_of(terminal)
        wait.until(lambda: percent_of(terminal) > first, "the percents go on")
        # 400 kbit/s are 49 KiB/s. The first look may have met the burst alone, which is smoothed away.
        wait.until(lambda: 10 <= kib_per_s_of(terminal) <= 60, "the rate is the link's", 15)
        terminal.resize(80, 24)
        terminal.wait_for(lab.address("client"), name[:12], "%", "reading")
        pace(lab, "10gbit")
        terminal.wait_for(name[:12], "100%", "done")
        events.wait_for("[end]", "complete", name, f"bytes={SIZE}")
        outcome = CLIENTS["curl"].finish(process)
        assert files.same(lab.payloads.path(SIZE), f"{lab.downloads}/{name}"), outcome
        CLIENTS["curl"].transfer(lab.client, 4, lab.address("tftpd-hpa"), True, "secret/key", "/dev/null", patience=0.5)
        terminal.wait_for('rule_denied "never this"', "read secret/key")
        events.wait_for("[denied]", "secret/key", "never this")
        terminal.wait_gone("done", seconds=15)  # it has lingered long enough
        assert terminal.line_with("1 complete")


def test_scripts_with_a_transfer_in_flight(lab, gate, daemon):
    """`top -b`, `top -j`, `events -j` and `flows --watch` with the daemon; and who may not, is told who may."""
    lab.start_servers({"tftpd-hpa"})
    pace(lab, SLOW)
    process, name = start_download(lab)
    gate.wait_for_transfer(name, {"active"})

    def run(*command, prefix=(), check=True):
        return lab.gate.run(*prefix, BINARY, *command, "--socket", daemon.socket, check=check)

    lines = run("top", "-b", "--count", "2", "--interval", "0.2", prefix=as_reader()).stdout
    assert lines.count("1 running") == 2 and lines.count(name) == 2, lines
    first, second = [json.loads(line) for line in
                     run("top", "-j", "--count", "2", "--interval", "0.5").stdout.splitlines()]
    assert first["metainfo"]["schema"] == 1
    before, after = first["transfers"][0], second["transfers"][0]
    assert after["file"] == name and after["size"] == SIZE and after["state"] == "running" and after["rule"] == "the rest"
    assert before["bytes"] < after["bytes"] < SIZE and after["percent"] == after["bytes"] * 100 // SIZE
    assert 10_000 < after["bytes_per_s"] < 60_000, after
    assert name in run("flows").stdout
    for prefix in ((), as_reader()):
        watch = [*prefix, BINARY, "flows", "--watch=0.2", "-j", "--socket", daemon.socket]
        with lab.gate.popen(*watch, stdout=subprocess.PIPE, text=True) as watching:
            documents = [json.loads(watching.stdout.readline()) for _ in range(2)]
            watching.terminate()
        assert [document["transfers"][0]["file"] for document in documents] == [name, name]
    refused = run("events", prefix=["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all"], check=False)
    assert refused.returncode == 1 and "ermission denied" in refused.stderr and "group daemon" in refused.stderr, refused
    pace(lab, "10gbit")
    CLIENTS["curl"].finish(process)
    with lab.gate.popen(BINARY, "events", "-j", "--backlog", "10", "--kind", "end", "--client", lab.address("client"),
                        "--socket", daemon.socket, stdout=subprocess.PIPE, text=True) as events:
        record = json.loads(events.stdout.readline())
        events.terminate()
    assert record["tidegate"]["file"] == name and record["tidegate"]["outcome"] == "complete"


def test_flows_watch_in_place(lab, gate, tmp_path):
    """Root needs no daemon: the table is drawn again and again, at the same place, as far as it fits."""
    gate.up()
    lab.start_servers({"tftpd-hpa"})
    command = lab.gate.argv(gate.argv("flows", "--watch", "0.2"))
    with Terminal(tmp_path, command, 80, 24) as terminal:
        terminal.wait_for("no TFTP by now")
        pace(lab, SLOW)
        process, name = start_download(lab)
        line = terminal.wait_for("active", lab.address("client"))
        assert terminal.lines()[0].startswith("ZONE") and len(line) <= 80
        terminal.wait_gone(line)  # its blocks go on
        terminal.resize(200, 24)
        terminal.wait_for("active", name)
        pace(lab, "10gbit")
        terminal.wait_for("done", name)
        CLIENTS["curl"].finish(process)
        assert not terminal.line_with("no TFTP by now")
        terminal.press("C-c")
        terminal.wait_for("left 130")
