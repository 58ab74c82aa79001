# SPDX-License-Identifier: GPL-2.0-or-later
"""An initial RAM file system: programs with their libraries, kernel modules in load order, and an init script."""

import lzma
import os
import re
import stat
import subprocess

MODULE = re.compile(r"^(.+)\.ko(\.xz)?$")
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
BLOCK_BYTES = 512


class Archive:
    """A cpio archive of the newc kind (linux Documentation/driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self._entries = []
        self._names = set()

    def directory(self, name):
        """Add a directory and those above it."""
        parts = name.strip("/").split("/")
        for end in range(1, len(parts) + 1):
            self._add("/".join(parts[:end]), stat.S_IFDIR | 0o755, b"")

    def file(self, name, content, mode=0o755):
        """Add a regular file, and the directories above it."""
        self._add_below(name, stat.S_IFREG | mode, content)

    def link(self, name, target):
        """Add a symbolic link, and the directories above it."""
        self._add_below(name, stat.S_IFLNK | 0o777, target.encode())

    def program(self, path, name=None):
        """Add an executable of this system and all libraries that it loads, each at its own path."""
        self.file(name or path, _read(path))
        for library in libraries(path):
            self.file(library, _read(library))

    def write(self, path):
        """Write the archive; the kernel takes it uncompressed."""
        with open(path, "wb") as file:
            for number, (name, mode, content) in enumerate([*self._entries, ("TRAILER!!!", 0, b"")], 1):
                file.write(_header(number, mode, len(content), len(name) + 1))
                _write_padded(file, name.encode() + b"\0")
                _write_padded(file, content)
            file.write(bytes(-file.tell() % BLOCK_BYTES))

    def _add_below(self, name, mode, content):
        if "/" in name.strip("/"):
            self.directory(os.path.dirname(name))
        self._add(name.strip("/"), mode, content)

    def _add(self, name, mode, content):
        if name not in self._names:
            self._names.add(name)
            self._entries.append((name, mode, content))


def libraries(path):
    """The shared libraries and the loader of an executable."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", listed)


def modules(directory, wanted):
    """The contents of kernel modules below `directory` as [(name, bytes)], dependencies first.

    What is built into this kernel has no file and is left out; the kernel's own list tells it from a misspelling.
    """
    files = {}
    for base, _, names in os.walk(directory):
        for match in filter(None, map(MODULE.match, names)):
            files[match[1].replace("-", "_")] = os.path.join(base, match[0])
    with open(_builtin_list(directory), encoding="ascii") as file:
        builtin = {os.path.basename(line.strip())[:-len(".ko")].replace("-", "_") for line in file}
    ordered = {}

    def load(name):
        if name in ordered or name in builtin:
            return
        if name not in files:
            raise FileNotFoundError(f"{directory} has no module {name}")
        content = lzma.open(files[name]).read() if files[name].endswith(".xz") else _read(files[name])
        for dependency in DEPENDS.search(content)[1].decode().split(","):
            if dependency:
                load(dependency.replace("-", "_"))
        ordered[name] = content

    for name in wanted:
        load(name)
    return list(ordered.items())


def _builtin_list(directory):
    for base, _, names in os.walk(directory):
        if "modules.builtin" in names:
            return os.path.join(base, "modules.builtin")
    raise FileNotFoundError(f"{directory} has no modules.builtin")


def _header(number, mode, size, name_size):
    # inode, mode, owner, group, links, time, size, device and its kind twice, name, no checksum
    numbers = (number, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0)
    return ("070701" + "".join(f"{value:08X}" for value in numbers)).encode()


def _write_padded(file, content):
    file.write(content)
    file.write(bytes(-file.tell() % 4))


def _read(path):
    with open(path, "rb") as file:
        return file.read()
