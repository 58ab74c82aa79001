/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of options: from text to the member of struct settings.
 */
#ifndef TIDEGATE_OPTION_VALUES_H
#define TIDEGATE_OPTION_VALUES_H

#include "options.h"

/*
 * Reads `text` as the value of the option `o` (any kind but OPTION_FLAG) into its member at
 * `place`. Pointers are kept, not copied. Returns 0, or -EINVAL after having explained what is
 * wrong; then the member is untouched or, for lists, of no use.
 */
int option_value(const struct option_spec *o, const char *text, void *place);

#endif
