// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What bpf/hook.h does around the core, with plain memory in the place of packets and maps.
 */
#include "moments.h"
#include "core/judge.h"
#include "core/parse.h"

#include "engine.h"

static struct tg_zone zones[2]; /* ZONE, OTHER_ZONE */
static uint32_t mtu_bytes;
static uint16_t untagged;
static struct engine_ports new_ports;
static struct moment moments[ENGINE_MOMENTS];

void engine_clear(void)
{
	store_clear();
}

static void configure_services(const struct recording *r)
{
	const u32 listed = 0;

	for (size_t i = 0; i < r->service_count; i++) {
		struct tg_service_key key = {.settings = ZONE, .port_be = be16(r->services[i])};

		table_put(TABLE_SERVICES, &key, &listed);
		key.settings = OTHER_ZONE;
		table_put(TABLE_SERVICES, &key, &listed);
	}
}

static void configure_policy(const struct recording *r)
{
	struct recorded_policy recorded;

	recording_policy(r, &recorded);
	store_policy.policy = recorded.policy;
	memcpy(store_policy.rules, r->rules, sizeof(r->rules));
	memcpy(store_policy.sets, recorded.sets, sizeof(recorded.sets));
	_Static_assert(STORE_SETS >= RECORDING_SETS && STORE_PREFIXES >= RECORDING_PREFIXES,
		       "no room for a recording's rules");
	for (size_t i = 0; i < recorded.prefix_count; i++) {
		store_policy.prefixes[i].key = recorded.prefixes[i].key;
		store_policy.prefixes[i].set = recorded.prefixes[i].set;
	}
	store_policy.prefix_count = recorded.prefix_count;
}

void engine_configure(const struct recording *r)
{
	engine_clear();
	zones[0] = recording_zone(r, &r->zone);
	zones[1] = recording_zone(r, &r->other_zone);
	mtu_bytes = r->mtu;
	untagged = r->untagged_vlan;
	configure_services(r);
	configure_policy(r);
	for (size_t i = 0; i < r->group_count; i++) {
		struct tg_addr first = host_address(r->groups[i].first, r->place, r->family);
		struct tg_group_key key = {
			.server = host_address(r->groups[i].member, r->place, r->family),
			.settings = ZONE,
		};

		table_put(TABLE_SERVER_GROUPS, &key, &first);
	}
}

/* Copies what the hook copies. */
static void take_text(const struct case_step *step, const uint8_t *frame, struct packet *p)
{
	struct tftp_text *text = &scratch_find()->text;

	text->len = p->payload_bytes < TG_REQUEST_MAX ? p->payload_bytes : TG_REQUEST_MAX;
	memcpy(text->bytes, frame + p->payload_offset, text->len);
	if (step->interface == TUNNEL)
		return;
	memcpy(p->source_mac, frame + sizeof(p->source_mac), sizeof(p->source_mac));
	p->has_mac = 1;
}

/* What the hook does before it asks the core. */
static enum tg_reason judge_parsed(const struct case_step *step, const uint8_t *frame,
				   struct packet *p)
{
	if (p->end_offset > step->len)
		return TG_TRUNCATED;
	if (tftp_has_text(p))
		take_text(step, frame, p);
	return judge(p, &zones[step->interface == OTHER]);
}

/* And around it. */
static enum tg_reason judge_frame(const struct case_step *step, uint8_t *frame)
{
	struct packet p = {};
	enum tg_reason reason;

	new_ports = (struct engine_ports){0, 0};
	store_events.count = 0;
	store_events.now_ns = step->at * 1000000;
	store_events.slot = ENGINE_SLOT(step->interface);
	reason = parse_frame(&p, frame, frame + step->len, step->interface != TUNNEL);
	if (reason == TG_NOT_UDP)
		return reason;
	p.now = step->at;
	p.zone = step->interface == OTHER ? OTHER_ZONE : ZONE;
	p.settings = p.zone;
	p.mtu = mtu_bytes;
	if (!p.vlan_outer)
		p.vlan_outer = untagged;
	p.egress = step->out;
	p.own = step->out && step->came_by == OWN;
	if (reason == PARSED)
		reason = judge_parsed(step, frame, &p);
	if (!reason_passes(reason))
		judge_refuses(&p, &zones[step->interface == OTHER], reason);
	new_ports =
		(struct engine_ports){be16(p.new_source_port_be), be16(p.new_destination_port_be)};
	return reason;
}

