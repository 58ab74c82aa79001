# SPDX-License-Identifier: GPL-2.0-or-later
"""A real Prometheus in a namespace that scrapes what runs there, and the queries that we ship."""

import contextlib
import json
import os
import re
import subprocess
import urllib.parse

import yaml

from . import stage, wait
from .gate import ROOT
from .netns import kill_family

PORT = 9090
RULES = os.path.join(ROOT, "tools/prometheus/tidegate.rules.yml")
DASHBOARD = os.path.join(ROOT, "tools/grafana/tidegate.json")
INTERVAL = "500ms"
VARIABLES = {"$__rate_interval": "10s", "$instance": ".*", "$zone": ".*"}


class Prometheus:
    """With storage and configuration in `directory`; `target` is scraped twice a second."""

    def __init__(self, namespace, directory, target):
        self.namespace = namespace
        config = {"global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
                  "rule_files": [RULES],
                  "scrape_configs": [{"job_name": "tidegate", "static_configs": [{"targets": [target]}]}]}
        path = directory / "prometheus.yml"
        path.write_text(yaml.safe_dump(config))
        self.log = open(directory / "prometheus.log", "w", encoding="utf-8")
        self.process = namespace.popen("/usr/bin/prometheus", f"--config.file={path}", f"--storage.tsdb.path={directory}/data",
                                       f"--web.listen-address=127.0.0.1:{PORT}", stdout=self.log, stderr=subprocess.STDOUT)
        wait.until(self._ready, f"Prometheus is ready (see {self.log.name})", seconds=60, interval=0.1)

    def _ready(self):
        assert self.process.poll() is None, open(self.log.name, encoding="utf-8").read()[-3000:]
        with contextlib.suppress(OSError):
            return stage.ask(self.namespace, "/-/ready", port=PORT)[0] == 200
        return False

    def api(self, path, **parameters):
        """`data` of an answer of its API."""
        status, _, body = stage.ask(self.namespace, f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}", port=PORT)
        answer = json.loads(body)
        assert status == 200 and answer["status"] == "success", f"{parameters}: {body[:500]}"
        return answer["data"]

    def query(self, expression):
        """What it is by now: a list of {"metric", "value"}."""
        return self.api("query", query=expression)["result"]

    def close(self):
        """Kill it."""
        kill_family(self.process)
        self.log.close()


def dashboard_queries():
    """[(title of the panel, query)], variables put in; also those of variables and annotations."""
    with open(DASHBOARD, encoding="utf-8") as file:
        board = json.load(file)
    queries = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            series = re.fullmatch(r"label_values\((.*), \w+\)", variable["definition"]).group(1)
            queries.append((f"variable {variable['name']}", series))
    queries += [(note["name"], _left(note["expr"])) for note in board["annotations"]["list"]]
    for name, value in VARIABLES.items():
        queries = [(title, query.replace(name, value)) for title, query in queries]
    return queries


def rule_queries():
    """[(name, query)]: what is recorded, and of each alert what it compares with a number."""
    with open(RULES, encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"]]
    return [(rule["record"], rule["record"]) if "record" in rule else (rule["alert"], _left(rule["expr"])) for rule in rules]


def _left(expression):
    left = re.sub(r" (==|>) [0-9.]+$", "", expression.strip())
    assert left != expression.strip(), f"no comparison with a number: {expression}"
    return left
