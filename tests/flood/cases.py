# SPDX-License-Identifier: GPL-2.0-or-later
"""The floods: what is sent, where to, and what of it may come through."""

import dataclasses

from ground_plan import NOBODY, READERS, SERVERS, SPOOFED

TFTPD, DNSMASQ, ROOMY = SERVERS["tftpd-hpa"], SERVERS["dnsmasq"], SERVERS["dnsmasq-1000"]


@dataclasses.dataclass(frozen=True)
class Case:
    """One flood.

    streams     (kind, source, destination) of each sender, as tests/bench/sender takes them
    server      whom the clients ask
    judged      its packets go to where requests go, so each has to be read, as the budget allows
    requests    whole requests of it may pass; what else passes is always wrong
    answered    a server answers those
    limits      what the administrator of this server would have set in the zone's abuse block: tidegate.conf(5)
    clients     so many of those that come to the other floods come to this one: what a smaller budget is for
    """

    name: str
    about: str
    streams: tuple = ()
    server: str = "tftpd-hpa"
    judged: bool = False
    requests: bool = False
    answered: bool = False
    limits: tuple = ()
    clients: float = 1.0


CASES = {case.name: case for case in (
    Case("calm", "no flood"),
    Case("unsolicited", "UDP from anywhere to any port of the server", (("unsolicited", SPOOFED, TFTPD),)),
    Case("requests", "requests from anywhere to an address where no server is", (("requests", SPOOFED, NOBODY),), judged=True,
         requests=True),
    Case("reflection", "requests from anywhere to tftpd-hpa", (("requests", SPOOFED, TFTPD),), judged=True, requests=True, answered=True),
    Case("reflection-dnsmasq", "requests from anywhere to dnsmasq with tftp-max=1000", (("requests", SPOOFED, ROOMY),), server="dnsmasq-1000",
         judged=True, requests=True, answered=True, limits=("request-budget = 10/s", "budget-burst = 100")),
    Case("reflection-dnsmasq-50", "requests from anywhere to dnsmasq as it comes, with 50 places", (("requests", SPOOFED, DNSMASQ),),
         server="dnsmasq", judged=True, requests=True, answered=True, limits=("request-budget = 5/s", "budget-burst = 20"), clients=0.2),
    Case("fragments", "fragments of datagrams that never become whole", (("fragments", SPOOFED, TFTPD),)),
    Case("malformed", "packets that are wrong in 15 ways, to the server's port 69", (("malformed", SPOOFED, TFTPD),), judged=True),
    Case("guessed", "guesses at the ports and blocks of running transfers, both ways",
         (("guessed", TFTPD, str(READERS)), ("guessed", str(READERS), TFTPD))),
)}
