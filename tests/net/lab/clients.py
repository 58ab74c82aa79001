# SPDX-License-Identifier: GPL-2.0-or-later
"""The TFTP clients: how each is told to fetch or store a file, and what it can negotiate."""

import dataclasses
import subprocess
import time

DEADLINE_S = 60


@dataclasses.dataclass
class Outcome:
    """What became of one run of a client."""

    returncode: int
    output: str
    seconds: float

    def says(self, *words):
        """True when one of the words (any case) stands in what the client printed."""
        return any(word.lower() in self.output.lower() for word in words)


class Client:
    """A client program.

    options              what it can negotiate: blksize, windowsize, timeout, tsize (numbers), netascii (bool);
                         patience: seconds after which it gives up (atftp: six times as many, of whole seconds)
    empty_file_options   what it needs to be told before it fetches an empty file
    keeps_netascii       it stores a netascii text as it came over the wire, with CR LF
    """

    name = ""
    options = frozenset()
    empty_file_options = {}
    keeps_netascii = False

    def reports_missing_file(self, outcome):
        """True when the outcome shows the server's error 1 (file not found)."""
        return outcome.returncode != 0 and outcome.says("not found")

    def argv(self, family, server, get, remote, local, options):
        """The command line of one transfer; `family` is 4 or 6, `get` true for a download."""
        raise NotImplementedError

    def transfer(self, namespace, family, server, get, remote, local, deadline=DEADLINE_S, **options):
        """Run one transfer to its end, and return its Outcome."""
        unknown = set(options) - self.options
        if unknown:
            raise ValueError(f"{self.name} cannot do {unknown}")
        process = self.start(namespace, family, server, get, remote, local, **options)
        return self.finish(process, deadline)

    def start(self, namespace, family, server, get, remote, local, **options):
        """Start one transfer and leave it running; finish() waits for it."""
        argv = self.argv(family, server, get, remote, str(local), options)
        process = namespace.popen(*argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        process.started = time.monotonic()
        return process

    def finish(self, process, deadline=DEADLINE_S):
        """Wait for a started transfer; one that does not end is killed and fails the test."""
        try:
            output, _ = process.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise AssertionError(f"{self.name} was still running after {deadline} s\n{output}") from None
        return Outcome(process.returncode, output, time.monotonic() - process.started)


class TftpHpa(Client):
    """tftp-hpa knows no options at all."""

    name = "tftp-hpa"
    options = frozenset({"netascii"})

    def reports_missing_file(self, outcome):
        # It ends with 0 after an error.
        return outcome.says("Error code 1:") and outcome.says("not found")

    def argv(self, family, server, get, remote, local, options):
        names = [remote, local] if get else [local, remote]
        mode = "netascii" if options.get("netascii") else "octet"
        return ["tftp", f"-{family}", "-m", mode, server, "-c", "get" if get else "put", *names]


class Atftp(Client):
    """atftp sends those options that it is told to send."""

    name = "atftp"
    options = frozenset({"blksize", "windowsize", "timeout", "tsize", "netascii", "patience"})

    def argv(self, family, server, get, remote, local, options):
        words = []
        for name, value in options.items():
            if name == "netascii":
                words += ["--option", "mode netascii"]
            elif name == "patience":
                words += ["--tftp-timeout", max(1, round(value))]
            elif name == "tsize":
                words += ["--option", "tsize"]
            else:
                words += ["--option", f"{name} {value}"]
        return ["atftp", *words, "--get" if get else "--put", "-l", local, "-r", remote, server, "69"]


class Curl(Client):
    """curl always sends tsize, blksize and timeout, unless told to send none.

    It takes a tsize of 0 in an OACK for an error, and loses count of a netascii text whose tsize it knows.
    """

    name = "curl"
    options = frozenset({"blksize", "netascii", "no_options", "patience"})
    empty_file_options = {"no_options": True}
    keeps_netascii = True

    def reports_missing_file(self, outcome):
        # 68 is CURLE_TFTP_NOTFOUND: error 1 came from the server. The text says something else.
        return outcome.returncode == 68

    def argv(self, family, server, get, remote, local, options):
        host = f"[{server}]" if family == 6 else server
        words = ["--tftp-blksize", options["blksize"]] if "blksize" in options else []
        words += ["--use-ascii"] if options.get("netascii") else []
        words += ["--tftp-no-options"] if options.get("netascii") or options.get("no_options") else []
        words += ["--max-time", options["patience"]] if "patience" in options else []
        # A name with ".." goes out as it is; one with [1-9] is nine names, asked for one after the other.
        return ["curl", "-q", "--silent", "--show-error", "--no-progress-meter", "--path-as-is", *words,
                "--output" if get else "--upload-file", local, f"tftp://{host}/{remote}"]


class Busybox(Client):
    """busybox sends tsize, and blksize when told to."""

    name = "busybox"
    options = frozenset({"blksize"})

    def argv(self, family, server, get, remote, local, options):
        words = ["-b", options["blksize"]] if "blksize" in options else []
        return ["busybox", "tftp", "-g" if get else "-p", *words, "-l", local, "-r", remote, server]


CLIENTS = {client.name: client for client in (TftpHpa(), Atftp(), Curl(), Busybox())}
