/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading TFTP text: requests (RFC 1350 section 5, tracker specification 6) and option acknowledgements (RFC 2347).
 *
 * One pass over the bytes. A word (file name, mode, option name, value) ends at its NUL; option names and modes are
 * recognised from their last 16 bytes in lower case together with their length, which is exact for names of up to
 * 16 bytes. Reading options stops silently at the first malformed pair: what follows is garbage.
 */
#ifndef TIDEGATE_TFTP_H
#define TIDEGATE_TFTP_H

#include "core/packet.h"
#include "core/wire.h"

#define TFTP_MODE_UNKNOWN 0
#define TFTP_MODE_MAIL    255

enum tftp_phase {
	TEXT_NAME,
	TEXT_MODE,
	TEXT_OPTION,
	TEXT_VALUE,
	TEXT_END,      /* the rest is garbage */
	TEXT_BAD_NAME, /* empty */
	TEXT_BAD_MODE,
};

/* A word of up to 8 bytes, and the first bytes of one of up to 16, as the reader packs them. */
#define WORD4(a, b, c, d)             ((u64)(a) << 24 | (u64)(b) << 16 | (u64)(c) << 8 | (u64)(d))
#define WORD8(a, b, c, d, e, f, g, h) (WORD4(a, b, c, d) << 32 | WORD4(e, f, g, h))

#define FNV_OFFSET 0xcbf29ce484222325ULL
#define FNV_PRIME  0x00000100000001b3ULL

/* Must the payload be copied out, because judging it, or the record of an ERROR, takes its text? */
CORE bool tftp_has_text(const struct packet *p)
{
	return p->fragment == FRAGMENT_NONE && (p->opcode == WIRE_RRQ || p->opcode == WIRE_WRQ ||
						p->opcode == WIRE_OACK || p->opcode == WIRE_ERROR);
}

CORE bool word_is(const struct tftp_text *text, u32 len, u64 high, u64 low)
{
	return text->word_len == len && text->word_low == low && text->word_high == high;
}

CORE u8 word_mode(const struct tftp_text *text)
{
	if (word_is(text, 5, 0, WORD8(0, 0, 0, 'o', 'c', 't', 'e', 't')))
		return TG_OCTET;
	if (word_is(text, 8, 0, WORD8('n', 'e', 't', 'a', 's', 'c', 'i', 'i')))
		return TG_NETASCII;
	if (word_is(text, 6, 0, WORD8(0, 0, 'b', 'i', 'n', 'a', 'r', 'y')))
		return TG_BINARY;
	if (word_is(text, 4, 0, WORD4('m', 'a', 'i', 'l')))
		return TFTP_MODE_MAIL;
	return TFTP_MODE_UNKNOWN;
}

/* Options whose names are in use (tracker specification 7.5); others are ANY. utimeout is microseconds. */
#define OPTION_UTIMEOUT 0x100

CORE u16 word_option(const struct tftp_text *text)
{
	if (word_is(text, 7, 0, WORD8(0, 'b', 'l', 'k', 's', 'i', 'z', 'e')) ||
	    word_is(text, 8, 0, WORD8('b', 'l', 'k', 's', 'i', 'z', 'e', '2')))
		return TG_OPT_BLKSIZE;
	if (word_is(text, 10, WORD4(0, 0, 'w', 'i'), WORD8('n', 'd', 'o', 'w', 's', 'i', 'z', 'e')))
		return TG_OPT_WINDOWSIZE;
	if (word_is(text, 7, 0, WORD8(0, 't', 'i', 'm', 'e', 'o', 'u', 't')))
		return TG_OPT_TIMEOUT;
	if (word_is(text, 8, 0, WORD8('u', 't', 'i', 'm', 'e', 'o', 'u', 't')))
		return OPTION_UTIMEOUT;
	if (word_is(text, 5, 0, WORD8(0, 0, 0, 't', 's', 'i', 'z', 'e')))
		return TG_OPT_TSIZE;
	if (word_is(text, 9, 'm', WORD8('u', 'l', 't', 'i', 'c', 'a', 's', 't')))
		return TG_OPT_MULTICAST;
	if (word_is(text, 10, WORD4(0, 0, 'm', 's'), WORD8('f', 't', 'w', 'i', 'n', 'd', 'o', 'w')))
		return TG_OPT_MSFTWINDOW;
	if (word_is(text, 7, 0, WORD8(0, 'u', 'd', 'p', 'p', 'o', 'r', 't')))
		return TG_OPT_UDPPORT;
	return TG_OPT_ANY;
}

