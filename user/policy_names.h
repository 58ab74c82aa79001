/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * To which sets of rules file names lead.
 */
#ifndef TIDEGATE_POLICY_NAMES_H
#define TIDEGATE_POLICY_NAMES_H

#include "policy_image.h"

/*
 * Does any file name, of any client, lead to the set with this number? An array as long as image->sets, to be freed;
 * NULL if memory is short. May say so of sets to which none leads, as what placeholders stand for is not looked at.
 */
bool *policy_name_sets(const struct policy_image *image);

#endif
