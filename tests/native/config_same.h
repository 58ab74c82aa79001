/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do two configurations mean the same, wherever they stood?
 */
#ifndef TIDEGATE_TEST_CONFIG_SAME_H
#define TIDEGATE_TEST_CONFIG_SAME_H

#include "config.h"

bool config_same(const struct config *a, const struct config *b);

#endif
