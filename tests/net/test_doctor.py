# SPDX-License-Identifier: GPL-2.0-or-later
"""What gets into tidegate's way is found, and the command that is named mends it: real rules, real clients and servers."""

import ctypes
import glob
import json
import os
import subprocess

import pytest

from lab import attachments, files
from lab.clients import CLIENTS
from lab.gate import BPFFS, ROOT, remove_directory
from lab.netfilter import MARK
from lab.topology import ROLES

FOUND = 3
FAILED = 1
CLIENT_HOST = pytest.mark.parametrize("lab", [("client-host", 4), ("client-host", 6)], indirect=True, ids=["v4", "v6"])
CLIENT_HOST_6 = pytest.mark.parametrize("lab", [("client-host", 6)], indirect=True, ids=["v6"])
CLIENT_HOST_4 = pytest.mark.parametrize("lab", [("client-host", 4)], indirect=True, ids=["v4"])
ROUTER = pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["v4"])
BRIDGE = pytest.mark.parametrize("lab", [("bridge", 4)], indirect=True, ids=["v4"])

DEFAULT_DROP = """
table inet plain {
	chain input { type filter hook input priority filter; policy drop;
		ct state established,related accept
		iif lo accept
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
	}
}
"""


def fetches(lab, server="tftpd-hpa"):
    """Can a real client fetch a file?"""
    source = lab.payloads.path(3000)
    name = lab.payloads.serve(source, lab.directory, "doctor")
    target = f"{lab.downloads}/{name}"
    CLIENTS["curl"].transfer(lab.client, lab.family, lab.address(server), True, name, target, patience=1.5)
    return os.path.exists(target) and files.same(source, target)


def examined(gate):
    """(exit code, document) of doctor."""
    done = gate.call("-j", "doctor", check=False)
    return done.returncode, json.loads(done.stdout)


def findings(gate):
    """What doctor finds; the exit code says the same, and so does status."""
    code, document = examined(gate)
    assert code == (FOUND if document["findings"] else 0), (code, document)
    assert not document["unseen"], document
    assert gate.status()["findings"] == document["findings"]
    return document["findings"]


def mend(gate, kind, interface, severity="problem"):
    """The only finding is of this kind and about this interface; its command is carried out."""
    found = findings(gate)
    assert [(entry["finding"], entry["interface"], entry["severity"]) for entry in found] == [
        (kind, interface, severity)], found
    gate.namespace.run("sh", "-c", found[0]["command"])
    return found[0]


def rules(namespace, text):
    """Load rules of nft."""
    namespace.run("nft", "-f", "-", input=text)


@pytest.mark.parametrize("lab", [(role, 4) for role in ROLES], indirect=True, ids=ROLES)
def test_nothing_is_found(lab, gate):
    """Where nothing is in the way, nothing is said, in text, in JSON, in status or by up."""
    done = gate.up()
    assert "hint" not in done.stderr
    assert not findings(gate)
    assert gate.call("doctor").stdout == "nothing gets into its way\n"
    assert "gets into its way" not in gate.call("status").stdout


def test_nothing_is_up(gate):
    """There is nothing to judge, and that is an error."""
    refused = gate.call("doctor", check=False)
    assert refused.returncode == FAILED and refused.stderr.startswith("tidegate: doctor: nothing is up")


@CLIENT_HOST
def test_default_drop_of_a_client(lab, gate):
    """Answers come from ports that conntrack does not know; accepting what tidegate has judged is enough."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, DEFAULT_DROP)
    done = gate.up("--requests", "out")
    assert "notice: eth0: answers to TFTP requests" in done.stderr and "hint: nft 'insert rule" in done.stderr
    assert not fetches(lab)
    text = gate.call("doctor", check=False)
    assert text.returncode == FOUND and "policy of chain input in table inet plain" in text.stdout
    assert text.stdout.splitlines()[1].startswith("  mend it: nft 'insert rule inet plain input iifname")
    assert "what gets into its way:\neth0: problem (netfilter-drops)" in gate.call("status").stdout
    mend(gate, "netfilter-drops", "eth0")
    assert fetches(lab)
    assert not findings(gate)


@CLIENT_HOST_4
def test_default_drop_where_tidegate_only_looks(lab, gate):
    """A zone that monitors has judged nothing: then conntrack's helper is the way. Without rules it is needless."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, DEFAULT_DROP)
    gate.up("--requests", "out", "--monitor")
    assert not fetches(lab)
    mend(gate, "netfilter-drops", "eth0")
    assert fetches(lab)
    assert not findings(gate)
    lab.gate.run("nft", "delete table inet plain")
    mend(gate, "helper-needless", "eth0", "note")
    assert "ct helper set" not in lab.gate.run("nft", "list ruleset").stdout
    assert fetches(lab)
    assert not findings(gate)


