/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something is refused, without the place where it stood: the command line and the configuration file each say that
 * in their own way.
 */
#ifndef TIDEGATE_COMPLAINT_H
#define TIDEGATE_COMPLAINT_H

struct complaint {
	char what[256];
	char hint[256]; /* "": none */
};

/* Fills `what`, forgets the hint, and returns -EINVAL. */
__attribute__((format(printf, 2, 3))) int complain(struct complaint *complaint, const char *format,
						   ...);
__attribute__((format(printf, 2, 3))) void complain_hint(struct complaint *complaint,
							 const char *format, ...);

#endif
