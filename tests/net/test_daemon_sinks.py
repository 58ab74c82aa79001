# SPDX-License-Identifier: GPL-2.0-or-later
"""Every outcome, a denial and a drop in every sink at once: files, standard output, a stream, systemd's journal, syslog, SQLite
and PostgreSQL."""

import collections
import contextlib
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading

import psycopg2
import pytest

from lab import packets, wait
from lab.daemon import Daemon
from lab.stories import STORIES, play_all

POLICY = '''
zone boot {
	interfaces = eth0
	rule "forbidden" { action = deny files = {"forbidden*"} }
	rule "the rest" { action = allow }
}
daemon { group = "daemon" }
'''
SINKS = '''
sink "eve" { type = file path = "%(directory)s/eve.json" format = eve }
sink "text" { type = file path = "%(directory)s/text" format = text }
sink "stdout" { type = stdout format = eve }
sink "stream" { type = stream path = "%(directory)s/stream" format = eve }
sink "journal" { type = journal }
sink "syslog" { type = syslog path = "%(directory)s/syslog" }
sink "sqlite" { type = sqlite path = "%(directory)s/records.db" }
sink "postgresql" { type = postgresql connection = "host=%(database)s user=postgres dbname=postgres" }
'''
POSTGRESQL = "/usr/lib/postgresql/15/bin"
# The journal's socket, as the daemon sees it, is that of a journald of this test's.
JOURNAL_HERE = ("mkdir -p /run/systemd && mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/journal && "
                "mount --bind \"$0\" /run/systemd/journal && exec \"$@\"")
END = "end"


@pytest.fixture
def database():
    """A PostgreSQL server of this test's own, on a unix socket: its directory."""
    directory = tempfile.mkdtemp(prefix="tg-postgresql-", dir="/tmp")
    shutil.chown(directory, "postgres", "postgres")
    os.chmod(directory, 0o755)  # root without privileges is nobody there
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]

    def run(program, *arguments):
        subprocess.run([*as_postgres, f"{POSTGRESQL}/{program}", "-D", f"{directory}/data", *arguments], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

    try:
        run("initdb", "-A", "trust", "-U", "postgres", "--no-sync")
        run("pg_ctl", "start", "-w", "-l", f"{directory}/log", "-o", f"-c listen_addresses= -k {directory} -c fsync=off")
        yield directory
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("pg_ctl", "stop", "-w", "-m", "immediate")
        shutil.rmtree(directory)


class Listener:
    """A unix socket whose messages are kept: datagrams, or the lines of one connection."""

    def __init__(self, path, kind):
        self.messages = []
        self._socket = socket.socket(socket.AF_UNIX, kind)
        self._socket.bind(path)
        if kind == socket.SOCK_STREAM:
            self._socket.listen()
        threading.Thread(target=self._lines if kind == socket.SOCK_STREAM else self._datagrams, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _lines(self):
        with contextlib.suppress(OSError):
            connection, _ = self._socket.accept()
            with connection, connection.makefile("rb") as lines:
                for line in lines:
                    self.messages.append(line)

    def _datagrams(self):
        with contextlib.suppress(OSError):
            while message := self._socket.recv(65536):
                self.messages.append(message)


def eve_facts(lines):
    """What is compared, of EVE lines: (kind, file, outcome or rule or reason)."""
    for line in lines:
        own = json.loads(line)["tidegate"]
        yield own["record"], own.get("file"), own.get("outcome") or own.get("rule") or own.get("reason")


def text_facts(lines):
    """The same of text."""
    for line in lines:
        kind = re.search(r"\[(\w+)\]", line)[1]
        fields = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line))
        outcome = re.search(r"\] (?:read|write) (\S+)", line)
        what = outcome[1] if kind == END else fields.get("rule") or fields.get("reason")
        yield kind, fields.get("file", "").strip('"') or None, what and what.strip('"')


def journal_facts(messages):
    """The same of the journal's native fields."""
    for message in messages:
        fields = dict(line.split("=", 1) for line in message.decode().splitlines() if "=" in line)
        yield column_fact({key[len("TIDEGATE_"):].lower(): value for key, value in fields.items()
                           if key.startswith("TIDEGATE_")})


