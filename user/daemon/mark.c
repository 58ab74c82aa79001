// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/mark.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME "daemon"

static int open_mark(const struct bpffs *dir)
{
	char path[PATH_MAX];
	int fd;

	bpffs_path(dir, path, "%s", NAME);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Who has the lock, 0 if that cannot be seen. */
static int holder(int fd)
{
	unsigned int major_number, minor_number;
	unsigned long inode;
	struct stat mark;
	char line[256];
	int pid, found = 0;
	FILE *file;

	if (fstat(fd, &mark))
		return 0;
	file = fopen("/proc/locks", "re");
	while (file && !found && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_number,
			   &minor_number, &inode) == 4 &&
		    inode == mark.st_ino && major_number == major(mark.st_dev) &&
		    minor_number == minor(mark.st_dev))
			found = pid;
	if (file)
		fclose(file);
	return found;
}

static int refuse(const struct bpffs *dir, int fd)
{
	int pid = holder(fd);

	if (pid > 0)
		log_error("%s: another `tidegate run` looks after it: process %d", dir->path, pid);
	else
		log_error("%s: another `tidegate run` looks after it", dir->path);
	log_hint("stop that one first (systemctl stop tidegate), or name another directory with "
		 "--bpffs");
	return -EBUSY;
}

int daemon_mark_take(const struct bpffs *dir)
{
	char path[PATH_MAX];
	int fd, err;

	bpffs_path(dir, path, "%s", NAME);
	if (mkdir(path, 0700) && errno != EEXIST) {
		err = -errno;
		log_error("%s: the directory cannot be made: %s", path, strerror(-err));
		return err;
	}
	fd = open_mark(dir);
	if (fd < 0) {
		log_error("%s: %s", path, strerror(-fd));
		return fd;
	}
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	err = errno == EWOULDBLOCK ? refuse(dir, fd) : -errno;
	if (err != -EBUSY)
		log_error("%s: it cannot be locked: %s", path, strerror(-err));
	close(fd);
	return err;
}

bool daemon_mark_held(const struct bpffs *dir)
{
	int fd = open_mark(dir);
	bool held;

	if (fd < 0)
		return false;
	held = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return held;
}

int daemon_mark_check(const char *path)
{
	const struct bpffs dir = {.path = path, .fd = -1};
	int fd, err = 0;

	if (!daemon_mark_held(&dir))
		return 0;
	fd = open_mark(&dir);
	if (fd < 0)
		return 0;
	err = refuse(&dir, fd);
	close(fd);
	return err;
}

bool daemon_mark_is(const struct bpffs *dir, int fd)
{
	struct stat held, there;
	char path[PATH_MAX];

	bpffs_path(dir, path, "%s", NAME);
	return !fstat(fd, &held) && !stat(path, &there) && held.st_ino == there.st_ino &&
	       held.st_dev == there.st_dev;
}
