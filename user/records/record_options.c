// SPDX-License-Identifier: GPL-2.0-or-later
#include "records/record_options.h"

/*
 * A read asks with tsize=0 (RFC 2349), so the number that counts is the server's; of a write it is the client's, which
 * is kept if the server took it.
 */
struct tftp_options record_asked(const struct record *record)
{
	const struct tg_event *e = &record->event;
	bool denied = record->kind == RECORD_DENIED;

	return (struct tftp_options){
		.bits = e->asked_options,
		.timeout_s = e->asked_timeout_s,
		.blksize = e->asked_blksize,
		.windowsize = e->asked_windowsize,
		.tsize = denied || e->operation == TG_WRITE ? e->tsize : 0,
		.tsize_unknown = !denied && e->operation != TG_READ && !(e->options & TG_OPT_TSIZE),
	};
}

struct tftp_options record_agreed(const struct record *record)
{
	const struct tg_event *e = &record->event;

	return (struct tftp_options){
		.bits = e->options,
		.timeout_s = e->timeout_s,
		.blksize = e->blksize,
		.windowsize = e->windowsize,
		.tsize = e->tsize,
	};
}
