# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon: what it tells, whatever happens to it meanwhile; who may read that; and how it begins and ends."""

import grp
import os
import socket
import subprocess

import pytest

from lab import attachments, packets, wait
from lab.daemon import Daemon, map_change, map_entries
from lab.hand import HandTransfer
from lab.stories import STORIES, WITHOUT_BEGIN, Hand, play_all

ZONE = "zone boot { interfaces = eth0 }\n"
DAEMON_GROUP = "daemon"  # every system has it, and no user of a test is in it
NOBODY = 65534


@pytest.fixture
def service(lab):
    """The socket at port 69 that hand-played transfers share."""
    with packets.Endpoint(lab.server, lab.address("hand"), 69) as endpoint:
        yield endpoint


@pytest.fixture
def daemon(gate, tmp_path):
    """The daemon of `gate`, not started; the group is one that every system has."""
    made = Daemon(gate, str(tmp_path), ZONE + f'daemon {{ group = "{DAEMON_GROUP}" }}\n')
    try:
        yield made
    finally:
        made.kill()


def test_every_outcome(lab, gate, daemon, service):
    """Each way in which a transfer can end is told, once, with its begin; and requests that led to none."""
    with daemon:
        with daemon.records() as reader:
            hands = play_all(lab, gate, service, reader)
            for outcome, hand in hands.items():
                end = reader.wait_for(file=hand.file, record="end", outcome=outcome)
                assert end["tidegate"]["zone"] == "boot"
                assert end["src_port"] == hand.client.name[1]
                begun = reader.records(file=hand.file, record="begin")
                ends = reader.records(file=hand.file, record="end")
                flows = {entry["flow_id"] for entry in begun + ends}
                tids = 2 if outcome == "superseded" else 1
                assert len(ends) == len(flows) == tids, ends
                assert len(begun) == (0 if outcome in WITHOUT_BEGIN else tids), begun
        # Nothing more comes of them, when what is over is looked at again.
        count = daemon_count(daemon, "records")
        wait_for_sweeps(daemon)
        assert daemon_count(daemon, "records") == count
        for hand in hands.values():
            hand.__exit__()


def daemon_count(daemon, name):
    """One of the daemon's own counts."""
    with daemon.reader(stats=0) as reader:
        messages = reader.read_all()
    return next(message["stats"] for message in messages if "stats" in message)["daemon"][name]


def wait_for_sweeps(daemon, count=2):
    """Wait until the tables were looked through so many times more."""
    def since():
        return int.from_bytes(map_entries(daemon.gate, "event_shares")[0][1][:8], "little")

    for _ in range(count):
        before = since()
        wait.until(lambda last=before: since() != last, "the tables are looked through")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_restart_in_the_middle(lab, daemon, service, end):
    """No packet is lost and nothing is told twice, however the daemon ends; the next one knows what runs."""
    daemon.start()
    before, programs = daemon.gate.drops(), attachments.on_interface(lab.gate, "eth0")
    with Hand(lab, service) as ended, Hand(lab, service) as running, Hand(lab, service) as missed:
        ended.begin()
        running.begin()
        with daemon.records() as reader:
            reader.wait_for(file=running.file, record="begin")
            reader.wait_for(file=ended.file, record="begin")
        assert getattr(daemon, end)() == (0 if end == "stop" else -9)
        ended.block(3, b"end")  # while nobody looks
        missed.begin()
        running.block(3)
        daemon.start()
        assert attachments.on_interface(lab.gate, "eth0") == programs, "the filter is another one"
        with daemon.records() as reader:
            reader.wait_for(file=ended.file, outcome="complete")
            reader.wait_for(file=missed.file, record="begin")
            wait.until(lambda: daemon_count(daemon, "open_transfers") == 2, "both that run are known")
            running.block(4, b"end")
            missed.block(3, b"end")
            for hand in (running, missed):
                reader.wait_for(file=hand.file, outcome="complete")
            assert not reader.records(file=running.file, record="begin"), "told by the daemon before"
            assert len(reader.records(record="end")) == 3
    assert not daemon.gate.drops_since(before)


