// SPDX-License-Identifier: GPL-2.0-or-later
#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/tidegate-test-XXXXXX";

static void must(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

int scratch_enter(void **state)
{
	(void)state;
	must(mkdtemp(directory) && !chdir(directory), "scratch directory");
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

int scratch_remove(const char *path)
{
	return nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

int scratch_leave(void **state)
{
	(void)state;
	return chdir("/") || scratch_remove(directory);
}

void scratch_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "we");

	must(file && fwrite(text, 1, size, file) == size && !fclose(file), path);
}