/* A number beyond it takes no more digits: it exceeds every limit as it stands. */
#define NUMBER_ENOUGH 0xffffffffffffffULL

CORE u32 number_u32(u64 number)
{
	return number > 0xffffffffULL ? 0xffffffff : number;
}

/* multicast's value "a.b.c.d,port,mc" was read; any of the three may be empty (RFC 2090), and then it names no group. */
CORE void text_take_group(struct tftp_text *text)
{
	if (text->group_dots != 3 || text->group_commas != 2 || text->group_bad)
		text->group_port_be = 0;
	text->group_v4_be = __builtin_bswap32(text->group_v4);
	/* 224.0.0.0/4, or it is no group. */
	if (text->group_v4 >> 28 != 0xe || !text->group_port_be)
		text->group_v4_be = 0;
}

/* A dot or comma in front of multicast's last part: the number before it is complete. */
CORE void text_group_mark(struct tftp_text *text, u8 c)
{
	u64 most = text->group_commas ? 0xffff : 0xff;

	if (!text->group_digit || text->number > most)
		text->group_bad = 1;
	if (!text->group_commas)
		text->group_v4 = text->group_v4 << 8 | (text->number & 0xff);
	else if (c == ',')
		text->group_port_be = be16(text->number);
	text->number = 0;
	text->group_digit = 0;
	if (c == '.')
		text->group_dots++;
}

/* A byte of multicast's value. */
CORE void text_group_char(struct tftp_text *text, u8 c)
{
	if (text->group_commas < 2) {
		if (c == '.' || c == ',') {
			text_group_mark(text, c);
		} else if (c < '0' || c > '9') {
			text->group_bad = 1;
		} else {
			text->group_digit = 1;
			if (text->number <= 0xffff)
				text->number = text->number * 10 + (c - '0');
		}
	}
	if (c == ',' && text->group_commas < 3)
		text->group_commas++;
}

/* The value of text->option ends; the first occurrence of an option wins. */
CORE void text_take_value(struct tftp_text *text)
{
	bool bad = text->number_bad || !text->word_len;
	u64 number = text->number;
	u16 option = text->option;

	text->options |= TG_OPT_ANY;
	if (option == OPTION_UTIMEOUT) {
		option = TG_OPT_TIMEOUT;
		number = (number + 999999) / 1000000;
	}
	if (text->options & option & ~TG_OPT_ANY)
		return;
	text->options |= option;
	if (option == TG_OPT_MULTICAST)
		text_take_group(text);
	if (option == TG_OPT_MULTICAST || option == TG_OPT_MSFTWINDOW || option == TG_OPT_ANY)
		return;
	if (bad)
		text->malformed |= option;
	else if (option == TG_OPT_BLKSIZE)
		text->blksize = number_u32(number);
	else if (option == TG_OPT_WINDOWSIZE)
		text->windowsize = number_u32(number);
	else if (option == TG_OPT_TIMEOUT)
		text->timeout = number_u32(number);
	else if (option == TG_OPT_UDPPORT)
		text->udpport = number > 0xffff ? 0 : number;
	else
		text->tsize = number;
}

