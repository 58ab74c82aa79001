/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options that a record's request asked for, and those that were agreed.
 */
#ifndef TIDEGATE_RECORD_OPTIONS_H
#define TIDEGATE_RECORD_OPTIONS_H

#include "records/record.h"
#include "tftp_options.h"

struct tftp_options record_asked(const struct record *record);
struct tftp_options record_agreed(const struct record *record); /* BEGIN, END */

#endif
