// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/host.h"

#include "address.h"

#include <string.h>
#include <strings.h>

#define HOST_BYTES 256 /* RFC 1035 3.1: a name has at most 255 */

/* Takes the port off, and the brackets around an IPv6 address (RFC 3986 3.2.2). False if it is malformed. */
static bool take_name(const char *host, char name[HOST_BYTES])
{
	const char *end = *host == '[' ? strchr(host, ']') : host + strcspn(host, ":");
	size_t len;

	if (!end)
		return false;
	len = (size_t)(end - host);
	if (*host == '[') {
		host++;
		len--;
		end++;
	}
	if (*end && (*end != ':' || strspn(end + 1, "0123456789") != strlen(end + 1)))
		return false;
	if (!len || len >= HOST_BYTES)
		return false;
	memcpy(name, host, len);
	name[len] = '\0';
	return true;
}

bool host_is_ours(const char *host, const char *own_name)
{
	struct tg_addr address;
	char name[HOST_BYTES];

	if (!host || !take_name(host, name))
		return false;
	if (*host == '[')
		return strchr(name, ':') && !address_parse(name, &address);
	return !strcasecmp(name, "localhost") || (*own_name && !strcasecmp(name, own_name)) ||
	       !address_parse(name, &address);
}

bool fetch_is_allowed(const char *site, const char *mode, bool is_page)
{
	if (!site || !strcmp(site, "same-origin") || !strcmp(site, "none"))
		return true;
	return is_page && mode && !strcmp(mode, "navigate");
}
