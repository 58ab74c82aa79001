// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ledger.h"

#include "daemon/interned.h"
#include "hash_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 1024

struct entry {
	struct tg_addr client;
	struct tg_addr server;
	uint64_t began_ns;
	uint32_t rule;
	uint32_t name; /* of the file, in `names` */
	uint32_t next; /* number in its bucket, or of those that are not in use; 0: none */
	uint16_t client_port_be;
	uint16_t server_port_be;
	uint64_t zone : 10; /* below TG_SLOTS_MAX, like slot */
	uint64_t slot : 10;
	uint64_t vlan_outer : 12;
	uint64_t vlan_inner : 12;
	uint64_t operation : 2;
	uint64_t mode : 2;
	uint64_t any_server : 1;
	uint64_t used : 1;
	uint64_t told : 1; /* the daemon has told of its end */
	uint64_t met : 1;  /* in the present pass, or it came since that began */
};
_Static_assert(sizeof(struct entry) == 64, "there may be many");
_Static_assert(TG_SLOTS_MAX <= 1 << 10, "numbers of zones and slots fit");

struct ledger {
	struct entry *entry; /* by number - 1 */
	uint32_t room;       /* a power of two, or 0; also of buckets */
	uint32_t free;       /* number of the first that is not in use */
	uint32_t *bucket;
	uint32_t open;
	struct interned names;
};

struct ledger *ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	interned_free(&ledger->names);
	free(ledger->entry);
	free(ledger->bucket);
	free(ledger);
}

size_t ledger_count(const struct ledger *ledger)
{
	return ledger->open;
}

static struct entry *at(const struct ledger *ledger, uint32_t number)
{
	return &ledger->entry[number - 1];
}

static uint64_t mix(uint64_t hash, const struct tg_addr *address)
{
	uint64_t word[2];

	memcpy(word, address, sizeof(word));
	return hash_word(hash_word(hash, word[0]), word[1]);
}

/* One began_ns belongs to few: addresses and ports alone are used again. */
static uint32_t *bucket_of(const struct ledger *ledger, const struct tg_addr *client,
			   const struct tg_addr *server, uint32_t ports, uint64_t began_ns)
{
	uint64_t hash = mix(mix(began_ns ^ (uint64_t)ports << 32, client), server);

	return &ledger->bucket[hash >> 32 & (ledger->room - 1)];
}

static uint32_t *bucket_of_entry(const struct ledger *ledger, const struct entry *entry)
{
	return bucket_of(ledger, &entry->client, &entry->server,
			 (uint32_t)entry->client_port_be << 16 | entry->server_port_be,
			 entry->began_ns);
}

static bool is_it(const struct entry *entry, const struct tg_event *event)
{
	return entry->began_ns == event->began_ns &&
	       entry->client_port_be == event->client_port_be &&
	       entry->server_port_be == event->server_port_be && entry->zone == event->zone &&
	       entry->vlan_outer == event->vlan_outer && entry->vlan_inner == event->vlan_inner &&
	       !memcmp(&entry->client, &event->client, sizeof(entry->client)) &&
	       !memcmp(&entry->server, &event->server, sizeof(entry->server));
}

/* The place that holds the entry's number, or that of 0 behind the last in its bucket; NULL without any buckets. */
static uint32_t *find(const struct ledger *ledger, const struct tg_event *event)
{
	uint32_t *link;

	if (!ledger->room)
		return NULL;
	link = bucket_of(ledger, &event->client, &event->server,
			 (uint32_t)event->client_port_be << 16 | event->server_port_be,
			 event->began_ns);
	while (*link && !is_it(at(ledger, *link), event))
		link = &at(ledger, *link)->next;
	return link;
}

static struct entry *find_entry(const struct ledger *ledger, const struct tg_event *event)
{
	const uint32_t *link = find(ledger, event);

	return link && *link ? at(ledger, *link) : NULL;
}