/* A NUL: the word at hand is complete. */
CORE void text_word_end(struct tftp_text *text)
{
	switch (text->phase) {
	case TEXT_NAME:
		text->name_len = text->word_len;
		text->name_hash = text->hash;
		text->phase = text->word_len ? TEXT_MODE : TEXT_BAD_NAME;
		break;
	case TEXT_MODE:
		text->mode = word_mode(text);
		text->phase = text->mode == TFTP_MODE_UNKNOWN ? TEXT_BAD_MODE : TEXT_OPTION;
		break;
	case TEXT_OPTION:
		text->option = word_option(text);
		text->phase = text->word_len ? TEXT_VALUE : TEXT_END;
		break;
	case TEXT_VALUE:
		text_take_value(text);
		text->phase = TEXT_OPTION;
		break;
	}
	text->word_len = 0;
	text->word_high = 0;
	text->word_low = 0;
	text->number = 0;
	text->number_bad = 0;
}

CORE void text_char(struct tftp_text *text, u8 c)
{
	u8 lower = c >= 'A' && c <= 'Z' ? c | 0x20 : c;

	text->word_len++;
	text->word_high = text->word_high << 8 | text->word_low >> 56;
	text->word_low = text->word_low << 8 | lower;
	if (text->phase == TEXT_VALUE && text->option == TG_OPT_MULTICAST) {
		if (!(text->options & TG_OPT_MULTICAST)) /* the first occurrence wins */
			text_group_char(text, c);
		return;
	}
	if (c < '0' || c > '9')
		text->number_bad = 1;
	else if (text->number <= NUMBER_ENOUGH)
		text->number = text->number * 10 + (c - '0');
}

struct text_reader {
	struct tftp_text *text;
};

static long text_read_byte(u32 i, void *context)
{
	struct tftp_text *text = ((struct text_reader *)context)->text;
	u32 at = i + sizeof(u16); /* behind the opcode */
	u8 c;

	if (at >= TG_REQUEST_MAX || at >= text->len)
		return 1;
	c = text->bytes[at];
	text->hash = (text->hash ^ c) * FNV_PRIME;
	if (text->phase >= TEXT_END)
		return 0;
	if (c)
		text_char(text, c);
	else
		text_word_end(text);
	return 0;
}

CORE void text_read(struct tftp_text *text, enum tftp_phase phase, u64 hash)
{
	struct text_reader reader = {.text = text};

	text->hash = hash;
	text->name_hash = 0;
	text->tsize = 0;
	text->blksize = 0;
	text->windowsize = 0;
	text->timeout = 0;
	text->group_v4 = 0;
	text->group_v4_be = 0;
	text->group_port_be = 0;
	text->group_dots = 0;
	text->group_commas = 0;
	text->group_digit = 0;
	text->group_bad = 0;
	text->udpport = 0;
	text->name_len = 0;
	text->mode = TFTP_MODE_UNKNOWN;
	text->options = 0;
	text->malformed = 0;
	text->phase = TEXT_END;
	text_word_end(text); /* begins the first word */
	text->phase = phase;
	repeat(TG_REQUEST_MAX, text_read_byte, &reader);
}

/*
 * Reads the request in text->bytes, text->len (opcode included). `seed` keeps outsiders from aiming at a hash.
 * Returns TG_REQUEST or the reason why it is none; the results are in `text`.
 */
CORE enum tg_reason tftp_read_request(struct tftp_text *text, u64 seed)
{
	text_read(text, TEXT_NAME, FNV_OFFSET ^ seed);
	text->hash = (text->hash ^ text->len ^ ((u64)text->bytes[1] << 32)) * FNV_PRIME;
	switch (text->phase) {
	case TEXT_NAME:
	case TEXT_BAD_NAME:
		return TG_REQUEST_NAME;
	case TEXT_MODE:
	case TEXT_BAD_MODE:
		return TG_REQUEST_MODE;
	}
	return text->mode == TFTP_MODE_MAIL ? TG_REQUEST_MAIL : TG_REQUEST;
}

/* Reads the option acknowledgement in text->bytes, text->len (opcode included). */
CORE void tftp_read_oack(struct tftp_text *text)
{
	text_read(text, TEXT_OPTION, 0);
}

#endif
