# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics and status page of a real `tidegate run`: a transfer in flight in Chromium, and every shipped query in Prometheus."""

import contextlib
import json
import signal
import subprocess
import time

import pytest

from lab import browser, packets, policies, prometheus, stage, wait
from lab.netns import kill_family

URL = f"http://127.0.0.1:{stage.PORT}/"
BLOCK = b"x" * 512
BLOCKS = 8
BAR = "document.querySelector('#running [role=progressbar]')"

pytestmark = pytest.mark.parametrize("lab", [("server-host", 4)], indirect=True)


@pytest.fixture(name="daemon")
def _daemon(lab, gate, tmp_path):
    """`tidegate run`, with metrics, the page and a sink."""
    text = policies.zone("boot", lab.interfaces, 'rule "all but secrets" { action = allow files = {"f*"} }')
    text += f'\ndaemon {{ listen = "127.0.0.1:{stage.PORT}" status-page = true }}\n'
    text += f'sink "eve" {{ type = file path = "{tmp_path}/eve.json" }}\n'
    (tmp_path / "tidegate.conf").write_text(text)
    with open(tmp_path / "log", "wb") as log:
        process = lab.gate.popen(*gate.argv("run", "--config", tmp_path / "tidegate.conf", "--socket", tmp_path / "socket"),
                                 stdout=log, stderr=log)

    def answers():
        assert process.poll() is None, (tmp_path / "log").read_text()
        with contextlib.suppress(OSError):
            return stage.samples(stage.ask(lab.gate, "/metrics")[2]).get("tidegate_measured") == 1
        return False

    try:
        wait.until(answers, "the daemon measures", seconds=20, interval=0.05)
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0, (tmp_path / "log").read_text()
    finally:
        if process.poll() is None:
            kill_family(process)


class Transfer:
    """A read of BLOCKS full blocks and an empty one, whose size the server announces; packet by packet."""

    def __init__(self, lab):
        self.file = lab.payloads.fresh_name("page")
        self.client = packets.Endpoint(lab.client, lab.address("client"))
        self.tid = packets.Endpoint(lab.server, lab.address("hand"))
        size = str(BLOCKS * len(BLOCK)).encode()
        with packets.Endpoint(lab.server, lab.address("hand"), 69) as service:
            self.client.send(packets.request(packets.RRQ, self.file, tsize=0), service.name)
            service.expect()
        self.tid.send(b"\0\6tsize\0" + size + b"\0", self.client.name)
        self.client.expect()
        self._acknowledge(0)

    def _acknowledge(self, block):
        self.client.send(packets.ack(block), self.tid.name)
        self.tid.expect(packets.ack(block))

    def blocks(self, first, last):
        """These blocks, in turn; the one behind BLOCKS is empty."""
        for block in range(first, last + 1):
            payload = packets.data(block, BLOCK if block <= BLOCKS else b"")
            self.tid.send(payload, self.client.name)
            self.client.expect(payload)
            self._acknowledge(block)

    def close(self):
        """The sockets."""
        self.client.socket.close()
        self.tid.socket.close()


def deny(lab, name):
    """A request that no rule allows."""
    with packets.Endpoint(lab.client, lab.address("client")) as client:
        client.send(packets.request(packets.RRQ, name), (lab.address("hand"), 69))


def test_page(lab, daemon):
    """The bar moves while the transfer goes on; it ends and a request is denied, and both are seen."""
    assert daemon.poll() is None
    window = browser.Browser(lab.gate)
    try:
        window.open(URL)
        with contextlib.closing(Transfer(lab)) as transfer:
            transfer.blocks(1, 2)
            window.wait(f"{BAR} && {BAR}.getAttribute('aria-valuenow') === '25'")
            assert window.evaluate(f"{BAR}.ariaLabel") == f"Progress of {transfer.file}"
            transfer.blocks(3, 6)
            window.wait(f"{BAR}.getAttribute('aria-valuenow') === '75'")
            transfer.blocks(7, BLOCKS + 1)
            window.wait(f"!{BAR} && document.querySelector('#ended').innerText.includes('{transfer.file}')")
            assert "complete" in window.evaluate("document.querySelector('#ended tbody').innerText")
        deny(lab, "secret.key")
        window.wait("document.querySelector('#refused tbody').innerText.includes('read secret.key')")
        window.wait("document.getElementById('announce').textContent.includes('Denied: read secret.key')")
        window.wait("document.querySelector('#drops tbody').innerText.includes('no_rule')")
        assert not window.complaints()
    finally:
        window.close()