static int grow(struct ledger *ledger)
{
	uint32_t room = ledger->room ? ledger->room * 2 : FIRST_ROOM;
	struct entry *entry = reallocarray(ledger->entry, room, sizeof(*entry));
	uint32_t *bucket, old = ledger->room;

	if (!entry)
		return -ENOMEM;
	ledger->entry = entry;
	bucket = calloc(room, sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	free(ledger->bucket);
	ledger->bucket = bucket;
	ledger->room = room;
	for (uint32_t number = 1; number <= old; number++) { /* all are in use */
		uint32_t *head = bucket_of_entry(ledger, at(ledger, number));

		at(ledger, number)->next = *head;
		*head = number;
	}
	for (uint32_t number = room; number > old; number--) {
		*at(ledger, number) = (struct entry){.next = ledger->free};
		ledger->free = number;
	}
	return 0;
}

static struct entry *add(struct ledger *ledger, const struct tg_event *event)
{
	uint32_t number, *link;
	struct entry *entry;

	if (!ledger->free && grow(ledger))
		return NULL;
	number = ledger->free;
	entry = at(ledger, number);
	ledger->free = entry->next;
	*entry = (struct entry){
		.client = event->client,
		.server = event->server,
		.began_ns = event->began_ns,
		.rule = event->rule,
		.name = interned_take(&ledger->names, event->name),
		.client_port_be = event->client_port_be,
		.server_port_be = event->server_port_be,
		.zone = event->zone,
		.slot = event->slot,
		.vlan_outer = event->vlan_outer,
		.vlan_inner = event->vlan_inner,
		.operation = event->operation,
		.mode = event->mode,
		.any_server = !!(event->flags & TG_EVENT_ANY_SERVER),
		.used = 1,
		.met = 1,
	};
	link = bucket_of_entry(ledger, entry);
	entry->next = *link;
	*link = number;
	ledger->open++;
	return entry;
}

static void drop(struct ledger *ledger, uint32_t *link)
{
	uint32_t number = *link;
	struct entry *entry = at(ledger, number);

	ledger->open -= !entry->told;
	interned_give_back(&ledger->names, entry->name);
	*link = entry->next;
	*entry = (struct entry){.next = ledger->free};
	ledger->free = number;
}

int ledger_begin(struct ledger *ledger, const struct tg_event *event)
{
	struct entry *entry = find_entry(ledger, event);

	if (entry && entry->told) { /* a client came back to it */
		entry->told = 0;
		ledger->open++;
	}
	if (entry)
		entry->met = 1;
	return entry || add(ledger, event) ? 0 : -ENOMEM;
}

bool ledger_end(struct ledger *ledger, const struct tg_event *event)
{
	uint32_t *link = find(ledger, event);

	if (!link || !*link)
		return true;
	if (at(ledger, *link)->told)
		return false;
	drop(ledger, link);
	return true;
}

bool ledger_tell(struct ledger *ledger, const struct tg_event *event)
{
	struct entry *entry = find_entry(ledger, event);

	if (!entry)
		entry = add(ledger, event);
	if (!entry)
		return true;
	if (entry->told)
		return false;
	entry->told = 1;
	ledger->open--;
	return true;
}

int ledger_told(struct ledger *ledger, const struct tg_event *event)
{
	struct entry *entry = find_entry(ledger, event);

	if (!entry)
		entry = add(ledger, event);
	if (!entry)
		return -ENOMEM;
	ledger->open -= !entry->told;
	entry->told = 1;
	return 0;
}

void ledger_pass(struct ledger *ledger)
{
	for (uint32_t number = 1; number <= ledger->room; number++)
		at(ledger, number)->met = 0;
}

bool ledger_meet(struct ledger *ledger, const struct tg_event *event)
{
	struct entry *entry = find_entry(ledger, event);

	if (entry)
		entry->met = 1;
	return entry;
}

bool ledger_is_open(const struct ledger *ledger, const struct tg_event *event)
{
	const struct entry *entry = find_entry(ledger, event);

	return entry && !entry->told;
}

/* What is known of it. */
static void describe(const struct ledger *ledger, const struct entry *entry, struct tg_event *event)
{
	*event = (struct tg_event){
		.client = entry->client,
		.server = entry->server,
		.began_ns = entry->began_ns,
		.rule = entry->rule,
		.client_port_be = entry->client_port_be,
		.server_port_be = entry->server_port_be,
		.zone = entry->zone,
		.slot = entry->slot,
		.vlan_outer = entry->vlan_outer,
		.vlan_inner = entry->vlan_inner,
		.operation = entry->operation,
		.mode = entry->mode,
		.flags = entry->any_server ? TG_EVENT_ANY_SERVER : 0,
		.kind = TG_EVENT_END,
	};
	strncpy(event->name, interned_text(&ledger->names, entry->name), sizeof(event->name) - 1);
	event->name_len = (uint16_t)strlen(event->name);
}

static void drop_entry(struct ledger *ledger, uint32_t number)
{
	uint32_t *link = bucket_of_entry(ledger, at(ledger, number));

	while (*link != number)
		link = &at(ledger, *link)->next;
	drop(ledger, link);
}

/* visit() may change the ledger. */
static void visit_some(struct ledger *ledger, bool all, ledger_visit visit, void *context)
{
	for (uint32_t number = 1; number <= ledger->room; number++) {
		struct entry *entry = at(ledger, number);
		struct tg_event event;
		const uint32_t *link;

		if (!entry->used || (!all && entry->met))
			continue;
		describe(ledger, entry, &event);
		if (!visit(&event, !entry->told, context))
			continue;
		link = find(ledger, &event);
		if (link && *link == number)
			drop_entry(ledger, number);
	}
}

void ledger_sort_out(struct ledger *ledger, ledger_visit visit, void *context)
{
	visit_some(ledger, false, visit, context);
}

void ledger_clear(struct ledger *ledger, ledger_visit visit, void *context)
{
	visit_some(ledger, true, visit, context);
}
