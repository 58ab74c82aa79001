// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpffs.h"

#include "log.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define MOUNT_POINT  "/sys/fs/bpf"
#define LOCK_WAIT_MS 10000
#define LOCK_POLL_MS 20

static void parent_of(const char *path, char parent[PATH_MAX])
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	snprintf(parent, PATH_MAX, "%s", dirname(copy));
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* Parent of a process, 0 if it cannot be known. */
static int parent_process(int pid)
{
	char path[32], line[256], *after;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* PID (NAME) STATE PARENT …, and the name may hold anything. */
	after = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	if (after && sscanf(after, ") %*c %d", &parent) != 1)
		parent = 0;
	fclose(file);
	return parent;
}

/*
 * `ip netns exec` and `unshare -m` give a mount namespace of their own. What is mounted there
 * vanishes with it, and the pins would too. It is one if a forefather is in another one; not all of
 * them may be looked at.
 */
static bool mounts_are_private(void)
{
	struct stat mine, other;
	char path[32];

	if (stat("/proc/self/ns/mnt", &mine))
		return false;
	for (int pid = getppid(); pid > 0; pid = parent_process(pid)) {
		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
		if (!stat(path, &other) &&
		    (mine.st_ino != other.st_ino || mine.st_dev != other.st_dev))
			return true;
	}
	return false;
}

static int mount_bpffs(struct bpffs *dir, const char *parent)
{
	if (strcmp(parent, MOUNT_POINT)) {
		log_error("%s: it is not below a BPF file system", dir->path);
		log_hint("mount one (mount -t bpf bpf %s), or leave out --bpffs", parent);
		return -ENOTSUP;
	}
	if (mounts_are_private()) {
		log_error("%s: no BPF file system is mounted, and this mount namespace is a "
			  "private one (as "
			  "`ip netns exec` makes it): the firewall would vanish together with it",
			  MOUNT_POINT);
		log_hint(
			"enter network namespaces with `nsenter --net=/run/netns/NAME tidegate …`");
		return -ENOTSUP;
	}
	if (mount("bpf", MOUNT_POINT, "bpf", 0, "mode=0700")) {
		int err = -errno;

		log_error("%s: no BPF file system is mounted, and it cannot be: %s", MOUNT_POINT,
			  strerror(-err));
		log_hint("mount it as root: mount -t bpf bpf %s", MOUNT_POINT);
		return err;
	}
	dir->mounted = true;
	return 0;
}

static int make_directory(struct bpffs *dir)
{
	char parent[PATH_MAX];
	int err;

	parent_of(dir->path, parent);
	if (!is_bpffs(parent)) {
		err = mount_bpffs(dir, parent);
		if (err)
			return err;
	}
	if (!mkdir(dir->path, 0700)) {
		dir->made = true;
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	err = -errno;
	log_error("%s: the directory cannot be made: %s", dir->path, strerror(-err));
	if (err == -EPERM && strchr(dir->path + strlen(parent), '.'))
		log_hint("a BPF file system allows no dots in names");
	return err;
}

static int open_directory(struct bpffs *dir, bool explain)
{
	int err;

	dir->fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0) {
		err = -errno;
		if (err == -ENOENT && !explain)
			return err;
		log_error("%s: %s", dir->path, strerror(-err));
		if (err == -EACCES)
			log_hint("run tidegate as the user who brought it up (root)");
		return err;
	}
	if (is_bpffs(dir->path))
		return 0;
	close(dir->fd);
	dir->fd = -1;
	if (!explain)
		return -ENOENT; /* no BPF file system there: nothing is pinned */
	log_error("%s: it is not in a BPF file system", dir->path);
	log_hint("name a directory below %s that does not exist yet", MOUNT_POINT);
	return -ENOTSUP;
}

static int lock_directory(struct bpffs *dir, bool wait)
{
	const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * 1000000L};

	for (int waited = 0;; waited += LOCK_POLL_MS) {
		if (!flock(dir->fd, LOCK_EX | LOCK_NB))
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR) {
			int err = -errno;

			log_error("%s: it cannot be locked: %s", dir->path, strerror(-err));
			return err;
		}
		if (!wait)
			return -EWOULDBLOCK;
		if (waited >= LOCK_WAIT_MS)
			break;
		nanosleep(&pause, NULL);
	}
	log_error("%s: another tidegate command has been at work there for %d seconds", dir->path,
		  LOCK_WAIT_MS / 1000);
	log_hint("see `fuser -v %s`, and try again when it has ended", dir->path);
	return -EBUSY;
}

