/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File patterns and names once more, the plain way: the name written down in its normal form, the pattern's text tried
 * against it by backtracking. Shares nothing with user/pattern.c and bpf/core/name.h but the wish.
 */
#ifndef TIDEGATE_TESTS_PLAIN_PATTERN_H
#define TIDEGATE_TESTS_PLAIN_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plain_client {
	uint8_t mac[6];
	bool has_mac;
	int family;          /* AF_INET or AF_INET6 */
	uint8_t address[16]; /* of AF_INET: the first four */
};

#define PLAIN_NAME_MAX 2048

/* The normal form of `len` bytes into `normal`; false if there is a part "..". */
bool plain_normal(const char *name, size_t len, char normal[PLAIN_NAME_MAX]);

/* Does the pattern, which is one, match this normal form? */
bool plain_match(const char *pattern, bool any_case, const char *normal,
		 const struct plain_client *client);

#endif
