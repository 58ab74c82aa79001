// SPDX-License-Identifier: GPL-2.0-or-later
#include "documented.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *documented_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	if (!file || getdelim(&text, &room, '\0', file) < 0) {
		perror(path);
		abort();
	}
	fclose(file);
	return text;
}

char *documented_blocks(const char *path, const char *label)
{
	char *text = documented_text(path), *blocks = calloc(1, strlen(text) + 1), head[64];
	const char *at = text;

	snprintf(head, sizeof(head), "\n```%s\n", label);
	while ((at = strstr(at, head))) {
		const char *end = strstr(at + strlen(head), "\n```\n");

		at += strlen(head);
		if (!end)
			break;
		strncat(blocks, at, end + 1 - at);
		at = end;
	}
	free(text);
	return blocks;
}
