# SPDX-License-Identifier: GPL-2.0-or-later
"""Configuration files of the policy tests, and what a running policy shows of itself."""

from . import attachments

OPEN = 'zone "boot" { interfaces = {"eth0"} }\n'
WATCHING = 'zone "boot" { interfaces = {"eth0"} mode = monitor }\n'


def zone(name, interfaces, *lines):
    """One zone; each line is a setting, or a block on a line of its own."""
    names = ", ".join(f'"{interface}"' for interface in interfaces)
    return "\n\t".join([f'zone "{name}" {{', f"interfaces = {{{names}}}", *lines]) + "\n}\n"


def large(interface, rules=1000, patterns=10000):
    """A zone with many rules, and many patterns in them; `wanted-N` is the N-th rule's own."""
    blocks = []
    for rule in range(rules):
        names = [f"wanted-{rule}"] + [f"firmware/model-{rule}/part-{i}-*.bin" for i in range(patterns // rules - 1)]
        blocks.append(f'rule "r{rule}" {{ action = allow operation = read clients = {{"10.{rule % 100}.0.0/16", '
                      f'"10.71.0.0/16"}} files = {{{", ".join(chr(34) + name + chr(34) for name in names)}}} }}')
    return zone("large", [interface], *blocks)


def generation(gate):
    """Of the running policy."""
    return gate.status()["policy"]["generation"]


def text(gate):
    """The running policy as a configuration file."""
    return gate.call("policy").stdout


def rule_packets(gate):
    """{rule: requests that it decided} over all zones."""
    return {rule["name"]: rule["packets"] for zone in gate.json("policy")["zones"] for rule in zone["rules"]}


def state(gate):
    """All that must not change when a change is refused."""
    return (generation(gate), text(gate), attachments.on_interfaces(gate.namespace, gate.interfaces),
            gate.status()["zones"])
