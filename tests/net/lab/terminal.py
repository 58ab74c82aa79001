# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal for programs that draw on one: tmux, with a server of its own."""

import os
import subprocess

from . import wait

ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "PATH": os.environ["PATH"]}
# The program leaves a line above and its exit code and the terminal's modes below; then the terminal stays.
AROUND = 'trap : INT; echo "before it"; "$@"; echo "left $?"; stty -a | grep -oE -- "-?(icanon|echo|onlcr|isig)\\b" | xargs; exec sleep 600'


class Terminal:
    """One terminal of columns x rows, in which a command runs. Whoever makes one calls close(), or uses `with`.

    bare    the command gets the terminal alone, as a shell does
    """

    def __init__(self, directory, command, columns=100, rows=30, bare=False, **environment):
        self._socket = os.path.join(str(directory), f"tmux-{os.urandom(4).hex()}")
        argv = [str(word) for word in command] if bare else ["sh", "-c", AROUND, "sh", *map(str, command)]
        words = [f"{name}={value}" for name, value in {**ENVIRONMENT, **environment}.items()]
        self._tmux("new-session", "-d", "-x", str(columns), "-y", str(rows), "env", "-i", *words, *argv)
        self._tmux("set-option", "-g", "status", "off")
        self.resize(columns, rows)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self._socket, "-f", "/dev/null", *arguments], capture_output=True, text=True,
                              check=True, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout

    def lines(self, colours=False):
        """What is on it, line by line; with `colours`, the escape sequences for them as well."""
        return self._tmux("capture-pane", "-p", *(["-e"] if colours else [])).rstrip("\n").split("\n")

    def line_with(self, *texts):
        """The first line that has all of the texts, or None."""
        return next((line for line in self.lines() if all(text in line for text in texts)), None)

    def wait_for(self, *texts, seconds=10):
        """Wait for a line with all of the texts, and return it."""
        try:
            return wait.until(lambda: self.line_with(*texts), f"a line with {texts}", seconds)
        except wait.Timeout as error:
            raise wait.Timeout("\n".join([str(error), *self.lines()])) from None

    def wait_gone(self, *texts, seconds=10):
        """Wait until no line has all of the texts."""
        try:
            wait.until(lambda: not self.line_with(*texts), f"no line with {texts}", seconds)
        except wait.Timeout as error:
            raise wait.Timeout("\n".join([str(error), *self.lines()])) from None

    def press(self, *keys):
        """Keys by their names in tmux(1): F1, Down, Enter, C-c, a."""
        for key in keys:
            self._tmux("send-keys", key)

    def type(self, text):
        """Text, key by key."""
        self._tmux("send-keys", "-l", text)

    def resize(self, columns, rows):
        """Another size, of which the program is told."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def process(self):
        """The process id of what was started in it."""
        return int(self._tmux("display-message", "-p", "#{pane_pid}"))

    def child(self):
        """The process id of its (only) child."""
        def found():
            with open(f"/proc/{self.process()}/task/{self.process()}/children", encoding="ascii") as file:
                return file.read().split()
        return int(wait.until(found, "the command runs")[0])

    def close(self):
        """End it, and everything in it."""
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], capture_output=True, check=False)