def test_what_finds_no_room_is_counted(lab, daemon):
    """While no daemon reads, records fill their buffer; then they are lost, and the next daemon says how many, once."""
    daemon.start()
    daemon.kill()
    # Of ends; the same for every CPU, as bpftool writes it.
    counter = b"".join(count.to_bytes(8, "little") for count in (1000, 41, 0, 0))
    map_change(daemon.gate, "update", "event_counters", (2).to_bytes(4, "little"), counter)
    with open("/sys/devices/system/cpu/possible", encoding="ascii") as file:
        lost = 41 * (int(file.read().split("-")[-1]) + 1)
    daemon.start()
    with daemon.records() as reader:
        told = reader.wait_for(incident="records-lost")["tidegate"]
        assert (told["count"], told["detail"]) == (lost, f"end {lost}")
    daemon.kill()
    daemon.start()
    with daemon.records() as reader, HandTransfer(lab) as hand:
        hand.begin()
        reader.wait_for(file=hand.file, record="begin")
        wait_for_sweeps(daemon, 1)
        assert not reader.records(incident="records-lost")


def test_only_the_group_reads(lab, daemon):
    """A member of the group may connect, others may not; and the socket changes nothing."""
    group = grp.getgrnam(DAEMON_GROUP).gr_gid
    os.chmod(os.path.dirname(daemon.socket), 0o755)
    for parent in (daemon.config, daemon.socket):
        path = os.path.dirname(parent)
        while path != "/":
            os.chmod(path, os.stat(path).st_mode | 0o011)
            path = os.path.dirname(path)
    with daemon:
        status = os.stat(daemon.socket)
        assert (status.st_mode & 0o777, status.st_gid) == (0o660, group)

        def ask(*ids):
            script = ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('%s'); s.sendall(b'{}\\n'); "
                      "print(s.recv(100))" % daemon.socket)
            return lab.gate.run("setpriv", f"--reuid={NOBODY}", *ids, "/usr/bin/python3", "-c", script, check=False)

        assert "metainfo" in ask(f"--regid={NOBODY}", f"--groups={group}").stdout
        refused = ask(f"--regid={NOBODY}", "--clear-groups")
        assert refused.returncode and "PermissionError" in refused.stderr


def test_what_readers_say(daemon):
    """What is not understood is answered; documents come once or again and again; who hangs up is forgotten."""
    with daemon:
        for line in (b"hello\n", b'{"flows":1}\n', b"x" * (64 << 10)):
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(daemon.socket)
                one.sendall(line)
                assert b'{"error":' in one.recv(4096)
                assert one.recv(4096) == b"" or True
        with daemon.reader(flows=0, stats=0) as reader:
            messages = reader.read_all()
        assert [next(iter(message)) for message in messages] == ["metainfo", "flows", "stats"]
        with daemon.reader(stats=100) as reader:
            wait.until(lambda: reader.read(0.05) and len(reader.messages) >= 4, "a document comes every 100 ms")
            assert daemon_count(daemon, "readers") == 2
        wait.until(lambda: daemon_count(daemon, "readers") == 1, "the reader is forgotten")


def test_broken_file_changes_nothing(lab, daemon):
    """SIGHUP with mistakes in the file: they are explained, and what ran before runs on; without them it is applied."""
    with daemon:
        generation = daemon.gate.status()["policy"]["generation"]
        daemon.write("zone boot { interfaces = eth0\n")
        daemon.reload()
        assert "daemon.conf" in daemon.said()
        daemon.write("zone boot { interfaces = eth0; mode = sideways }\n")
        daemon.reload()
        assert daemon.gate.status()["policy"]["generation"] == generation
        daemon.write("zone boot { interfaces = eth0\n mode = monitor }\n")
        with daemon.records() as reader:
            daemon.reload()
            reader.wait_for(incident="policy-changed", generation=generation + 1)
        assert [entry["mode"] for entry in daemon.gate.status()["interfaces"]] == ["monitor"]
    assert attachments.on_interface(lab.gate, "eth0")