@CLIENT_HOST_6
def test_default_drop_and_a_mark(lab, gate):
    """Without a mark, doctor names it with its rule; with it, the rule is one for all that tidegate admits."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, DEFAULT_DROP)
    gate.up("--requests", "out", "--mark", MARK)
    assert not fetches(lab)
    found = mend(gate, "netfilter-drops", "eth0")
    assert found["command"] == "nft 'insert rule inet plain input meta l4proto udp meta mark & 0xf0 == 0x40 accept'"
    assert found["other_way"].startswith("--single-port --hook tc for zone eth0: ")
    assert fetches(lab)
    assert not findings(gate)
    gate.up("--requests", "out", "--mark", "0x50/0xf0")  # the rule waits for another one
    assert not fetches(lab)
    assert "0x50" in mend(gate, "netfilter-drops", "eth0")["command"]
    assert fetches(lab)


@CLIENT_HOST_4
def test_default_drop_and_translation(lab, gate):
    """With what doctor names besides its command nothing is in the way."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, DEFAULT_DROP)
    gate.up("--requests", "out")
    assert not fetches(lab)
    options = findings(gate)[0]["other_way"].split(" for zone ")[0].split()
    gate.up("--requests", "out", *options)
    assert not findings(gate)
    assert fetches(lab)


@pytest.mark.parametrize("tool, mode", [("iptables-nft", []), ("iptables-legacy", []), ("iptables-nft", ["--monitor"]),
                                        ("iptables-legacy", ["--mark", MARK])],
                         ids=["nft-enforce", "legacy-enforce", "nft-monitor", "legacy-mark"])
@CLIENT_HOST_4
def test_default_drop_of_iptables(lab, gate, tool, mode):
    """The same in the terms of iptables, new and old, and mended in its terms."""
    lab.start_servers(["tftpd-hpa"])
    lab.gate.run(tool, "-A", "INPUT", "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT")
    lab.gate.run(tool, "-A", "INPUT", "-m", "comment", "--comment", "it's \"the rest\"", "-j", "REJECT")
    gate.up("--requests", "out", *mode)
    assert not fetches(lab)
    assert mend(gate, "netfilter-drops", "eth0")["command"].startswith(tool)
    assert fetches(lab)
    assert not findings(gate)


