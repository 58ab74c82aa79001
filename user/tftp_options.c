// SPDX-License-Identifier: GPL-2.0-or-later
#include "tftp_options.h"

#include "json_read.h"

#include <string.h>

const struct tftp_option tftp_option_table[] = {
	{"blksize", TG_OPT_BLKSIZE, true},      {"windowsize", TG_OPT_WINDOWSIZE, true},
	{"timeout", TG_OPT_TIMEOUT, true},      {"tsize", TG_OPT_TSIZE, true},
	{"multicast", TG_OPT_MULTICAST, false}, {"msftwindow", TG_OPT_MSFTWINDOW, false},
	{"udpport", TG_OPT_UDPPORT, false},     {0},
};

uint64_t tftp_option_value(const struct tftp_options *options, uint8_t bit)
{
	switch (bit) {
	case TG_OPT_BLKSIZE:
		return options->blksize;
	case TG_OPT_WINDOWSIZE:
		return options->windowsize;
	case TG_OPT_TIMEOUT:
		return options->timeout_s;
	case TG_OPT_TSIZE:
		return options->tsize;
	default:
		return 0;
	}
}

json_t *tftp_options_json(const struct tftp_options *options)
{
	json_t *object = json_object();

	for (const struct tftp_option *o = tftp_option_table; o->name; o++) {
		bool number = o->valued && !(o->bit == TG_OPT_TSIZE && options->tsize_unknown);

		if (!(options->bits & o->bit))
			continue;
		json_object_set_new_nocheck(
			object, o->name,
			number ? json_integer((json_int_t)tftp_option_value(options, o->bit))
			       : json_true());
	}
	return object;
}

void tftp_options_read(const json_t *object, struct tftp_options *options)
{
	memset(options, 0, sizeof(*options));
	for (const struct tftp_option *o = tftp_option_table; o->name; o++)
		if (json_object_get(object, o->name))
			options->bits |= o->bit;
	options->blksize = (uint16_t)json_number_of(object, "blksize");
	options->windowsize = (uint16_t)json_number_of(object, "windowsize");
	options->timeout_s = (uint8_t)json_number_of(object, "timeout");
	options->tsize = json_number_of(object, "tsize");
}
