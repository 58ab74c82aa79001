# SPDX-License-Identifier: GPL-2.0-or-later
"""The real libvirtd in a network namespace of the test, with /etc, /var, /run and /sys of its own: nothing of the host's is
read but programs, and nothing written. What else such a host may run (firewalld, Docker) runs beside it there.
"""

import os
import signal
import subprocess

from lab import netns, wait
from machine.console import Console

START_SECONDS = 30
# Unpacked beside the system by tools/install-deps.
DOCKER = "/var/cache/tidegate/docker"
ENVIRONMENT = os.environ | {"LIBVIRT_DEFAULT_URI": "qemu:///system", "PATH": f"{DOCKER}/usr/bin:{DOCKER}/usr/sbin:"
                            + os.environ["PATH"]}
# The package libvirt-daemon-system would make this user; guests run as root here, and yet it has to exist.
USER = "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin"
GROUP = "libvirt-qemu:x:64055:"
LIBVIRTD_CONF = 'auth_unix_rw = "none"\nlog_outputs = "3:stderr"\n'
QEMU_CONF = ('user = "root"\ngroup = "root"\nsecurity_driver = "none"\nnamespaces = []\ncgroup_controllers = []\n'
             'stdio_handler = "file"\nremember_owner = 0\ndynamic_ownership = 0\n')
# The mounts vanish with the last process that sees them.
MOUNTS = """set -e
mount -t tmpfs layer "$1"
for tree in etc var; do
	mkdir "$1/$tree" "$1/$tree.work"
	mount -t overlay -o "lowerdir=/$tree,upperdir=$1/$tree,workdir=$1/$tree.work" over "/$tree"
done
mount -t tmpfs run /run
mount -t sysfs sys /sys
mkdir -p /etc/libvirt /run/libvirt /run/dbus
echo mounted
exec sleep infinity
"""


class Hypervisor:
    """A namespace's libvirtd and its surroundings; whoever makes one calls delete()."""

    def __init__(self, namespace, directory):
        """`directory`: where logs, consoles and what is written inside go."""
        self.namespace, self.directory = namespace, directory
        self.services = {}
        os.mkdir(f"{directory}/layer")
        self.mounts = Console(["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNTS, "mounts",
                               f"{directory}/layer"], popen=lambda words, **how: namespace.popen(*words, **how))
        try:
            self.mounts.wait_for("mounted", START_SECONDS)
            self._configure()
        except BaseException:
            self.delete()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.delete()

    # ---- what runs inside --------------------------------------------------------------------------------------------

    def argv(self, command):
        """The command line that runs `command` (a list) inside."""
        # nsenter, setpriv and unshare have made way for `sleep` in this process.
        return ["nsenter", f"--target={self.mounts.pid}", "--mount", "--net", "--", *map(str, command)]

    def run(self, *command, check=True, timeout=START_SECONDS, **options):
        """Run a command inside; the completed process with its output as text."""
        done = subprocess.run(self.argv(command), timeout=timeout, capture_output=True, text=True, check=False,
                              env=ENVIRONMENT, **options)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}\n"
                                 f"{self.log(next(iter(self.services), None))[-2000:]}")
        return done

    def virsh(self, *words, **how):
        """What a virsh command prints."""
        return self.run("virsh", "--quiet", *words, **how).stdout

    def start(self, name, *command, ready):
        """Start a service of this name, and wait until ready() is true."""
        with open(f"{self.directory}/{name}.log", "ab") as log:
            process = subprocess.Popen(self.argv(["setpriv", "--pdeathsig", "KILL", *command]), stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=log, env=ENVIRONMENT)
        self.services[name] = process
        wait.until(lambda: ready() or process.poll() is not None, f"{name} is ready", START_SECONDS)
        assert process.poll() is None, f"{name} has ended:\n{self.log(name)[-3000:]}"
        return process

    def stop(self, name, how=signal.SIGTERM):
        """End a service by a signal."""
        process = self.services.pop(name)
        process.send_signal(how)
        process.wait(timeout=START_SECONDS)

    def log(self, name):
        """What a service has said."""
        path = f"{self.directory}/{name}.log"
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def path(self, name):
        """Where a file of the inside is seen from outside."""
        return f"/proc/{self.mounts.pid}/root{name}"

    # ---- the services ------------------------------------------------------------------------------------------------

    def start_libvirtd(self):
        """libvirtd; guests and networks that are there already stay."""
        self.start("libvirtd", "libvirtd", ready=lambda: not self.run("virsh", "--quiet", "list", check=False).returncode)

    def start_bus(self):
        """The system's message bus, over which firewalld and libvirtd talk. Before both."""
        self.start("dbus", "dbus-daemon", "--system", "--nofork", "--nopidfile",
                   ready=lambda: os.path.exists(self.path("/run/dbus/system_bus_socket")))

    def start_firewalld(self):
        """firewalld."""
        self.start("firewalld", "firewalld", "--nofork", "--nopid",
                   ready=lambda: "running" in self.run("firewall-cmd", "--state", check=False).stdout)

    def start_docker(self):
        """dockerd, which starts its containerd; with networks, and without any container."""
        self.start("docker", "dockerd", "--storage-driver=vfs", "--data-root=/run/docker-data", "--exec-root=/run/docker",
                   "--pidfile=/run/docker.pid", "--host=unix:///run/docker.sock",
                   ready=lambda: "API listen on" in self.log("docker"))

    # ---- networks ----------------------------------------------------------------------------------------------------

    def network(self, name, inner):
        """Define a network from its XML inside <network> and start it."""
        path = f"{self.directory}/{name}.xml"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"<network><name>{name}</name>{inner}</network>\n")
        self.virsh("net-define", path)
        self.virsh("net-start", name)

    def delete(self):
        """End everything inside, guests and dnsmasq included."""
        netns.empty(self.namespace.name)
        for process in self.services.values():
            process.wait()
        self.mounts.end()

    def _configure(self):
        for name, text in (("libvirtd.conf", LIBVIRTD_CONF), ("qemu.conf", QEMU_CONF)):
            with open(self.path(f"/etc/libvirt/{name}"), "w", encoding="ascii") as file:
                file.write(text)
        for name, line in (("passwd", USER), ("group", GROUP)):
            with open(self.path(f"/etc/{name}"), "r+", encoding="utf-8") as file:
                if "libvirt-qemu:" not in file.read():
                    file.write(line + "\n")
