/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as syslog and the journal have them: a severity, a message for people, and the columns of the databases
 * (columns.h) as fields.
 */
#ifndef TIDEGATE_TOLD_H
#define TIDEGATE_TOLD_H

#include <stdio.h>

#include "records/record_format.h"

/* As syslog(3) has them: LOG_ERR … LOG_INFO. Complete transfers are LOG_INFO, failures and refusals LOG_NOTICE. */
int told_severity(const struct record *record);

/* A line of text without its time and its \n: the log has a time of its own. Returns its length. */
size_t told_message(const struct record *record, char text[RECORD_LINE]);

/* The fields that the record has. `value` is UTF-8 without control characters, valid until `take` returns. */
typedef void (*told_taker)(void *context, const char *name, const char *value);
void told_fields(const struct record *record, told_taker take, void *context);

#endif
