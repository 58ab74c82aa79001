# SPDX-License-Identifier: GPL-2.0-or-later
"""What has to be true of an outcome (trial.py): with tidegate everything that it promises, else that the flood is one."""

from cases import CASES

# As fast as one processor can is some 100,000 a second and more; a tenth of it on a machine that is busy all the same.
RATE_MIN = 10_000
# tftpd-hpa sends a block six times to a client that does not answer, dnsmasq up to 13 times; bytes of IP, blocks of 512 bytes.
PACKETS_FOR_REQUEST, BYTES_FOR_REQUEST = 13, 13 * 544
# A client and a transfer of its own take so many entries at most, in all tables together that anybody can fill.
ENTRIES_FOR_CLIENT = 4


def _strangers(outcome):
    """Requests of strangers that the zone may let through at most: its budget and its reserve, each with its burst."""
    budget = outcome["says"]["budget"]
    return 2 * round(budget["burst"] + budget["rate"] * (outcome["flood"]["seconds"] + 1)) if budget else 0


def _clients(outcome):
    for who in ("clients", "running"):
        asked, complete = outcome[who]["asked"], outcome[who]["complete"]
        if complete < asked:
            yield f"{complete} of {asked} transfers complete ({who})"


def _flood(outcome):
    if outcome["flood"]["rate"] < RATE_MIN:
        yield f"a flood of {outcome['flood']['rate']} packets a second is none"


def _admitted(outcome):
    case, admitted = CASES[outcome["case"]], outcome["admitted"]
    if admitted["wrong"]:
        yield f"{admitted['wrong']} packets admitted that belong to nothing"
    most = _strangers(outcome) if case.requests else 0
    if admitted["requests"] > most:
        yield f"{admitted['requests']} requests admitted, at most {most} may be"


def _state(outcome):
    case, state = CASES[outcome["case"]], outcome["state"]
    known = outcome["clients"]["asked"] + outcome["running"]["asked"]
    most = ENTRIES_FOR_CLIENT * (known + (_strangers(outcome) if case.judged else 0))
    if state["entries"] > min(most, state["limit"]):
        yield f"{state['entries']} entries, at most {most} may be"


def _reflected(outcome):
    reflected, requests = outcome["reflected"], outcome["admitted"]["requests"]
    if reflected["packets"] > requests * PACKETS_FOR_REQUEST or reflected["bytes"] > requests * BYTES_FOR_REQUEST:
        yield f"{reflected['packets']} packets, {reflected['bytes']} bytes reflected for {requests} requests"
    if reflected["most_packets"] > PACKETS_FOR_REQUEST or reflected["most_bytes"] > BYTES_FOR_REQUEST:
        yield f"{reflected['most_packets']} packets, {reflected['most_bytes']} bytes reflected to one address and port"
    if reflected["icmp"] > outcome["admitted"]["services"]:
        yield f"{reflected['icmp']} ICMP messages reflected"


def _ruin(outcome):
    if outcome["server_tasks"]["ended"]:
        yield "the server ended"


def complaints(outcome):
    """What is wrong with an outcome with tidegate: first what a busy machine can spoil, then what nothing excuses."""
    if outcome["case"] == "calm":
        return [*_clients(outcome)], [*_admitted(outcome), *_reflected(outcome), *_ruin(outcome)]
    return ([*_clients(outcome), *_flood(outcome)],
            [*_admitted(outcome), *_state(outcome), *_reflected(outcome), *_ruin(outcome)])


def complaints_of_others(outcome):
    """Likewise with another firewall or none: what is counted must be seen where nothing is kept out."""
    if outcome["case"] == "calm":
        return [*_clients(outcome)], []
    admitted, case = outcome["admitted"], CASES[outcome["case"]]
    seen = admitted["requests"] if case.requests else admitted["wrong"]
    blind = [] if seen or outcome["firewall"] != "none" else ["nothing of the flood arrives where nobody stops it"]
    if case.answered and outcome["firewall"] == "none" and not outcome["reflected"]["packets"]:
        blind.append("a server that answers everybody answers nobody")
    return [*_flood(outcome)], blind
