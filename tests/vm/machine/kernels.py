# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's stock kernels, downloaded as packages and unpacked into a cache; nothing is installed.

    python3 tests/vm/machine/kernels.py       download what is missing and list what is there
"""

import dataclasses
import glob
import os
import re
import shutil
import subprocess
import tempfile

CACHE = os.environ.get("TIDEGATE_KERNELS", "/var/cache/tidegate/kernels")
# Series and the meta package whose dependency is the newest kernel: mirrors drop older ones, so no version is written
# down here. 6.1 is bookworm's own kernel; 6.12, that of Debian 13, comes to bookworm through its security suite (and
# not through backports, which a fresh machine has not configured).
META_PACKAGES = {"6.1": "linux-image-cloud-amd64", "6.12": "linux-image-6.12-cloud-amd64"}
FETCH_SECONDS = 300


class Unavailable(Exception):
    """A kernel is neither in the cache nor in the configured package sources."""


@dataclasses.dataclass(frozen=True)
class Kernel:
    """An unpacked kernel: its series (6.1), its release (6.1.0-56-cloud-amd64) and where it is."""

    series: str
    release: str
    directory: str

    @property
    def image(self):
        """The bootable image."""
        return f"{self.directory}/boot/vmlinuz-{self.release}"

    @property
    def modules(self):
        """The directory of its modules."""
        return f"{self.directory}/lib/modules/{self.release}"


def get(series):
    """The kernel of a series: the cached one, else the newest that the package sources offer."""
    return cached(series) or fetch(series)


def cached(series):
    """The newest cached kernel of a series, or None."""
    found = glob.glob(f"{CACHE}/{series}/*/boot/vmlinuz-*")
    if not found:
        return None
    image = max(found, key=os.path.getmtime)
    return Kernel(series, os.path.basename(image)[len("vmlinuz-"):], os.path.dirname(os.path.dirname(image)))


def fetch(series):
    """Download and unpack a kernel; apt checks signatures and sums. Raises Unavailable, with what to do."""
    try:
        return _fetch(series)
    except Unavailable:
        # No lists yet, or older ones than the mirror's packages.
        _apt(["update"], cwd="/")
        return _fetch(series)


def _fetch(series):
    package = _package(series)
    os.makedirs(f"{CACHE}/{series}", exist_ok=True)
    # Unpacked beside its place and then renamed: what is in the cache is whole.
    work = tempfile.mkdtemp(prefix=".unpacking-", dir=CACHE)
    try:
        _apt(["download", package], cwd=work)
        [archive] = glob.glob(f"{work}/*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, f"{work}/tree"], check=True, timeout=FETCH_SECONDS)
        shutil.rmtree(f"{CACHE}/{series}/{package}", ignore_errors=True)
        os.rename(f"{work}/tree", f"{CACHE}/{series}/{package}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return cached(series)


def _package(series):
    meta = META_PACKAGES[series]
    shown = subprocess.run(["apt-cache", "show", "--no-all-versions", meta], capture_output=True, text=True, check=False)
    match = re.search(r"^Depends: (linux-image-\S+-amd64)", shown.stdout, re.MULTILINE)
    if not match:
        raise Unavailable(f"the package sources have no {meta}: run apt-get update; "
                          "kernel 6.1 is in bookworm, 6.12 in bookworm-security")
    return match[1]


def _apt(arguments, cwd):
    done = subprocess.run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "DPkg::Lock::Timeout=300", *arguments], cwd=cwd, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=FETCH_SECONDS)
    if done.returncode:
        raise Unavailable(f"apt-get {' '.join(arguments)} failed: {done.stdout.strip()}")


def main():
    """Fill the cache."""
    for series in META_PACKAGES:
        kernel = get(series)
        print(f"{series}: {kernel.release} in {kernel.directory}")


if __name__ == "__main__":
    main()
