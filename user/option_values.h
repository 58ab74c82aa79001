/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of settings: from text, on the command line or in the configuration file, to the member that keeps them.
 */
#ifndef TIDEGATE_OPTION_VALUES_H
#define TIDEGATE_OPTION_VALUES_H

#include "complaint.h"
#include "options.h"

/* All of these are silent: they return 0, or -EINVAL with `*why` filled. */

/*
 * Reads `text` as the value of the option `o` (any kind but OPTION_FLAG) into its member at
 * `place`. Pointers are kept, not copied. After a failure the member is untouched or, for lists, of
 * no use.
 */
int option_value(const struct option_spec *o, const char *text, void *place, struct complaint *why);

/* One of the words; a near one is hinted at. */
int choice_value(const struct choice *choices, const char *text, uint64_t *value,
		 struct complaint *why);

/* Can it be the name of a zone? */
int name_check(const char *text, struct complaint *why);

/* Can it be the name of what is named in the file only (a rule, a service …)? Spaces may stand in it. */
int title_check(const char *text, struct complaint *why);

/*
 * A group (OPTION_GROUP, at most GROUPS_MAX) address by address: group_add() adds to the one behind
 * the last, group_end() makes it the last.
 */
int group_add(const struct option_spec *o, const char *text, struct group_list *list,
	      struct complaint *why);
int group_end(const struct option_spec *o, struct group_list *list, struct complaint *why);

#endif
