/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plain reading of TFTP's texts with string functions, to hold the core's one-pass reader against. Tracker
 * specification 6 and 7.5.
 */
#ifndef TIDEGATE_TESTS_GRAMMAR_H
#define TIDEGATE_TESTS_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"

enum grammar_option {
	GRAMMAR_BLKSIZE, /* and blksize2 */
	GRAMMAR_WINDOWSIZE,
	GRAMMAR_TIMEOUT, /* and utimeout */
	GRAMMAR_TSIZE,
	GRAMMAR_MULTICAST,
	GRAMMAR_MSFTWINDOW,
	GRAMMAR_UDPPORT,
	GRAMMAR_OPTIONS,
};

struct grammar_value {
	bool there;
	bool number;    /* digits only, at least one */
	bool huge;      /* more than 16 digits: beyond every limit */
	uint64_t value; /* timeout: in seconds, rounded up; UINT64_MAX if huge */
	const char *text;
};

struct grammar_options {
	unsigned int pairs; /* well-formed ones, known or not */
	struct grammar_value values[GRAMMAR_OPTIONS];
};

struct grammar_request {
	enum tg_reason reason; /* TG_REQUEST, or why it is none; the length is not judged */
	size_t name_len;
	unsigned int mode; /* enum tg_mode */
	struct grammar_options options;
};

/* What a request asks for, and a zone's flags and slack decide about. */
struct grammar_asked {
	unsigned int options; /* enum tg_option bits */
	uint32_t blksize, windowsize;
};

struct grammar_agreed {
	uint32_t blksize, windowsize;
	uint32_t ahead, behind; /* F and B */
	unsigned int timeout_s; /* 0: not agreed */
};

/* Pairs of NUL-terminated strings, up to the first malformed one. The first occurrence of an option counts. */
void grammar_read_options(const uint8_t *bytes, size_t len, struct grammar_options *options);
/* RFC 2090: "address,port,mc". Is it an IPv4 group and a port (host order)? */
bool grammar_read_group(const char *value, uint32_t *address, uint16_t *port);
/* A whole request, opcode included. */
void grammar_read_request(const uint8_t *bytes, size_t len, struct grammar_request *request);
/* Tracker specification 7.1: what counts of the request's options. */
void grammar_ask(const struct grammar_request *request, struct grammar_asked *asked);
/* 7.3 and 7.5: may an OACK grant this? */
bool grammar_may_grant(const struct grammar_options *granted, const struct grammar_asked *asked,
		       uint32_t zone_flags);
/* 7.2 and 7.5: what then holds; without an OACK `granted` is NULL. */
void grammar_agree(const struct grammar_options *granted, uint32_t slack,
		   struct grammar_agreed *agreed);

#endif