struct engine_budget_places engine_budget_places(const struct tg_source_key *client,
						 uint16_t port_be, uint64_t seed)
{
	const struct packet p = {.source = client->address,
				 .zone = client->zone,
				 .vlan_outer = client->vlan_outer,
				 .vlan_inner = client->vlan_inner};
	struct core_scratch *scratch = scratch_find();
	uint64_t prefix = budget_hash(seed, budget_key(&p, scratch, TG_PROVED_PREFIX), 0);
	uint64_t who = budget_hash(seed, budget_key(&p, scratch, TG_PROVED_ADDRESS), port_be);

	return (struct engine_budget_places){
		.share = prefix % TG_BUDGET_SHARES,
		.strangers = store_strangers_number(who >> 32),
	};
}

unsigned int engine_name_bit(const char *name, uint64_t seed)
{
	static const char mode[] = "octet";
	struct tftp_text *text = &scratch_find()->text;
	size_t bytes = strlen(name) + 1;

	text->len = sizeof(uint16_t) + bytes + sizeof(mode);
	text->bytes[0] = 0;
	text->bytes[1] = WIRE_RRQ;
	memcpy(text->bytes + sizeof(uint16_t), name, bytes);
	memcpy(text->bytes + sizeof(uint16_t) + bytes, mode, sizeof(mode));
	tftp_read_request(text, seed);
	return source_name_bit(text->name_hash);
}

struct engine_ports engine_new_ports(void)
{
	return new_ports;
}

const struct tg_event *engine_events(size_t *count)
{
	*count = store_events.count;
	return store_events.list;
}

const uint32_t *engine_known(size_t *count)
{
	*count = store_known.count;
	return *count < STORE_KNOWN_MAX ? store_known.asked : NULL;
}

const struct tg_event_counter *engine_event_counter(enum tg_event_kind kind)
{
	return event_counter(kind);
}

void engine_limit_events(size_t limit)
{
	store_events.limit = limit;
}

enum tg_reason engine_judge_with_tail(const struct case_step *step, size_t tail, uint8_t filler)
{
	size_t size = step->len + tail;
	uint8_t *frame = malloc(size ? size : 1);
	enum tg_reason reason;

	if (!frame)
		abort();
	memset(frame, filler, size);
	memcpy(frame, step->frame, step->len);
	reason = judge_frame(step, frame);
	free(frame);
	return reason;
}

enum tg_reason engine_judge(const struct case_step *step)
{
	return engine_judge_with_tail(step, 0, 0);
}

bool engine_is_plainly_other(const struct case_step *step)
{
	uint8_t *frame = store_copy(step->frame, step->len);
	bool other = step->interface != TUNNEL && parse_is_plainly_other(frame, frame + step->len);

	free(frame);
	return other;
}

void engine_keep(enum engine_moment moment)
{
	moment_keep(&moments[moment]);
}

void engine_bring_back(enum engine_moment moment)
{
	moment_bring_back(&moments[moment]);
}

bool engine_is_as(enum engine_moment moment)
{
	return moment_is_now(&moments[moment]);
}

void engine_dirty(uint8_t filler)
{
	memset(scratch_find(), filler, sizeof(*scratch_find()));
}

static enum table_id table_of(enum engine_table table)
{
	static const enum table_id ids[] = {
		[ENGINE_REQUESTS] = TABLE_REQUESTS,
		[ENGINE_OFFERS] = TABLE_OFFERS,
		[ENGINE_TRANSFERS] = TABLE_TRANSFERS,
		[ENGINE_FRAGMENTS] = TABLE_FRAGMENTS,
		[ENGINE_NAMES] = TABLE_NAMES,
		[ENGINE_UDP_FLOWS] = TABLE_UDP_FLOWS,
		[ENGINE_FRAGMENT_HOSTS] = TABLE_FRAGMENT_HOSTS,
		[ENGINE_GROUPS] = TABLE_GROUPS,
		[ENGINE_MEMBERSHIPS] = TABLE_MEMBERSHIPS,
		[ENGINE_TRANSLATIONS] = TABLE_TRANSLATIONS,
	};

	return ids[table];
}

void engine_limit(enum engine_table table, size_t limit)
{
	tables[table_of(table)].limit = limit;
}

size_t engine_count(enum engine_table table)
{
	return tables[table_of(table)].count;
}