def test_default_drop_of_a_server(lab, gate):
    """A server's rules let requests in, and nothing that follows."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, "table ip closed { chain input { type filter hook input priority filter; policy drop;\n"
                    "udp dport 69 accept\n } \n }")
    gate.up("--requests", "in")
    assert not fetches(lab)
    found = findings(gate)
    assert "packets of running transfers" in found[0]["cause"] and found[0]["other_way"].startswith(f"--mark {MARK} for zone eth0")
    gate.up("--requests", "in", "--mark", MARK)
    assert not fetches(lab)
    lab.gate.run("sh", "-c", found[0]["other_way"].split(": ", 1)[1])
    assert fetches(lab)
    assert not findings(gate)
    lab.gate.run("nft", "flush chain ip closed input")
    lab.gate.run("nft", "add rule ip closed input udp dport 69 accept")
    gate.up("--requests", "in")
    mend(gate, "netfilter-drops", "eth0")
    assert fetches(lab)
    assert not findings(gate)


def test_rules_at_ingress(lab, gate):
    """Rules for the device itself come before all others."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, "table netdev early { chain first { type filter hook ingress device eth0 priority 0; policy accept;\n"
                    "udp dport != 69 drop\n } \n }")
    gate.up("--requests", "in")
    assert not fetches(lab)
    mend(gate, "netfilter-drops", "eth0")
    assert fetches(lab)
    assert not findings(gate)


@ROUTER
def test_router_that_forwards_what_it_knows(lab, gate):
    """Inside may ask, and what is known may come back; the answer is not known."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, "table inet filter { chain forward { type filter hook forward priority filter; policy drop;\n"
                    "ct state established,related accept\niifname lan0 accept\n } \n }")
    gate.up()
    assert not fetches(lab)
    mend(gate, "netfilter-drops", "wan0")
    assert fetches(lab)
    assert not findings(gate)


@ROUTER
def test_translation_without_a_helper(lab, gate):
    """Answers find no way back through NAT unless a helper knows it."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, "table ip nat { chain out { type nat hook postrouting priority srcnat;\n"
                    "oifname wan0 ip saddr 10.71.1.0/24 masquerade\n } \n }")
    gate.call("up", "lan0", "--requests", "in")
    gate.call("up", "wan0", "--requests", "out")
    assert not fetches(lab)
    options = mend(gate, "helper-missing", "wan0")["other_way"].split(" for zone ")[0].split()
    assert fetches(lab)
    assert not findings(gate)
    gate.call("up", "wan0", "--requests", "out", *options)
    lab.gate.run("nft", "delete table inet tidegate_helper")
    assert fetches(lab)
    assert not findings(gate)


CALLS = {"by the namespace's setting": ["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"],
         "by the bridge's own": ["ip", "link", "set", "br0", "type", "bridge", "nf_call_iptables", "1"]}


@pytest.mark.parametrize("call", list(CALLS.values()), ids=list(CALLS))
@BRIDGE
def test_bridge_netfilter(lab, gate, call):
    """Bridged packets meet the rules for routed ones; that is told even where these let everything through."""
    lab.start_servers(["tftpd-hpa"])
    lab.gate.run("sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0")
    gate.up()
    lab.gate.run(*call)
    assert not findings(gate)  # there are no rules
    rules(lab.gate, "table inet harmless { chain pre { type filter hook prerouting priority filter;\ncounter\n} \n }")
    severities = {(entry["finding"], entry["severity"]) for entry in findings(gate)}
    assert severities == {("bridge-netfilter", "note")}
    rules(lab.gate, "table ip filter { chain forward { type filter hook forward priority filter; policy drop; } \n }")
    found = findings(gate)
    assert {(entry["finding"], entry["severity"]) for entry in found} == {("bridge-netfilter", "problem")}
    assert {entry["interface"] for entry in found} == {"port0", "port1"}
    assert not fetches(lab)
    lab.gate.run("sh", "-c", found[0]["command"])
    assert fetches(lab)
    assert not findings(gate)


@BRIDGE
def test_rules_of_a_bridge(lab, gate):
    """A bridge's own rules; each port's finding has its own command."""
    lab.start_servers(["tftpd-hpa"])
    rules(lab.gate, "table bridge filter { chain forward { type filter hook forward priority filter; policy drop;\n"
                    "ether type arp accept\nether type ip udp dport { 67, 68, 69 } accept\n"
                    "ether type ip6 udp dport 69 accept\n } \n }")
    gate.up()
    assert not fetches(lab)
    found = findings(gate)
    assert {(entry["finding"], entry["interface"]) for entry in found} == {
        ("netfilter-drops", "port0"), ("netfilter-drops", "port1")}
    for entry in found:
        lab.gate.run("sh", "-c", entry["command"])
    assert fetches(lab)
    assert not findings(gate)


@pytest.fixture(name="program")
def _program(tmp_path):
    """An object with programs that let everything pass."""
    source, target = tmp_path / "pass.c", tmp_path / "pass.o"
    source.write_text('__attribute__((section("xdp"), used)) int somebodys_xdp(void *c) { return 2; }\n'
                      '__attribute__((section("classifier"), used)) int somebodys_tc(void *c) { return -1; }\n'
                      'char text[] __attribute__((section("license"), used)) = "GPL";\n')
    subprocess.run(["clang", "-O2", "-g", "--target=bpf", "-c", source, "-o", target], check=True)
    return target


def test_filters_of_others(lab, gate, program):
    """A filter in clsact, on either side."""
    gate.up()
    lab.gate.run("tc", "qdisc", "add", "dev", "eth0", "clsact")
    for direction in ("ingress", "egress"):
        lab.gate.run("tc", "filter", "add", "dev", "eth0", direction, "pref", "7", "bpf", "da", "obj", program, "sec",
                     "classifier")
        cause = mend(gate, "other-tc", "eth0", "note")["cause"]
        assert direction in cause and "pass.o:[classifier] (preference 7)" in cause
        assert not findings(gate)


def test_xdp_program_of_others(lab, gate, program):
    """With --hook tc somebody else's XDP program comes first."""
    lab.gate.run("ip", "link", "set", "eth0", "xdpdrv", "obj", program, "sec", "xdp")
    gate.up("--hook", "tc")
    assert "XDP program somebodys_xdp" in mend(gate, "other-xdp", "eth0", "note")["cause"]
    assert attachments.places(lab.gate, "eth0") == ["tcx-egress", "tcx-ingress"]
    assert not findings(gate)


class _Link(ctypes.Structure):
    """The part of union bpf_attr that BPF_OBJ_GET (path) and BPF_LINK_CREATE read."""

    _fields_ = [("words", ctypes.c_uint32 * 16)]


def _tcx_link(namespace, interface, pin):
    """Attach the pinned program at TCX ingress; the descriptor of the link."""
    path = ctypes.create_string_buffer(pin.encode())
    attributes = _Link()
    ctypes.memmove(attributes.words, ctypes.byref(ctypes.c_uint64(ctypes.addressof(path))), 8)
    # pylint: disable=protected-access
    program = attachments._libc.syscall(attachments._BPF_SYSCALL, 7, ctypes.byref(attributes), ctypes.sizeof(attributes))
    assert program >= 0, os.strerror(ctypes.get_errno())
    with namespace.entered():
        attributes = _Link((ctypes.c_uint32 * 16)(program, attachments._ifindex(interface), 46))
        link = attachments._libc.syscall(attachments._BPF_SYSCALL, 28, ctypes.byref(attributes),
                                         ctypes.sizeof(attributes))
    os.close(program)
    return link


def test_tcx_program_of_others(lab, gate, program):
    """A program beside tidegate's in TCX."""
    directory = f"{BPFFS}/{os.path.basename(gate.bpffs)}-others"
    gate.up()
    os.mkdir(directory)
    link = -1
    try:
        subprocess.run(["bpftool", "prog", "loadall", program, directory], check=True)
        link = _tcx_link(lab.gate, "eth0", f"{directory}/somebodys_tc")
        if link < 0:
            pytest.skip("this kernel has no TCX")
        assert "TCX program somebodys_tc" in mend(gate, "other-tc", "eth0", "note")["cause"]
        assert not findings(gate)
        assert attachments.places(lab.gate, "eth0") == ["tcx-egress", "xdp"]
    finally:
        if link >= 0:
            os.close(link)
        remove_directory(directory)


def test_tags_that_xdp_cannot_see(lab, gate, tmp_path):
    """Only where VLANs matter: here the rules name one. Of a veth the other end decides, so TC is the way out."""
    lab.gate.run("ethtool", "-K", "eth0", "rxvlan", "off")
    gate.up()
    assert not findings(gate)
    policy = tmp_path / "tidegate.conf"
    rule = 'rule "ten" {\n action = allow\n vlans = 10\n }\n}\n'
    policy.write_text(f'zone "eth0" {{\n interfaces = "eth0"\n {rule}')
    gate.call("apply", policy)
    found = findings(gate)
    assert [(entry["finding"], entry["interface"]) for entry in found] == [("vlan-stripped", "eth0")]
    assert "--hook tc" in found[0]["other_way"] and not found[0].get("command")
    policy.write_text(f'zone "eth0" {{\n interfaces = "eth0"\n hook = tc\n {rule}')
    gate.call("apply", policy)
    assert not findings(gate)


def test_datagrams_that_are_merged(lab, gate):
    """GRO that merges UDP, where TC judges."""
    lab.gate.run("ethtool", "-K", "eth0", "gro", "on")
    gate.up("--hook", "tc")
    assert not findings(gate)
    for feature in ("rx-udp-gro-forwarding", "rx-gro-list"):
        lab.gate.run("ethtool", "-K", "eth0", feature, "on")
        assert feature in mend(gate, "udp-merged", "eth0")["command"]
        assert not findings(gate)


def test_few_privileges(lab, gate):
    """Without CAP_NET_ADMIN the rules cannot be listed, and that is said; without CAP_BPF nothing can."""
    rules(lab.gate, DEFAULT_DROP)
    gate.up()
    keep = "-all,+bpf,+dac_override"
    done = gate.call("-j", "doctor", check=False, prefix=["setpriv", f"--inh-caps={keep}", f"--bounding-set={keep}"])
    document = json.loads(done.stdout)
    assert done.returncode == FAILED and not document["findings"], done
    assert [(entry["what"], "not permitted" in entry["why"]) for entry in document["unseen"]] == [
        ("rules of nftables", True), ("TC programs of eth0", True)], document
    assert gate.call("doctor", check=False, prefix=["setpriv", f"--inh-caps={keep}", f"--bounding-set={keep}"]).stdout.startswith(
        "not looked at: rules of nftables: ")
    refused = gate.call("doctor", check=False, prefix=["setpriv", "--inh-caps=-all", "--bounding-set=-all"])
    assert refused.returncode == FAILED and "CAP_BPF missing" in refused.stderr


def _settled(value):
    """Elements of sets come in any order."""
    if isinstance(value, dict):
        return {key: sorted(map(_settled, inner), key=str) if key in ("set", "elem", "flags") and isinstance(inner, list)
                else _settled(inner) for key, inner in value.items()}
    return [_settled(inner) for inner in value] if isinstance(value, list) else value


def test_samples_are_what_nft_prints(tmp_path):
    """The native tests' samples of rulesets come from the real programs."""
    kept = os.path.join(ROOT, "tests/native/rulesets")
    subprocess.run([f"{kept}/make", tmp_path], check=True, capture_output=True)
    names = [os.path.basename(path) for path in glob.glob(f"{kept}/*") if path.endswith((".json", ".save", ".chains"))]
    assert len(names) > 20 and sorted(names) == sorted(os.listdir(tmp_path))
    for name in names:
        texts = [open(f"{place}/{name}", encoding="utf-8").read() for place in (kept, tmp_path)]
        if name.endswith(".json"):
            texts = [_settled(json.loads(text)) for text in texts]
            for text in texts:
                text["nftables"] = text["nftables"][1:]  # versions
        assert texts[0] == texts[1], name
