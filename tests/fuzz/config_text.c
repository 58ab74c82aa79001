// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

static const char *truth(bool value)
{
	return value ? "true" : "false";
}

static void write_size(FILE *out, const char *name, uint64_t size)
{
	if (size)
		fprintf(out, " %s = %llu", name, (unsigned long long)size);
}

static void write_sizes(FILE *out, const struct map_sizes *sizes)
{
	fprintf(out, "sizes {");
	write_size(out, "requests", sizes->requests);
	write_size(out, "offers", sizes->offers);
	write_size(out, "transfers", sizes->transfers);
	write_size(out, "udp-flows", sizes->udp_flows);
	write_size(out, "fragments", sizes->fragments);
	fprintf(out, " }\n");
}

static void write_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
	fputc('"', out);
}

static void write_lists(FILE *out, const struct zone_settings *s)
{
	char address[ADDRESS_TEXT];

	for (size_t i = 0; i < s->tftp_ports.count; i++)
		fprintf(out, "%s%u%s", i ? ", " : "\ttftp-ports = {", s->tftp_ports.port[i],
			i + 1 == s->tftp_ports.count ? "}\n" : "");
	for (size_t i = 0; i < s->allow_udp.count; i++)
		fprintf(out, "\tservice s%zu { port = %u }\n", i, s->allow_udp.port[i]);
	for (size_t g = 0; g < s->groups.count; g++) {
		const struct address_list *group = &s->groups.group[g];

		fprintf(out, "\tserver-group g%zu { members = {", g);
		for (size_t i = 0; i < group->count; i++)
			fprintf(out, "%s, ", address_format(&group->address[i], address));
		fprintf(out, "} }\n");
	}
}

static void write_zone(FILE *out, const struct config_zone *zone)
{
	static const char *const hooks[] = {"", "xdp", "generic", "tc"};
	static const char *const directions[] = {"", "in", "out", "both"};
	const struct zone_settings *s = &zone->settings;
	int direction = (s->requests & TG_ZONE_REQUESTS_IN ? 1 : 0) +
			(s->requests & TG_ZONE_REQUESTS_OUT ? 2 : 0);

	fprintf(out, "zone \"%s\" {\n\tinterfaces = {", zone->name);
	for (size_t i = 0; i < zone->interface_count; i++) {
		write_quoted(out, zone->interface[i]);
		fprintf(out, ", ");
	}
	fprintf(out, "}\n\thook = %s mode = %s requests = %s\n", hooks[zone->hook],
		s->monitor ? "monitor" : "enforce", directions[direction]);
	fprintf(out, "\tunmatched = %s slack = %llu track-udp = %s\n",
		s->unmatched ? "pass" : "drop", (unsigned long long)s->slack,
		truth(!s->no_track_udp));
	fprintf(out, "\tbroadcast = %s multicast = %s udpport = %s\n", truth(s->broadcast),
		truth(s->multicast), truth(s->udpport));
	write_lists(out, s);
	fprintf(out, "\ttimers {");
	for (const struct timer_spec *t = timer_specs; t->name; t++)
		fprintf(out, " %s = %llums", t->name,
			(unsigned long long)*(const uint64_t *)((const char *)&s->timers +
								t->offset));
	fprintf(out, " }\n}\n");
}

char *config_text(const struct config *config)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	write_sizes(out, &config->sizes);
	for (size_t i = 0; i < config->zone_count; i++)
		write_zone(out, &config->zone[i]);
	fclose(out);
	return text;
}

bool config_same(const struct config *a, const struct config *b)
{
	if (a->zone_count != b->zone_count || memcmp(&a->sizes, &b->sizes, sizeof(a->sizes)))
		return false;
	for (size_t i = 0; i < a->zone_count; i++) {
		const struct config_zone *za = &a->zone[i], *zb = &b->zone[i];

		if (strcmp(za->name, zb->name) || za->hook != zb->hook ||
		    za->interface_count != zb->interface_count ||
		    memcmp(&za->settings, &zb->settings, sizeof(za->settings)))
			return false;
		for (size_t j = 0; j < za->interface_count; j++)
			if (strcmp(za->interface[j], zb->interface[j]))
				return false;
	}
	return true;
}
