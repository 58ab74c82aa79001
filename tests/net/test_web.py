# SPDX-License-Identifier: GPL-2.0-or-later
"""The web server over a made-up firewall: metrics as promtool and Prometheus read them, and whom it answers."""

import contextlib
import glob
import json
import pathlib
import subprocess

import pytest

from lab import prometheus, stage, wait
from lab.gate import ROOT
from lab.netns import Namespace

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
PROMETHEUS_ASKS = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75," \
                  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
VIEWERS = 16
CONNECTIONS = 64
ASK_S = 10


@pytest.fixture(scope="module", name="place")
def _place():
    made = Namespace("web")
    yield made
    made.delete()


@pytest.fixture(name="scene")
def _scene(place):
    made = stage.Stage(place)
    yield made
    made.close()


def promtool(*arguments, **options):
    """Run promtool; its complaints are the test's."""
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0 and not done.stderr.strip(), f"{done.stdout}{done.stderr}"


def test_rules():
    """The rules are well-formed, and fire when they should and only then (tests/web/rules*_test.yml)."""
    promtool("check", "rules", prometheus.RULES)
    files = sorted(glob.glob(f"{ROOT}/tests/web/rules*_test.yml"))
    done = subprocess.run(["promtool", "test", "rules", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tests = "".join(pathlib.Path(path).read_text(encoding="utf-8") for path in files)
    for name, _ in prometheus.rule_queries():
        assert name[0].islower() or name in tests, f"no test lets {name} fire"


def test_metrics(scene, place):
    """Both formats, what they say, and that promtool finds nothing to complain about."""
    scene.do("transfer vmlinuz 1048576", "bytes 1048576", "end complete", "transfer gone 0", "bytes 700", "end idle",
             "deny secret 3", "incident 6", "evict 2", "transfer initrd 5")
    ended = 'tidegate_transfers_ended_total{zone="boot",operation="read",outcome="%s"}'
    stage.wait_for_sample(place, ended % "evicted", lambda value: value == 6)
    status, headers, text = stage.ask(place, "/metrics")
    assert (status, headers["content-type"]) == (200, TEXT)
    promtool("check", "metrics", input=text)
    got = stage.samples(text)
    wanted = {
        ended % "complete": 1, ended % "idle": 1, ended % "probe": 0,
        'tidegate_transfers_begun_total{zone="boot",operation="read"}': 3,
        'tidegate_transfers_running{zone="boot",operation="read"}': 1,
        'tidegate_transfer_size_bytes_count{zone="boot",operation="read"}': 1,
        'tidegate_transfer_size_bytes_sum{zone="boot",operation="read"}': 1048576,
        'tidegate_transfer_size_bytes_bucket{zone="boot",operation="read",le="262144.0"}': 0,
        'tidegate_transfer_size_bytes_bucket{zone="boot",operation="read",le="1048576.0"}': 1,
        'tidegate_transfer_duration_seconds_bucket{zone="boot",operation="read",le="+Inf"}': 1,
        'tidegate_table_evictions_total{table="requests"}': 2, 'tidegate_table_evictions_total{table="offers"}': 2,
        'tidegate_table_evictions_total{table="transfers"}': 2, 'tidegate_incidents_total{incident="failed"}': 1,
        'tidegate_zone_enforcing{zone="boot"}': 1, 'tidegate_zone_enforcing{zone="phones"}': 0,
        # A zone of which no record has come counts from 0, and so does each reason: rates need that first step.
        'tidegate_transfers_begun_total{zone="phones",operation="write"}': 0,
        'tidegate_packets_total{zone="boot",interface="eth1",verdict="drop",reason="no_credit"}': 0,
        # Names of interfaces may be odd.
        'tidegate_packets_total{zone="phones",interface="tap\\"\\\\xff",verdict="drop",reason="unsolicited"}': 2,
        'tidegate_rule_requests_total{zone="boot",rule="own configuration",action="allow"}': 1,
        'tidegate_sink_records_written_total{sink="eve"}': 10, 'tidegate_measured': 1, 'tidegate_records_missed_total': 0,
    }
    assert {name: got.get(name) for name in wanted} == wanted
    assert not [name for name in got if any(word in name for word in ("192.0.2", "vmlinuz", "secret", "50001"))]
    status, headers, text = stage.ask(place, "/metrics", Accept=PROMETHEUS_ASKS)
    assert (status, headers["content-type"]) == (200, OPENMETRICS)
    assert text.endswith("# EOF\n") and "# UNIT tidegate_packet_bytes bytes\n" in text
    assert stage.samples(text).keys() == got.keys()


def test_unreadable(scene, place):
    """Where the tables cannot be read, that is a metric, and what comes from the records stays."""
    ended = 'tidegate_transfers_ended_total{zone="boot",operation="read",outcome="complete"}'
    scene.do("transfer vmlinuz 5", "end complete")
    # Nothing is measured yet when it begins, and records take a moment.
    stage.wait_for_sample(place, "tidegate_measured", lambda value: value == 1)
    stage.wait_for_sample(place, ended, lambda value: value == 1)
    scene.do("fail 1")
    stage.wait_for_sample(place, "tidegate_measured", lambda value: value == 0)
    text = stage.ask(place, "/metrics")[2]
    promtool("check", "metrics", input=text)
    assert "tidegate_packets_total{" not in text
    assert f"{ended} 1" in text
    scene.do("fail 0")
    stage.wait_for_sample(place, "tidegate_measured", lambda value: value == 1)


def test_whom_it_answers(scene, place):
    """Only GET and HEAD, only under names that are its own, and no pages of other sites; nothing is said to scripts elsewhere."""
    def status(path, method="GET", **headers):
        return stage.ask(place, path, method, **headers)[0]

    assert scene.process.poll() is None
    assert [status("/", "HEAD"), status("/metrics", "HEAD"), status("/events", "HEAD")] == [200, 200, 200]
    assert stage.ask(place, "/", "HEAD")[2] == ""
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
        got, headers, _ = stage.ask(place, "/", method)
        assert (got, headers["allow"]) == (405, "GET, HEAD"), method
    assert status("/", Content_Length="5") == 400
    assert [status(path) for path in ("/no", "/events/", "/../etc/passwd", "/%00", "//metrics")] == [404] * 5
    for host, wanted in (("evil.example:9469", 421), ("localhost:9469", 200), ("[::1]:9469", 200), ("", 421)):
        assert [status(path, Host=host) for path in ("/", "/metrics")] == [wanted] * 2, host
        assert status("/events", "HEAD", Host=host) == wanted, host
    elsewhere = {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "cors"}
    assert [status(path, **elsewhere) for path in ("/", "/metrics", "/events")] == [403] * 3
    assert status("/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate") == 200
    _, headers, _ = stage.ask(place, "/", Origin="https://evil.example")
    assert not [name for name in headers if name.startswith("access-control")]
    assert "default-src 'none'" in headers["content-security-policy"]
    _, again, page = stage.ask(place, "/")
    assert again["content-security-policy"] != headers["content-security-policy"], "the nonce is always the same"
    assert page.count(again["content-security-policy"].split("'nonce-")[1].split("'")[0]) == 2


def test_no_page(place):
    """Without the status page there are metrics, and no more."""
    made = stage.Stage(place, "no-page")
    try:
        assert [stage.ask(place, path)[0] for path in ("/", "/events", "/metrics")] == [404, 404, 200]
    finally:
        made.close()


def test_address_taken(place, scene):
    """A port that somebody else has is explained."""
    assert scene.process.poll() is None
    done = place.run(stage.build(), "127.0.0.1", stage.PORT, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("tidegate: metrics: cannot listen on 127.0.0.1:9469: Address already in use\nhint: ")


def read_events(connection, count):
    """So many messages of a stream that was asked for: [(event, data)]."""
    file, found, event = connection.makefile(encoding="utf-8"), [], None
    while len(found) < count:
        line = file.readline()
        assert line, f"the stream ended after {found}"
        if line.startswith("event: "):
            event = line.removeprefix("event: ").strip()
        elif line.startswith("data: "):
            found.append((event, json.loads(line.removeprefix("data: "))))
    return found


def open_events(place):
    """A connection that has asked for the events."""
    made = stage.connect(place)
    made.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return made


def test_events(scene, place):
    """First what is and was, then what comes, with the state every second; a bounded number of viewers."""
    scene.do("transfer vmlinuz 100", "bytes 50", "deny secret 2", "incident 1")
    stage.wait_for_sample(place, 'tidegate_incidents_total{incident="interface-guarded"}', lambda value: value == 1)
    with contextlib.closing(open_events(place)) as connection:
        first = read_events(connection, 3)
        assert [event for event, _ in first] == ["hello", "records", "state"]
        assert first[0][1]["reasons"]["no_rule"]["meaning"]
        assert [record.get("file") for record in first[1][1]["list"]] == ["secret", "secret", None]
        assert first[2][1]["transfers"][0]["bytes"] == 50
        scene.do("bytes 70", "end complete")
        later = read_events(connection, 3)
        ends = [record for event, data in later if event == "records" for record in data["list"]]
        assert [(end["outcome"], end["bytes"]) for end in ends] == [("complete", 70)]
        assert later[-1][1].get("transfers", []) == [] or later[-1][0] == "records"
    viewers = "tidegate_status_page_viewers"
    stage.wait_for_sample(place, viewers, lambda value: value == 0)
    with contextlib.ExitStack() as stack:
        for number in range(VIEWERS):
            read_events(stack.enter_context(contextlib.closing(open_events(place))), 1)
            assert stage.samples(stage.ask(place, "/metrics")[2])[viewers] == number + 1
        status, headers, _ = stage.ask(place, "/events")
        assert status == 503 and headers["retry-after"]
        with contextlib.closing(open_events(place)) as refused:
            assert b"503" in refused.recv(100)
    stage.wait_for_sample(place, viewers, lambda value: value == 0)
    assert stage.samples(stage.ask(place, "/metrics")[2])["tidegate_records_missed_total"] == 0


def test_flood_is_summed(scene, place):
    """A page is told of 50 records of a kind at a time, and how many more there were."""
    with contextlib.closing(open_events(place)) as connection:
        read_events(connection, 3)
        scene.do("deny flood 5000")
        told = skipped = 0
        while told + skipped < 5000:
            (event, data), = read_events(connection, 1)
            if event == "records":
                told, skipped = told + len(data["list"]), skipped + data["skipped"].get("denied", 0)
        assert told + skipped == 5000 and told <= 1000


def test_silent_connections(scene, place):
    """Who connects and does not ask, or asks byte by byte, is hung up on; meanwhile others are answered."""
    assert scene.process.poll() is None
    with contextlib.ExitStack() as stack:
        mute = [stack.enter_context(contextlib.closing(stage.connect(place))) for _ in range(CONNECTIONS // 2)]
        slow = stack.enter_context(contextlib.closing(stage.connect(place)))
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-")
        assert stage.ask(place, "/metrics")[0] == 200
        for connection in [*mute, slow]:
            connection.settimeout(0.2)

        def all_gone():
            with contextlib.suppress(OSError):
                slow.sendall(b"x")
            gone = []
            for connection in [*mute, slow]:
                try:
                    gone.append(connection.recv(1000) == b"")
                except TimeoutError:
                    return False
                except ConnectionError:
                    gone.append(True)
            return all(gone)

        wait.until(all_gone, "all were hung up on", seconds=2 * ASK_S, interval=0.2)
    assert stage.ask(place, "/metrics")[0] == 200


def test_end(place):
    """The server ends at once, with viewers and idle connections, and hangs up on all of them."""
    made = stage.Stage(place)
    with contextlib.closing(open_events(place)) as viewer, contextlib.closing(stage.connect(place)) as idle:
        read_events(viewer, 3)
        assert made.close() == 0
        for connection in (viewer, idle):
            with contextlib.suppress(ConnectionError):
                while connection.recv(65536):
                    pass