def test_down_on_exit(lab, daemon):
    """With the option the filter goes with the daemon, and nothing stays; without it everything does."""
    daemon.options.append("--down-on-exit")
    daemon.start()
    assert attachments.on_interface(lab.gate, "eth0")
    assert daemon.stop() == 0
    assert not attachments.on_interface(lab.gate, "eth0")
    assert not os.path.exists(daemon.gate.bpffs) and not os.path.exists(daemon.socket)


def test_commands_beside_the_daemon(lab, daemon):
    """What is taken down by hand stays down, and what is brought up is looked after; a second daemon is refused."""
    with daemon:
        refused = lab.gate.run(*daemon.argv(), check=False)
        assert refused.returncode == 1 and f"process {daemon.process.pid}" in refused.stderr, refused.stderr
        assert lab.gate.run(*daemon.gate.argv("run", "--config", "/nowhere"), check=False).returncode == 1
        with HandTransfer(lab) as hand, daemon.records() as reader:
            hand.begin()
            reader.wait_for(file=hand.file, record="begin")
            daemon.gate.down()
            daemon.wait_notified("STATUS=the firewall is down, by hand")
            reader.wait_for(file=hand.file, outcome="evicted", zone="boot")
        assert not attachments.on_interface(lab.gate, "eth0")
        daemon.gate.up("--hook", "tc")
        with HandTransfer(lab) as hand:
            hand.begin()
            with daemon.records() as reader:
                reader.wait_for(file=hand.file, record="begin")
        assert attachments.places(lab.gate, "eth0") == ["tcx-egress", "tcx-ingress"]
        daemon.reload()  # the file asks for XDP
        assert attachments.places(lab.gate, "eth0") == ["tcx-egress", "xdp"]


def test_unit_capabilities_are_enough(lab, daemon):
    """As the unit runs it: root without any privilege but three, in the group of the socket."""
    capabilities = "-all,+bpf,+net_admin,+perfmon"
    group = grp.getgrnam(DAEMON_GROUP).gr_gid
    daemon.start(prefix=("setpriv", f"--groups={group}", f"--bounding-set={capabilities}", "--no-new-privs"))
    assert os.stat(daemon.socket).st_gid == group
    with HandTransfer(lab) as hand, daemon.records() as reader:
        hand.begin()
        reader.wait_for(file=hand.file, record="begin")
    lab.gate.ip("link set dev eth0 xdp off")
    wait.until(lambda: "xdp" in attachments.places(lab.gate, "eth0"), "the program is back")
    assert daemon.stop() == 0


UNIT = os.path.join(os.path.dirname(__file__), "../../tools/systemd")


def test_unit_files(tmp_path):
    """systemd takes the unit, and finds little that it exposes; the group and the directories are made."""
    unit = tmp_path / "tidegate.service"
    with open(os.path.join(UNIT, "tidegate.service"), encoding="utf-8") as file:
        unit.write_text(file.read().replace("/usr/local/sbin/tidegate", "/bin/true"))
    for command in (["security", "--offline=yes", "--threshold=25"], ["verify", "--man=no"]):
        done = subprocess.run(["systemd-analyze", "--no-pager", *command, unit], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout[-300:] + done.stderr
        assert command[0] != "verify" or not done.stderr, done.stderr
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", f"{UNIT}/tidegate.sysusers"], check=True,
                   capture_output=True)
    assert "tidegate:" in (tmp_path / "etc/group").read_text()
    subprocess.run(["systemd-tmpfiles", "--create", f"--root={tmp_path}", f"{UNIT}/tidegate.tmpfiles"], check=True,
                   capture_output=True)
    assert (tmp_path / "run/tidegate").is_dir()
