// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/netfilter.h"

#include "doctor/devices.h"
#include "doctor/iptables_save.h"
#include "json_read.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>
#include <unistd.h>

#define NFT_WHAT "rules of nftables"

/* libnftables ends the process where the kernel has no netfilter, so that is tried first. */
static int try_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void note_nft_error(const char *said, struct findings *findings)
{
	const char *why = said && *said ? said : "libnftables gives no reason";

	if (!strncmp(why, "Error: ", 7))
		why += 7;
	finding_unseen(findings, NFT_WHAT, "%.*s", (int)strcspn(why, "\n"), why);
}

static void add_devices(struct nft_ctx *nft, json_t *objects)
{
	nft_ctx_output_set_flags(nft, 0);
	if (!nft_run_cmd_from_buffer(nft, "list chains"))
		devices_add(objects, nft_ctx_get_output_buffer(nft));
}

static json_t *list_rules(struct nft_ctx *nft, struct findings *findings)
{
	json_t *document, *objects;

	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
	if (nft_ctx_buffer_output(nft) || nft_ctx_buffer_error(nft))
		return NULL;
	if (nft_run_cmd_from_buffer(nft, "list ruleset")) {
		note_nft_error(nft_ctx_get_error_buffer(nft), findings);
		return NULL;
	}
	document = json_loads(nft_ctx_get_output_buffer(nft), 0, NULL);
	objects = json_incref(json_object_get(document, "nftables"));
	json_decref(document);
	if (!objects)
		finding_unseen(findings, NFT_WHAT, "libnftables gave no JSON");
	else if (devices_missing(objects))
		add_devices(nft, objects);
	return objects;
}

static json_t *read_nft(struct findings *findings)
{
	int err = try_socket();
	json_t *objects = NULL;
	struct nft_ctx *nft;

	if (err) {
		finding_unseen(findings, NFT_WHAT, "%s", strerror(-err));
		return NULL;
	}
	nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (nft) {
		objects = list_rules(nft, findings);
		nft_ctx_free(nft);
	}
	return objects;
}

/* ---- iptables --------------------------------------------------------------------------------------------------- */

/* What the program prints, to be freed; NULL if it is not there, or fails. */
static char *output_of(const char *program)
{
	char command[64], *text = NULL;
	size_t used = 0, room = 0;
	FILE *pipe;

	snprintf(command, sizeof(command), "/usr/sbin/%s", program);
	if (access(command, X_OK))
		return NULL;
	snprintf(command, sizeof(command), "/usr/sbin/%s 2>/dev/null", program);
	pipe = popen(command, "re");
	while (pipe) {
		char *grown = room - used < 4096 ? realloc(text, room = room * 2 + 8192) : text;
		size_t got;

		if (!grown)
			break;
		text = grown;
		got = fread(text + used, 1, room - used - 1, pipe);
		used += got;
		text[used] = '\0';
		if (!got)
			break;
	}
	if (pipe && pclose(pipe)) {
		free(text);
		text = NULL;
	}
	return text;
}

static bool speaks_xt(const json_t *rule)
{
	const json_t *statement;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i,
			   statement) if (json_object_get(statement, "xt")) return true;
	return false;
}

/* The object inside, whatever its kind. */
static const json_t *inner_of(const json_t *object)
{
	return json_object_iter_value(json_object_iter((json_t *)object));
}

/* A table of the family with rules that only iptables can read, or NULL. */
static const char *opaque_table(const json_t *objects, const char *family)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		const json_t *rule = json_object_get(object, "rule");

		if (rule && json_says(rule, "family", family) && speaks_xt(rule))
			return json_text_of(rule, "table");
	}
	return NULL;
}

static bool has_table(const json_t *objects, const char *name)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object) if (json_says(json_object_get(object, "table"),
							     "name", name)) return true;
	return false;
}

/* What iptables shows itself takes the place of what nft shows of it. */
static void replace_tables(json_t *objects, json_t *better, const char *family)
{
	for (size_t i = json_array_size(objects); i-- > 0;) {
		const json_t *inner = inner_of(json_array_get(objects, i));

		if (json_says(inner, "family", family) && !json_object_get(inner, "tool") &&
		    has_table(better,
			      json_text_of(inner,
					   json_object_get(inner, "table") ? "table" : "name")))
			json_array_remove(objects, i);
	}
	json_array_extend(objects, better);
}

static void read_iptables_nft(json_t *objects, const char *family, const char *tool,
			      struct findings *findings)
{
	const char *table = opaque_table(objects, family);
	char program[32], what[96], *text;
	json_t *better;

	if (!table)
		return;
	snprintf(program, sizeof(program), "%s-save", tool);
	text = output_of(program);
	if (!text) {
		snprintf(what, sizeof(what), "some rules in table %s %.40s", family, table);
		finding_unseen(findings, what,
			       "they are in the terms of iptables, and %s does not run", program);
		return;
	}
	better = json_array();
	if (!iptables_save_parse(text, family, tool, better))
		replace_tables(objects, better, family);
	json_decref(better);
	free(text);
}

/* Tables of the old kind are listed there as soon as somebody has looked at them. */
static bool has_legacy_tables(const char *path)
{
	FILE *file = fopen(path, "re");
	bool any = file && fgetc(file) != EOF;

	if (file)
		fclose(file);
	return any;
}

static void read_iptables_legacy(json_t *objects, const char *family, const char *tool,
				 const char *names, struct findings *findings)
{
	char program[32], *text;

	if (!has_legacy_tables(names))
		return;
	snprintf(program, sizeof(program), "%s-save", tool);
	text = output_of(program);
	if (text)
		iptables_save_parse(text, family, tool, objects);
	else
		finding_unseen(findings,
			       *family && family[2] ? "old tables of ip6tables"
						    : "old tables of iptables",
			       "%s does not run", program);
	free(text);
}

json_t *netfilter_read(struct findings *findings)
{
	json_t *objects = read_nft(findings);

	if (!objects)
		objects = json_array();
	read_iptables_nft(objects, "ip", "iptables-nft", findings);
	read_iptables_nft(objects, "ip6", "ip6tables-nft", findings);
	if (opaque_table(objects, "bridge"))
		finding_unseen(findings, "some rules for bridges",
			       "they are in the terms of ebtables");
	read_iptables_legacy(objects, "ip", "iptables-legacy", "/proc/net/ip_tables_names",
			     findings);
	read_iptables_legacy(objects, "ip6", "ip6tables-legacy", "/proc/net/ip6_tables_names",
			     findings);
	return objects;
}
