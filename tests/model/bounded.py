# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole scenes as in exchanges.py, in a zone with a rule about the size of files (docs/tracker.md 11.6): files within it come to their
end, and of others no more comes than the rule has."""

import reasons as R
from exchanges import Stage
from rules import Rule

SIZES = (300, 1000, 4096, 20000, 60000)


class Bounded(Stage):
    """A scene in the making."""

    def _settings(self, place):
        settings = super()._settings(place)
        if place == "two zones":
            return settings  # only one of which could have rules
        settings.zone.rules = (Rule(size_max=self.rng.choice(SIZES) + self.rng.choice((-1, 0, 0, 1))),)
        return settings

    def how(self):
        return "bounded"


def make(rng):
    """A scene."""
    stage = Bounded(rng)
    scene = stage.play()
    scene.outcomes = stage.world.outcomes
    scene.seen["size", "files within it"] += bool(stage.world.settings.zone.rules) and scene.completed
    scene.seen["size", "packets beyond it"] += sum(outcome & R.KIND == R.RULE_SIZE for outcome in scene.outcomes)
    return scene