def syslog_facts(messages):
    """The same of RFC 5424's structured data."""
    for message in messages:
        assert re.match(rb"<\d+>1 \d{4}-\d\d-\d\dT\S+ \S+ tidegate ", message), message
        yield column_fact(dict(re.findall(r'(\w+)="([^"]*)"', re.search(r"\[tidegate@\d+ ([^\]]*)\]", message.decode())[1])))


def column_fact(columns):
    """The same of a database's columns."""
    return columns["kind"], columns.get("file"), columns.get("outcome") or columns.get("rule") or columns.get("reason")


def table_facts(cursor, table):
    """The same of a table."""
    cursor.execute(f"SELECT kind, file, outcome, rule, reason FROM {table}")
    return [column_fact(dict(zip(("kind", "file", "outcome", "rule", "reason"), row))) for row in cursor.fetchall()]


def of_interest(facts):
    """Ends, denials and drops, each with how often it is there."""
    return collections.Counter(fact for fact in facts if fact[0] not in ("begin", "incident"))


def refuse_something(lab, gate, reader, service):
    """A request that a rule denies, and a datagram that nobody asked for."""
    stranger = lab.address("client"), 40001
    packets.assert_dropped(gate, lab.client, stranger, service, packets.request(packets.RRQ, "forbidden"), ("rule_denied",))
    reader.wait_for(file="forbidden", record="denied")
    with packets.Endpoint(lab.server, lab.address("hand")) as endpoint:
        packets.assert_dropped(gate, lab.client, stranger, endpoint)
    reader.wait_for(record="drop", reason="unsolicited")


def expected_of(hands):
    """What every sink has to have in the end."""
    facts = [(END, hand.file, outcome) for outcome, hand in hands.items()]
    facts.append((END, hands["superseded"].file, "complete"))  # the TID that was taken up instead
    return collections.Counter(facts + [("denied", "forbidden", "forbidden"), ("drop", None, "unsolicited")])


def test_every_outcome_in_every_sink(lab, gate, tmp_path, database):
    """All sinks are told the same, whole, once."""
    journal = tmp_path / "journal"
    journal.mkdir()
    where = {"directory": tmp_path, "database": database}
    daemon = Daemon(gate, str(tmp_path), POLICY + SINKS % where)
    with Listener(str(tmp_path / "stream"), socket.SOCK_STREAM) as stream, \
            Listener(str(tmp_path / "syslog"), socket.SOCK_DGRAM) as syslog, \
            Listener(str(journal / "socket"), socket.SOCK_DGRAM) as native, \
            packets.Endpoint(lab.server, lab.address("hand"), 69) as service:
        try:
            daemon.start(prefix=("unshare", "--mount", "sh", "-c", JOURNAL_HERE, str(journal)))
            with daemon.records() as reader:
                hands = play_all(lab, gate, service, reader)
                refuse_something(lab, gate, reader, service)
                for outcome, hand in hands.items():
                    reader.wait_for(file=hand.file, record=END, outcome=outcome)
        finally:
            code = daemon.stop()
        assert code == 0, daemon.said()
        expected = expected_of(hands)
        assert set(STORIES) < {what for _, _, what in expected}
        said = [line for line in daemon.said().splitlines() if line.startswith("{")]
        found = {"eve": eve_facts((tmp_path / "eve.json").read_text().splitlines()),
                 "text": text_facts((tmp_path / "text").read_text().splitlines()), "stdout": eve_facts(said),
                 "stream": eve_facts(stream.messages), "journal": journal_facts(native.messages),
                 "syslog": syslog_facts(syslog.messages)}
        with contextlib.closing(sqlite3.connect(tmp_path / "records.db")) as connection:
            found["sqlite"] = table_facts(connection.cursor(), "records")
        with contextlib.closing(psycopg2.connect(f"host={database} user=postgres dbname=postgres")) as connection:
            found["postgresql"] = table_facts(connection.cursor(), "tidegate.records")
        for name, facts in found.items():
            assert of_interest(facts) == expected, name
        for hand in hands.values():
            hand.__exit__()
