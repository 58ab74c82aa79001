// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_prefix.h"

#include "number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHOWN     40
#define IPV4_BITS 32
#define IPV6_BITS 128
#define MAPPED    (IPV6_BITS - IPV4_BITS)

/* IPv4 inside IPv6 never is on the wire: what was meant is IPv4. */
static int refuse_mapped(const char *text, const struct config_prefix *prefix,
			 struct complaint *why)
{
	char meant[PREFIX_TEXT];

	complain(why, "'%.*s' is IPv4 written as IPv6", SHOWN, text);
	if (prefix->bits >= MAPPED)
		complain_hint(why, "write %s", config_prefix_format(prefix, meant));
	else
		complain_hint(why, "write an IPv4 prefix, such as 10.0.0.0/8");
	return -EINVAL;
}

static int refuse(const char *text, struct complaint *why)
{
	complain(why, "'%.*s' is not an address or a prefix", SHOWN, text);
	complain_hint(why, "write 10.0.0.1, 10.0.0.0/24, fd00::1 or fd00::/64");
	return -EINVAL;
}

static int parse_bits(const char *text, const char *bits, bool ipv4, struct config_prefix *prefix,
		      struct complaint *why)
{
	unsigned int width = ipv4 ? IPV4_BITS : IPV6_BITS;
	uint64_t number;
	int err = number_parse(bits, 0, width, &number);

	if (err == -ERANGE) {
		complain(why, "'%.*s' has too many bits", SHOWN, text);
		complain_hint(why, "a prefix of %s has 0 to %u", ipv4 ? "IPv4" : "IPv6", width);
		return -EINVAL;
	}
	if (err)
		return refuse(text, why);
	prefix->bits = (unsigned int)number + (ipv4 ? MAPPED : 0);
	return 0;
}

int config_prefix_parse(const char *text, struct config_prefix *prefix, bool *cut,
			struct complaint *why)
{
	size_t len = strcspn(text, "/");
	char address[ADDRESS_TEXT];
	bool ipv4 = !memchr(text, ':', len), mapped;
	int err;

	*cut = false;
	if (len >= sizeof(address))
		return refuse(text, why);
	memcpy(address, text, len);
	address[len] = '\0';
	if (address_parse(address, &prefix->address))
		return refuse(text, why);
	prefix->bits = IPV6_BITS;
	err = text[len] ? parse_bits(text, text + len + 1, ipv4, prefix, why) : 0;
	if (err)
		return err;
	mapped = !ipv4 && address_is_ipv4(&prefix->address);
	*cut = address_mask(&prefix->address, prefix->bits);
	return mapped ? refuse_mapped(text, prefix, why) : 0;
}

const char *config_prefix_format(const struct config_prefix *prefix, char text[PREFIX_TEXT])
{
	bool ipv4 = address_is_ipv4(&prefix->address) && prefix->bits >= MAPPED;
	size_t len;

	address_format(&prefix->address, text);
	len = strlen(text);
	if (prefix->bits != IPV6_BITS)
		snprintf(text + len, PREFIX_TEXT - len, "/%u", prefix->bits - (ipv4 ? MAPPED : 0));
	return text;
}

bool config_prefix_holds_ipv4(const struct config_prefix *prefix)
{
	struct tg_addr mapped = {.bytes = {[10] = 0xff, [11] = 0xff}};

	if (prefix->bits >= MAPPED)
		return false;
	address_mask(&mapped, prefix->bits);
	return !memcmp(&mapped, &prefix->address, sizeof(mapped));
}