/* Whoever held the lock before may have removed the directory. */
static bool still_there(const struct bpffs *dir)
{
	struct stat opened, named;

	return !fstat(dir->fd, &opened) && !stat(dir->path, &named) &&
	       opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

static int enter_locked(struct bpffs *dir, bool create, bool wait)
{
	for (;;) {
		int err = create ? make_directory(dir) : 0;

		if (!err)
			err = open_directory(dir, create);
		if (err)
			return err;
		err = lock_directory(dir, wait);
		if (err)
			return err;
		if (still_there(dir))
			break;
		close(dir->fd);
		dir->fd = -1;
	}
	/* Who may open a pin may write the map, so nobody else gets in, whatever the mode was. */
	if (create && fchmod(dir->fd, 0700)) {
		int err = -errno;

		log_error("%s: its mode cannot be set to 0700: %s", dir->path, strerror(-err));
		return err;
	}
	return 0;
}

int bpffs_enter(struct bpffs *dir, const char *path, enum bpffs_access access)
{
	int err;

	*dir = (struct bpffs){.path = path, .fd = -1};
	if (access == BPFFS_READ)
		err = open_directory(dir, false);
	else
		err = enter_locked(dir, access == BPFFS_CREATE, access != BPFFS_TRY);
	if (err)
		bpffs_leave(dir);
	return err;
}

void bpffs_leave(struct bpffs *dir)
{
	if (dir->made)
		rmdir(dir->path); /* fails, as it should, when something was pinned */
	if (dir->fd >= 0)
		close(dir->fd);
	if (dir->mounted && access(dir->path, F_OK))
		umount(MOUNT_POINT); /* likewise when somebody else uses it by now */
	*dir = (struct bpffs){.fd = -1};
}

void bpffs_path(const struct bpffs *dir, char path[PATH_MAX], const char *format, ...)
{
	int len = snprintf(path, PATH_MAX, "%s/", dir->path);
	va_list args;

	va_start(args, format);
	vsnprintf(path + len, PATH_MAX - len, format, args);
	va_end(args);
}

int bpffs_pin(const struct bpffs *dir, int fd, const char *name)
{
	char path[PATH_MAX], next[PATH_MAX], parent[PATH_MAX];
	int err = 0;

	bpffs_path(dir, path, "%s", name);
	bpffs_path(dir, next, "%s-next", name);
	parent_of(path, parent);
	if (mkdir(parent, 0700) && errno != EEXIST)
		err = -errno;
	unlink(next); /* of a process that was killed between these two steps */
	if (!err && bpf_obj_pin(fd, next))
		err = -errno;
	if (!err && rename(next, path))
		err = -errno;
	if (err)
		log_error("%s: it cannot be pinned: %s", path, strerror(-err));
	return err;
}

int bpffs_get(const struct bpffs *dir, const char *name)
{
	char path[PATH_MAX];
	int fd;

	bpffs_path(dir, path, "%s", name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

void bpffs_unpin(const struct bpffs *dir, const char *name)
{
	char path[PATH_MAX], parent[PATH_MAX];

	bpffs_path(dir, path, "%s", name);
	unlink(path);
	parent_of(path, parent);
	if (strcmp(parent, dir->path))
		rmdir(parent);
}

/* Removes what is in `path`, and what is in its subdirectories (`depth` levels of them). */
static int empty_directory(const char *path, int depth)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	char inner[PATH_MAX];
	int err = 0;

	if (!stream)
		return -errno;
	while ((entry = readdir(stream)) && !err) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >=
		    (int)sizeof(inner)) {
			err = -ENAMETOOLONG;
		} else if (entry->d_type == DT_DIR && depth) {
			err = empty_directory(inner, depth - 1);
			if (!err && rmdir(inner))
				err = -errno;
		} else if (unlink(inner)) {
			err = -errno;
		}
	}
	closedir(stream);
	return err;
}

int bpffs_empty(const struct bpffs *dir)
{
	int err;

	/* Without it the rest counts as left over, should this process be killed now. */
	bpffs_unpin(dir, "meta");
	err = empty_directory(dir->path, 1);
	if (err)
		log_error("%s: it cannot be emptied: %s", dir->path, strerror(-err));
	return err;
}

int bpffs_remove(const struct bpffs *dir)
{
	int err = bpffs_empty(dir);

	if (err || !rmdir(dir->path))
		return err;
	err = -errno;
	log_error("%s: it cannot be removed: %s", dir->path, strerror(-err));
	return err;
}
