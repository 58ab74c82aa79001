/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status document as text.
 */
#ifndef TIDEGATE_STATUS_TEXT_H
#define TIDEGATE_STATUS_TEXT_H

#include <jansson.h>

#include "settings.h"

void status_text(const json_t *document, const struct settings *settings);
void status_text_change(const json_t *document);

#endif
