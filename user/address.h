/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and endpoints as text.
 */
#ifndef TIDEGATE_ADDRESS_H
#define TIDEGATE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>
#include <sys/socket.h>

#include "abi.h"

#define ADDRESS_TEXT  46                  /* longest IPv6 address, NUL included */
#define ENDPOINT_TEXT (ADDRESS_TEXT + 12) /* "[address]:65535" */

/*
 * Reads an IPv4 or IPv6 address, IPv4 becomes mapped. Returns 0 or -EINVAL; `*address` is untouched
 * on failure.
 */
int address_parse(const char *text, struct tg_addr *address);

/* Writes `address` (mapped IPv4 in dotted form) and returns `text`. */
const char *address_format(const struct tg_addr *address, char text[ADDRESS_TEXT]);

/* "10.0.0.1:69", "[fe80::1]:69"; "*" stands for an all-zero address, and for port 0. */
const char *endpoint_format(const struct tg_addr *address, uint16_t port_be,
			    char text[ENDPOINT_TEXT]);

/* "52:54:00:74:67:01" */
#define MAC_TEXT 18
const char *mac_format(const uint8_t mac[6], char text[MAC_TEXT]);

/* From a socket address; false for families other than AF_INET and AF_INET6. */
bool address_from_socket(const struct sockaddr *socket, struct tg_addr *address);

/* Zeroes all but the first `bits` bits; was any of them set? */
bool address_mask(struct tg_addr *address, unsigned int bits);

bool address_is_ipv4(const struct tg_addr *address); /* mapped */
bool address_is_zero(const struct tg_addr *address); /* not even the mapped prefix: "any" in keys */
bool address_is_wildcard(const struct tg_addr *address); /* 0.0.0.0 or :: */
bool address_is_loopback(const struct tg_addr *address); /* 127.0.0.0/8 or ::1 */
bool address_is_group(const struct tg_addr *address);    /* multicast or 255.255.255.255 */

#endif
