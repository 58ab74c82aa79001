# SPDX-License-Identifier: GPL-2.0-or-later
"""The files in examples/, each in the place that it describes: real clients get what it allows, and nothing else."""

import dataclasses
import os

import pytest

import wanted
from lab import asked as asking
from lab import policies, scenes
from lab.gate import SURPLUS
from lab.topology import HOOKS
from wanted import EXAMPLES, together

ALL = pytest.mark.parametrize("scene", [together(example) for example in EXAMPLES], indirect=True)


def test_every_example_is_here():
    """A new file needs its place and its cases; a list beside the files is read by one of them."""
    shipped = {name for name in os.listdir(scenes.DIRECTORY) if name.endswith(".conf")}
    assert shipped == set(EXAMPLES) == set(scenes.SCENES)
    texts = "".join(_read(name) for name in shipped)
    for name in set(os.listdir(scenes.DIRECTORY)) - shipped - {"netfilter"}:
        assert f'files-from = "{name}"' in texts, f"no example reads {name}"


def _read(name):
    with open(os.path.join(scenes.DIRECTORY, name), encoding="utf-8") as file:
        return file.read()


@ALL
def test_the_shipped_file_comes_up(scene):
    """`check` has nothing to say, `up --config` guards the interfaces that are there, and all rules are in force."""
    done = scene.gate.call("check", scene.path)
    assert done.stdout.endswith(", fine\n") and not done.stderr, done
    scene.run(scene.shipped)
    status = scene.gate.status()
    assert {entry["name"] for entry in status["interfaces"]} == set(scene.gate.interfaces)
    assert all(entry["ingress"] == "attached" and entry["egress"] == "tcx" for entry in status["interfaces"])
    running = {rule["name"] for zone in scene.gate.json("policy")["zones"] for rule in zone["rules"]}
    assert running == {asked.rule for asked in EXAMPLES[os.path.basename(scene.path)]} - {None} | {
        rule for rule in running if rule == "to our server"}, "a rule has no case here"


def cases():
    """Each example with each of its cases, and with the hooks that it is tried on."""
    return [together(example, hook, asked, name=f"{hook or 'as-it-is'}-{asked}")
            for example, list_of in EXAMPLES.items()
            for hook in (None, *(hook for hook in HOOKS if hook != "xdp"))
            for asked in list_of if hook is None or asked.hooks]


@pytest.mark.parametrize("scene, hook, asked", cases(), indirect=["scene"])
def test_asked(scene, hook, asked):
    """A real client gets the file under the rule that says so, or fails for exactly the reason; `policy test` knew."""
    scene.run(scene.standard(hook))
    told = scene.gate.json("policy", "test", "--config", scene.path, *_zone(scene), *asking.policy_words(scene, asked))
    if asked.reason not in FOUND_OUT_LATER:
        assert told["reason"] == (asked.reason or "request"), told
        assert (told["rule"] or {}).get("name") == asked.rule, told
    if asked.reason:
        asking.fails(scene, asked)
    else:
        asking.passes(scene, asked)


# What the server says, what comes, and from where the request comes are not known before.
FOUND_OUT_LATER = ("rule_size", "request_direction")


def _zone(scene):
    zones = [zone["name"] for zone in scene.gate.status()["zones"]]
    return ["--zone", zones[0]] if len(zones) > 1 else []


@ALL
def test_another_policy_under_a_transfer(scene):
    """While a transfer is held, a policy is applied that allows nothing; it goes on to its end, and no other begins."""
    scene.run(scene.standard())
    large = wanted.held(os.path.basename(scene.path))
    with asking.hold(scene, large) as transfer:
        scene.run(_closed(scene))
        asking.fails(scene, dataclasses.replace(large, name=large.name + "-2", rule="nothing", reason="rule_denied"))
        watch = asking.Watch(scene)
        transfer.go_on()
        transfer.assert_ends()
        assert set(watch.dropped()) <= SURPLUS
    scene.run(scene.standard())


def _closed(scene):
    """The same zones, in which no request is allowed."""
    zones = {}
    for entry in scene.gate.status()["interfaces"]:
        zones.setdefault(entry["zone"], []).append(entry["name"])
    return "".join(policies.zone(zone, names, 'rule "nothing" { action = deny }') for zone, names in zones.items())
