# SPDX-License-Identifier: GPL-2.0-or-later
"""A network laboratory for tidegate: namespaces, links, real TFTP peers, hand-made packets."""
