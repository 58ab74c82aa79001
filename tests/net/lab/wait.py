# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for a state with a deadline; tests never sleep for a fixed time."""

import time


class Timeout(AssertionError):
    """The awaited state did not come before the deadline."""


def until(check, what, seconds=5.0, interval=0.005):
    """Call check() until it returns something true, and return that.

    `what` names the awaited state in the error. The interval grows to 50 ms or a twentieth of the time that has passed, so that
    a long wait costs little, whatever check() does.
    """
    started = time.monotonic()
    deadline = started + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() >= deadline:
            raise Timeout(f"not within {seconds:g} s: {what} (last seen: {result!r})")
        time.sleep(interval)
        interval = max(min(interval * 1.5, 0.05), (time.monotonic() - started) / 20)
