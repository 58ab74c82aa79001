// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_decide.h"

#include "address.h"
#include "core_native.h"
#include "core_stateless.h"
#include "policy_store.h"

#include "core/request.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define CLIENT_PORT 1024 /* any: no rule asks for it */

static const char *const mode_words[] = {
	[TG_OCTET] = "octet", [TG_NETASCII] = "netascii", [TG_BINARY] = "binary"};

/* Appends `word` and its NUL to the request, as far as there is room; `*len` counts all the same. */
static void add_word(struct tftp_text *text, size_t *len, const char *word)
{
	size_t size = strlen(word) + 1, room = *len < TG_REQUEST_MAX ? TG_REQUEST_MAX - *len : 0;

	memcpy(text->bytes + TG_REQUEST_MAX - room, word, size < room ? size : room);
	*len += size;
}

static void add_option(struct tftp_text *text, size_t *len, const char *name, uint64_t value)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
	add_word(text, len, name);
	add_word(text, len, number);
}

/* The request as the client would send it. Returns its length, of which `text` may hold less. */
static size_t write_request(const struct policy_question *question, struct tftp_text *text)
{
	size_t len = sizeof(u16); /* of the opcode */

	memset(text, 0, sizeof(*text));
	text->bytes[1] = (u8)question->operation;
	add_word(text, &len, question->name);
	add_word(text, &len, mode_words[question->mode]);
	if (question->blksize)
		add_option(text, &len, "blksize", question->blksize);
	if (question->windowsize)
		add_option(text, &len, "windowsize", question->windowsize);
	if (question->has_tsize)
		add_option(text, &len, "tsize", question->tsize);
	text->len = (u32)(len < TG_REQUEST_MAX ? len : TG_REQUEST_MAX);
	return len;
}

static struct packet packet_of(const struct policy_question *question, const struct tg_zone *zone,
			       size_t len)
{
	struct packet p = {
		.settings = (u16)question->zone,
		.vlan_outer = question->vlan,
		.egress = !(zone->flags & TG_ZONE_REQUESTS_IN),
		.has_mac = question->has_mac,
		.source = question->client,
		.destination = question->server,
		.source_port_be = htons(CLIENT_PORT),
		.destination_port_be = zone->tftp_port_be[0],
		.payload_bytes = (u16)(len < UINT16_MAX ? len : UINT16_MAX),
		.opcode = (u16)question->operation,
		.ipv6 = !address_is_ipv4(&question->client),
		.to_group = address_is_group(&question->server),
	};

	memcpy(p.source_mac, question->mac, sizeof(p.source_mac));
	return p;
}

struct policy_answer policy_decide(const struct policy_image *image,
				   const struct policy_question *question)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_zone zone = image->zone[question->zone];
	struct policy_answer answer;
	struct packet p;

	/* What the zone counts of the client is not the question; what the rule counts begins here. */
	zone.abuse = (struct tg_abuse){0};
	stateless_forget();
	p = packet_of(question, &zone, write_request(question, &scratch->text));
	scratch->rule = RULES_NONE;
	store_image = image;
	answer.reason = request_judge(&p, &zone);
	answer.rule = scratch->rule < RULES_NONE ? scratch->rule : POLICY_NO_RULE;
	store_image = NULL;
	return answer;
}