void engine_changes(enum engine_moment since, engine_change change, void *context)
{
	const struct moment *m = &moments[since];

	for (enum engine_table table = 0; table < ENGINE_TABLES; table++) {
		enum table_id id = table_of(table);
		const struct table *t = &tables[id];

		for (size_t i = 0; i < t->count; i++) {
			const void *before = moment_find(m, id, t->entries[i].key);

			moment_wipe(id, t->entries[i].value);
			if (!before || memcmp(before, t->entries[i].value, t->value_size))
				change(table, t->entries[i].key, before, t->entries[i].value,
				       context);
		}
		for (size_t i = 0; i < m->tables[id].count; i++)
			if (!table_find(id, moment_key(m, id, i)))
				change(table, moment_key(m, id, i), moment_value(m, id, i), NULL,
				       context);
	}
}

const void *engine_find(enum engine_table table, const void *key)
{
	return table_find(table_of(table), key);
}

static const void *first_of(enum table_id id)
{
	return tables[id].count ? tables[id].entries[0].value : NULL;
}

const struct tg_transfer *engine_transfer(void)
{
	return first_of(TABLE_TRANSFERS);
}

const struct tg_transfer *engine_offer(void)
{
	return first_of(TABLE_OFFERS);
}

const struct tg_request *engine_request(void)
{
	return first_of(TABLE_REQUESTS);
}

const struct tg_name *engine_name(uint64_t request_hash)
{
	u64 key = request_hash;

	return table_find(TABLE_NAMES, &key);
}

size_t engine_offers(void)
{
	return tables[TABLE_OFFERS].count;
}

size_t engine_transfers(void)
{
	return tables[TABLE_TRANSFERS].count;
}

static const char *pair_fault(const struct tg_pair_key *key)
{
	struct tg_pair_key again;
	struct packet p = {
		.zone = key->zone, .vlan_outer = key->vlan_outer, .vlan_inner = key->vlan_inner};

	if (key->zone != ZONE && key->zone != OTHER_ZONE)
		return "a key without its zone";
	if (key->vlan_outer > 0xfff || key->vlan_inner > 0xfff)
		return "a VLAN id of more than 12 bits";
	pair_key_make(&again, &p, &key->high, key->high_port_be, &key->low, key->low_port_be);
	if (memcmp(&again, key, sizeof(again)))
		return "the key depends on the order of its ends, or has dirt in it";
	return NULL;
}

/* Was all told of the transfer that there is to tell? */
static const char *told_fault(const struct tg_transfer *t, bool committed)
{
	if (t->told & ~(TG_TOLD_BEGIN | TG_TOLD_END | TG_TOLD_LEFT))
		return "records that do not exist";
	if (committed && !(t->told & TG_TOLD_BEGIN))
		return "a transfer without BEGIN";
	if ((t->done || t->data_error || t->ack_error || (committed && t->superseded)) &&
	    !(t->told & TG_TOLD_END))
		return "a transfer that is over, without END";
	if ((t->told & TG_TOLD_LEFT) && !t->superseded)
		return "a transfer that goes on, but is told to be left";
	if ((t->told & TG_TOLD_END) && !(t->told & TG_TOLD_BEGIN))
		return "a transfer with an END alone";
	return NULL;
}

static const char *transfer_fault(const struct tg_transfer *t)
{
	if (t->operation != TG_READ && t->operation != TG_WRITE)
		return "a transfer without operation";
	if (t->blksize < 8 || t->blksize > 65464)
		return "a block size out of bounds";
	if (t->ahead < 2 || t->ahead > TG_WINDOW_CLAMP || t->behind < 2 ||
	    t->behind > TG_WINDOW_CLAMP)
		return "a window out of bounds";
	if (t->done && !t->final_known)
		return "done without a final block";
	return NULL;
}

static const char *request_fault(const struct tg_request *r)
{
	if (r->operation != TG_READ && r->operation != TG_WRITE)
		return "a request without operation";
	if (request_credit(r) > TG_CREDIT_MAX)
		return "more credit than there may be";
	if (strnlen(r->name, sizeof(r->name)) == sizeof(r->name))
		return "a name without end";
	return NULL;
}

const char *engine_fault(void)
{
	const char *fault;

	for (int id = TABLE_OFFERS; id <= TABLE_TRANSFERS; id++) {
		for (size_t i = 0; i < tables[id].count; i++) {
			fault = pair_fault(tables[id].entries[i].key);
			if (!fault)
				fault = transfer_fault(tables[id].entries[i].value);
			if (!fault)
				fault = told_fault(tables[id].entries[i].value,
						   id == TABLE_TRANSFERS);
			if (fault)
				return fault;
		}
	}
	for (size_t i = 0; i < tables[TABLE_REQUESTS].count; i++) {
		fault = request_fault(tables[TABLE_REQUESTS].entries[i].value);
		if (fault)
			return fault;
	}
	return NULL;
}
