// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_sink.h"

#include "address.h"
#include "config_meaning.h"
#include "log.h"
#include "number.h"
#include "option_values.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int refuse_endpoint(const char *text, struct complaint *why)
{
	complain(why, "'%.60s' is not an address with a port", text);
	complain_hint(why, "write 127.0.0.1:9469 or [::1]:9469");
	return -EINVAL;
}

/* "ADDRESS:PORT", IPv6 in brackets; as endpoint_format() writes it. */
static int parse_endpoint(const char *text, struct tg_addr *address, uint16_t *port_be,
			  struct complaint *why)
{
	bool bracket = *text == '[';
	const char *end = strrchr(text, ':');
	size_t len = end ? (size_t)(end - text) : 0;
	struct tg_addr parsed;
	char host[ADDRESS_TEXT];
	uint64_t port;

	if (bracket && (len < 2 || text[len - 1] != ']'))
		return refuse_endpoint(text, why);
	text += bracket;
	len -= bracket ? 2 : 0;
	if (!end || len >= sizeof(host) || number_parse(end + 1, 1, UINT16_MAX, &port))
		return refuse_endpoint(text - bracket, why);
	memcpy(host, text, len);
	host[len] = '\0';
	if (address_parse(host, &parsed) || bracket != !!strchr(host, ':'))
		return refuse_endpoint(text - bracket, why);
	*address = parsed;
	*port_be = htons((uint16_t)port);
	return 0;
}

static void take_listen(const struct config_scope *scope, cfg_t *block,
			struct config_daemon *daemon)
{
	const struct config_token *token = scope_single(block, "listen");
	struct complaint why;

	if (!token)
		return;
	if (parse_endpoint(token->text, &daemon->listen, &daemon->listen_port_be, &why)) {
		scope_refuse(scope, token, "listen", &why);
		return;
	}
	if (address_is_loopback(&daemon->listen) || scope->check->alone)
		return;
	config_warning(
		config_token_place(&scope->text->source, token),
		"listen: who reaches this address sees who fetches which file, without a password");
	log_hint("listen on 127.0.0.1, behind a proxy that asks for one");
}

/* As useradd(8) takes names; whether there is such a group is seen when the daemon starts. */
static void take_group(const struct config_scope *scope, cfg_t *block, struct config_daemon *daemon)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_.-";
	const struct config_token *token = scope_single(block, "group");
	size_t len = token ? strlen(token->text) : 0;
	struct complaint why;

	if (!token)
		return;
	if (!len || len >= DAEMON_GROUP_ROOM || *token->text == '-' ||
	    strspn(token->text, characters) != len) {
		complain(&why, "'%.40s' cannot be the name of a group", token->text);
		scope_refuse(scope, token, "group", &why);
		return;
	}
	free(daemon->group);
	daemon->group = strdup(token->text);
	if (!daemon->group)
		scope_out_of_memory(scope->check);
}

static void take_page(const struct config_scope *scope, cfg_t *block, struct config_daemon *daemon)
{
	uint64_t page = false;
	struct complaint why;

	scope_choice(scope, block, "status-page", config_booleans, &page);
	daemon->status_page = page;
	if (!page || cfg_size(block, "listen"))
		return;
	complain(&why, "there is no address where it could be");
	complain_hint(&why, "write listen = \"127.0.0.1:9469\" as well");
	scope_refuse(scope, scope_single(block, "status-page"), "status-page", &why);
}

void take_daemon(struct config_scope *scope, cfg_t *tree)
{
	struct config_check *check = scope->check;
	struct config_daemon *daemon = &check->config->daemon;
	cfg_t *block;

	if (!cfg_size(tree, "daemon") || !scope_once(scope, tree, "daemon", &check->daemon))
		return;
	block = cfg_getnsec(tree, "daemon", 0);
	take_group(scope, block, daemon);
	take_listen(scope, block, daemon);
	take_page(scope, block, daemon);
}

void config_daemon_free(struct config_daemon *daemon)
{
	free(daemon->group);
}