def test_prometheus(lab, gate, daemon, tmp_path):
    """promtool likes what the daemon tells; every query of the dashboard and of the rules finds something; counts are exact."""
    server = prometheus.Prometheus(lab.gate, tmp_path, f"127.0.0.1:{stage.PORT}")
    transfers = 0
    try:
        queries = prometheus.dashboard_queries() + prometheus.rule_queries()
        assert len(queries) > 40
        left = dict.fromkeys(queries)

        def all_found():
            nonlocal transfers
            transfers += 1
            with contextlib.closing(Transfer(lab)) as transfer:
                begun = time.monotonic()
                transfer.blocks(1, BLOCKS)
                # The rate of one that took less is not counted.
                wait.until(lambda: time.monotonic() >= begun + 0.001, "1 ms is over", interval=0.0005)
                transfer.blocks(BLOCKS + 1, BLOCKS + 1)
            deny(lab, "secret.key")
            for title, query in list(left):
                result = server.query(query)
                if result and any(sample["value"][1] != "NaN" for sample in result):
                    del left[(title, query)]
            return not left

        with contextlib.suppress(wait.Timeout):
            wait.until(all_found, "every query finds something", seconds=45, interval=0.3)
        assert not list(left)
        target, = server.api("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        assert not [rule for group in server.api("rules")["groups"] for rule in group["rules"] if rule["health"] == "err"]
    finally:
        server.close()
    stage.wait_for_sample(lab.gate, "tidegate_requests_denied_total", lambda value: value == transfers)
    text = stage.ask(lab.gate, "/metrics")[2]
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    got = stage.samples(text)
    labels = 'zone="boot",operation="read"'
    assert got[f"tidegate_transfer_size_bytes_count{{{labels}}}"] == transfers
    assert got[f"tidegate_transfer_size_bytes_sum{{{labels}}}"] == transfers * BLOCKS * len(BLOCK)
    assert got['tidegate_rule_requests_total{zone="boot",rule="all but secrets",action="allow"}'] == transfers
    assert daemon.poll() is None
    # The firewall goes, and comes again: that is told, and the daemon goes on.
    gate.down()
    stage.wait_for_sample(lab.gate, "tidegate_measured", lambda value: value == 0)
    assert f"tidegate_transfers_ended_total{{{labels},outcome=\"complete\"}} {transfers}\n" in stage.ask(lab.gate, "/metrics")[2]
    gate.up()
    stage.wait_for_sample(lab.gate, "tidegate_measured", lambda value: value == 1)


def test_reload(lab, daemon, tmp_path):
    """Where nothing about it changes, a reload leaves the server and its counters; it goes where it is told to go, or away."""
    with contextlib.closing(Transfer(lab)) as transfer:
        transfer.blocks(1, BLOCKS + 1)
    ended = 'tidegate_transfers_ended_total{zone="boot",operation="read",outcome="complete"}'
    stage.wait_for_sample(lab.gate, ended, lambda value: value == 1)
    written = 'tidegate_sink_records_written_total{sink="%s"}'
    stage.wait_for_sample(lab.gate, written % "eve", lambda value: value >= 2)
    path = tmp_path / "tidegate.conf"
    text = path.read_text()
    path.write_text(text.replace('sink "eve"', 'sink "other"'))
    daemon.send_signal(signal.SIGHUP)
    stage.wait_for_sample(lab.gate, written % "other", lambda value: value >= 0)
    assert stage.samples(stage.ask(lab.gate, "/metrics")[2])[ended] == 1
    path.write_text(text.replace(str(stage.PORT), "9470"))
    daemon.send_signal(signal.SIGHUP)
    stage.wait_for_sample(lab.gate, "tidegate_measured", lambda value: value == 1, port=9470)
    with pytest.raises(ConnectionRefusedError):
        stage.ask(lab.gate, "/metrics")
    assert json.loads((tmp_path / "eve.json").read_text().splitlines()[0])["tidegate"]
