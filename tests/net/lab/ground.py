# SPDX-License-Identifier: GPL-2.0-or-later
"""What every site of a test stands on: its namespaces, the processes in them, and a directory for files."""

import os
import shutil
import tempfile

from . import files, netns


class Ground:
    """The namespaces and files of one site; delete() removes them.

    servers     the processes of the started servers
    directory   what the servers serve; `downloads` beside it is where clients put files
    """

    def __init__(self):
        self.namespaces = []
        self.servers = {}
        self.base = tempfile.mkdtemp(prefix=netns.session_name() + "-", dir="/tmp")
        os.chmod(self.base, 0o755)
        self.directory = f"{self.base}/served"
        self.downloads = f"{self.base}/fetched"
        for path in (self.directory, self.downloads):
            os.mkdir(path)
            os.chmod(path, 0o777)
        self.payloads = files.Payloads(self.base)

    def build(self, builder):
        """Call builder(), and wait until all addresses are usable; nothing stays if that fails."""
        try:
            builder()
            for namespace in self.namespaces:
                namespace.wait_for_addresses()
        except BaseException:
            self.delete()
            raise

    def namespace(self, role):
        """A new namespace of this site."""
        made = netns.Namespace(role)
        self.namespaces.append(made)
        return made

    def delete(self):
        """Remove namespaces, processes and files."""
        for namespace in self.namespaces:
            namespace.delete()
        for process in self.servers.values():
            process.wait()
        shutil.rmtree(self.base, ignore_errors=True)
