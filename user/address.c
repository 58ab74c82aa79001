// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool address_is_ipv4(const struct tg_addr *address)
{
	return !memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix));
}

static void map_ipv4(const struct in_addr *from, struct tg_addr *to)
{
	memcpy(to->bytes, mapped_prefix, sizeof(mapped_prefix));
	memcpy(to->bytes + sizeof(mapped_prefix), from, sizeof(*from));
}

int address_parse(const char *text, struct tg_addr *address)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		map_ipv4(&v4, address);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &v6) == 1) {
		memcpy(address->bytes, &v6, sizeof(v6));
		return 0;
	}
	return -EINVAL;
}

const char *address_format(const struct tg_addr *address, char text[ADDRESS_TEXT])
{
	if (address_is_ipv4(address))
		inet_ntop(AF_INET, address->bytes + sizeof(mapped_prefix), text, ADDRESS_TEXT);
	else
		inet_ntop(AF_INET6, address->bytes, text, ADDRESS_TEXT);
	return text;
}

const char *endpoint_format(const struct tg_addr *address, uint16_t port_be,
			    char text[ENDPOINT_TEXT])
{
	char address_text[ADDRESS_TEXT] = "*", port_text[8] = "*";
	bool bracket = false;

	if (!address_is_zero(address)) {
		address_format(address, address_text);
		bracket = !address_is_ipv4(address);
	}
	if (port_be)
		snprintf(port_text, sizeof(port_text), "%u", ntohs(port_be));
	snprintf(text, ENDPOINT_TEXT, "%s%s%s:%s", bracket ? "[" : "", address_text,
		 bracket ? "]" : "", port_text);
	return text;
}

bool address_from_socket(const struct sockaddr *socket, struct tg_addr *address)
{
	if (socket->sa_family == AF_INET) {
		map_ipv4(&((const struct sockaddr_in *)socket)->sin_addr, address);
		return true;
	}
	if (socket->sa_family == AF_INET6) {
		memcpy(address->bytes, &((const struct sockaddr_in6 *)socket)->sin6_addr,
		       sizeof(address->bytes));
		return true;
	}
	return false;
}

bool address_mask(struct tg_addr *address, unsigned int bits)
{
	bool cut = false;

	for (unsigned int i = 0; i < sizeof(address->bytes); i++) {
		unsigned int kept = bits > 8 * i ? bits - 8 * i : 0;
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00U >> kept);

		cut |= address->bytes[i] & ~mask;
		address->bytes[i] &= mask;
	}
	return cut;
}

bool address_is_zero(const struct tg_addr *address)
{
	static const struct tg_addr zero;

	return !memcmp(address, &zero, sizeof(zero));
}

bool address_is_wildcard(const struct tg_addr *address)
{
	static const unsigned char zero[4];

	return address_is_zero(address) ||
	       (address_is_ipv4(address) && !memcmp(address->bytes + 12, zero, 4));
}

bool address_is_loopback(const struct tg_addr *address)
{
	static const struct tg_addr one = {.bytes = {[15] = 1}};

	if (address_is_ipv4(address))
		return address->bytes[12] == 127;
	return !memcmp(address, &one, sizeof(one));
}

bool address_is_group(const struct tg_addr *address)
{
	static const unsigned char limited_broadcast[4] = {255, 255, 255, 255};

	if (!address_is_ipv4(address))
		return address->bytes[0] == 0xff;
	return (address->bytes[12] & 0xf0) == 0xe0 ||
	       !memcmp(address->bytes + 12, limited_broadcast, sizeof(limited_broadcast));
}

const char *mac_format(const uint8_t mac[6], char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	return text;
}
