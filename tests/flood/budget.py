# SPDX-License-Identifier: GPL-2.0-or-later
"""How many requests of strangers tidegate lets through at most: the zone's budget."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Budget:
    """`rate` a second, `burst` at once, and the same again for those that ask twice. No rate: there is no budget."""

    rate: float = 0
    burst: int = 0

    def most(self, seconds):
        """Requests within that time, a second more for what is on its way."""
        return 2 * round(self.burst + self.rate * (seconds + 1)) if self.rate else 1 << 62
