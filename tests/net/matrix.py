# SPDX-License-Identifier: GPL-2.0-or-later
"""The parameters of the matrix: sites, and the clients and servers that meet there."""

import itertools

import pytest

from lab.clients import CLIENTS
from lab.servers import SERVERS
from lab.topology import FAMILIES, HOOKS, ROLES

SITES = list(itertools.product(ROLES, HOOKS, FAMILIES))


def _site_id(site):
    role, hook, family = site
    return f"{role}-{hook}-v{family}"


def sites(chosen=None):
    """Parametrize over sites; those of one site run in one worker, one after the other."""
    values = [pytest.param(site, id=_site_id(site), marks=pytest.mark.xdist_group(_site_id(site)))
              for site in (SITES if chosen is None else chosen)]
    return pytest.mark.parametrize("site", values, indirect=True)


def combinations(fits=lambda client, server: True, chosen=None):
    """Parametrize over site, client and server, as far as the pair `fits`."""
    pairs = [pytest.param(client, server, id=f"{client.name}-{server.name}")
             for client, server in itertools.product(CLIENTS.values(), SERVERS.values()) if fits(client, server)]

    def decorate(test):
        # Separate marks: one mark for all three would give the site the scope of a single test.
        return sites(chosen)(pytest.mark.parametrize("client, server", pairs)(test))

    return decorate


def both_can(option):
    """A filter for combinations(): client and server know the option."""
    return lambda client, server: option in client.options and option in server.options
