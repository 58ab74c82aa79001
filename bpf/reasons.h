/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every outcome of the pipeline, with its verdict, its name and what to do about it: part of the ABI (abi.h).
 */
#ifndef TIDEGATE_REASONS_H
#define TIDEGATE_REASONS_H

enum tg_verdict {
	TG_DROP = 0,
	TG_PASS = 1,
};

/*
 * Every outcome of the pipeline: X(number, NAME, key, verdict, meaning, remedy).
 * `number` indexes the counters and is never reused for another meaning; `key` is the name in JSON, metrics
 * and `tidegate explain`. NOT_UDP alone is never counted: such packets leave before anything is looked up.
 */
/* clang-format off */
#define TG_REASONS(X)                                                                              \
	X(0, NOT_UDP, "not_udp", TG_PASS,                                                          \
	  "The packet is not UDP; tidegate filters UDP only.",                                     \
	  "Nothing to do. These packets are not counted.")                                         \
	X(1, REQUEST, "request", TG_PASS,                                                          \
	  "A valid TFTP read or write request; its answers are awaited.",                          \
	  "Nothing to do.")                                                                        \
	X(2, FIRST_REPLY, "first_reply", TG_PASS,                                                  \
	  "The first packet of a server's transfer identifier (TID) in answer to a request.",      \
	  "Nothing to do.")                                                                        \
	X(3, DATA, "data", TG_PASS, "A DATA block of a running transfer.", "Nothing to do.")       \
	X(4, ACK, "ack", TG_PASS, "An acknowledgement of a running transfer.", "Nothing to do.")   \
	X(5, OACK, "oack", TG_PASS, "A repeated option acknowledgement of a running transfer.",    \
	  "Nothing to do.")                                                                        \
	X(6, ERROR, "error", TG_PASS, "A TFTP ERROR between the two ends of a transfer.",          \
	  "Nothing to do here; the server's or client's log tells why it was sent.")               \
	X(7, UDP_REPLY, "udp_reply", TG_PASS,                                                      \
	  "UDP of a tracked exchange: this side sent first, and the addresses and ports fit exactly.", \
	  "Nothing to do.")                                                                        \
	X(8, SERVICE, "service", TG_PASS, "UDP to a port that is listed as reachable.",            \
	  "Remove the port from --allow-udp if it should not be reachable.")                       \
	X(9, OUTGOING, "outgoing", TG_PASS, "Other UDP that leaves through this interface.",       \
	  "Nothing to do.")                                                                        \
	X(10, UNMATCHED, "unmatched", TG_PASS,                                                     \
	  "UDP that belongs to nothing, in a zone whose unmatched UDP passes.",                    \
	  "Bring the zone up with --unmatched drop to close it.")                                  \
	X(11, FRAGMENT_FOLLOWS, "fragment_follows", TG_PASS,                                       \
	  "A later IP fragment of a datagram whose first fragment was admitted.",                  \
	  "Nothing to do.")                                                                        \
	X(12, FRAGMENT_AHEAD, "fragment_ahead", TG_PASS,                                           \
	  "A later IP fragment that overtook its first one, between two hosts with a transfer whose " \
	  "blocks need fragments.",                                                                \
	  "Nothing to do.")                                                                        \
	X(13, JUDGED_BEFORE, "judged_before", TG_PASS,                                             \
	  "A packet on its way out that was judged when it came in through the same zone.",        \
	  "Nothing to do.")                                                                        \
	X(14, UNSOLICITED, "unsolicited", TG_DROP,                                                 \
	  "UDP that nobody on this side asked for: no request, no transfer, no tracked exchange and no " \
	  "listed service fits.",                                                                  \
	  "If a service should be reachable, list its port with --allow-udp; if this was a TFTP reply, " \
	  "see whether its request passed through the same zone.")                                 \
	X(15, EXPIRED, "expired", TG_DROP,                                                         \
	  "The packet fits a request or transfer whose time had run out.",                         \
	  "The peer was silent for longer than the timer allows; see the timers in `tidegate status`.") \
	X(16, TRUNCATED, "truncated", TG_DROP, "The frame ends inside a header, or before the IP length " \
	  "says.", "Look at the sender or the link: no whole packet looks like this.")             \
	X(17, VLAN_DEPTH, "vlan_depth", TG_DROP, "More than two VLAN tags.",                       \
	  "Attach tidegate to the inner VLAN interface instead.")                                  \
	X(18, IPV4_HEADER, "ipv4_header", TG_DROP, "An IPv4 header with a wrong version or length.", \
	  "Look at the sender: no IP stack sends this.")                                           \
	X(19, IPV6_HEADER, "ipv6_header", TG_DROP, "An IPv6 header with a wrong version or length, or with IPv4 addresses (::ffff:0:0/96).", \
	  "Look at the sender: no IP stack sends this.")                                           \
	X(20, IPV6_EXTENSIONS, "ipv6_extensions", TG_DROP, "More IPv6 extension headers than are looked at.", \
	  "Look at the sender: such chains are used to hide from filters.")                        \
	X(21, UDP_LENGTH, "udp_length", TG_DROP, "The UDP length is below 8 or beyond the IP packet.", \
	  "Look at the sender: no IP stack sends this.")                                           \
	X(22, UDP_CHECKSUM, "udp_checksum", TG_DROP, "UDP over IPv6 without a checksum (RFC 8200 8.1).", \
	  "The sender must compute the checksum.")                                                 \
	X(23, FRAGMENT_TINY, "fragment_tiny", TG_DROP,                                             \
	  "A first IP fragment too short to show its UDP and TFTP header.",                        \
	  "Look at the sender: no link has such a small MTU.")                                     \
	X(24, FRAGMENT_OVERLAP, "fragment_overlap", TG_DROP,                                       \
	  "A later IP fragment that would overwrite the UDP or TFTP header.",                      \
	  "Look at the sender: this is an attack on filters (RFC 1858).")                          \
	X(25, FRAGMENT_ORPHAN, "fragment_orphan", TG_DROP,                                         \
	  "A later IP fragment without an admitted first fragment.",                               \
	  "If big blocks are in use, see whether the first fragment was dropped, and why.")        \
	X(26, FRAGMENT_CONTROL, "fragment_control", TG_DROP,                                       \
	  "A TFTP request, ACK, OACK or ERROR in IP fragments; they are too small to need any.",   \
	  "Look at the sender: no TFTP implementation sends this.")                                \
	X(27, FRAGMENT_NEEDLESS, "fragment_needless", TG_DROP,                                     \
	  "A DATA block in IP fragments although the agreed block size fits the link.",            \
	  "Look at the path: a link with a very small MTU would explain it.")                      \
	X(28, REQUEST_LENGTH, "request_length", TG_DROP, "A request shorter than 10 bytes or longer than " \
	  "the zone allows (516).", "See whether the client sends a sensible request.")            \
	X(29, REQUEST_NAME, "request_name", TG_DROP, "A request without a file name, or with one that does " \
	  "not end.", "See whether the client sends a sensible request.")                          \
	X(30, REQUEST_MODE, "request_mode", TG_DROP, "A request whose mode is not octet, netascii or binary, " \
	  "or does not end.", "See whether the client sends a sensible request.")                  \
	X(31, REQUEST_MAIL, "request_mail", TG_DROP, "A request with the obsolete mode mail (RFC 1123 4.2.2.1).", \
	  "Use mode octet.")                                                                       \
	X(32, REQUEST_DIRECTION, "request_direction", TG_DROP,                                     \
	  "A request in a direction from which the zone admits none.",                             \
	  "Bring the zone up with --requests in, out or both.")                                    \
	X(33, REQUEST_BROADCAST, "request_broadcast", TG_DROP,                                     \
	  "A request to a broadcast or multicast address.",                                        \
	  "Devices that search their server this way need --broadcast.")                           \
	X(34, NOT_A_REQUEST, "not_a_request", TG_DROP,                                             \
	  "A datagram to the TFTP port that is neither a request nor part of a transfer.",         \
	  "Look at the sender; after a long silence it may be a transfer that has expired.")       \
	X(35, REPLY_KIND, "reply_kind", TG_DROP,                                                   \
	  "A first reply that this request cannot have: a read is answered by DATA, OACK or ERROR, a write " \
	  "by ACK, OACK or ERROR.", "Look at the server, or for somebody who imitates it.")        \
	X(36, REPLY_BLOCK, "reply_block", TG_DROP, "A first reply that is not DATA 1 or ACK 0.",   \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(37, NO_CREDIT, "no_credit", TG_DROP,                                                     \
	  "More transfer identifiers (TIDs) answered than requests were sent.",                    \
	  "Look for somebody who imitates the server.")                                            \
	X(38, SURPLUS_TID, "surplus_tid", TG_DROP,                                                 \
	  "A further TID answers a duplicated request after the client has chosen another.",       \
	  "Nothing to do: the client would refuse it. The server gives up by itself.")             \
	X(39, SUPERSEDED, "superseded", TG_DROP,                                                   \
	  "A packet of a TID that the client has left for another or for a new request.",          \
	  "Nothing to do. The server gives up by itself.")                                         \
	X(40, OACK_UNASKED, "oack_unasked", TG_DROP,                                               \
	  "An option acknowledgement although no option, or not this one, was asked for (RFC 2347).", \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(41, OACK_VALUE, "oack_value", TG_DROP,                                                   \
	  "An option acknowledgement with a value that is out of bounds or above what was asked.", \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(42, OACK_LATE, "oack_late", TG_DROP, "An option acknowledgement in the middle of a transfer.", \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(43, OACK_MULTICAST, "oack_multicast", TG_DROP,                                           \
	  "The server offers multicast (RFC 2090), which the zone does not admit.",                \
	  "Bring the zone up with --multicast, or take the option off the client or the server.")                               \
	X(44, DATA_BEFORE_ACK, "data_before_ack", TG_DROP,                                         \
	  "DATA while the option acknowledgement is not yet acknowledged (RFC 2347).",             \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(45, TFTP_SHORT, "tftp_short", TG_DROP, "A TFTP packet of less than 4 bytes.",            \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(46, OPCODE, "opcode", TG_DROP, "A TFTP opcode that does not exist.",                     \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(47, WRONG_ROLE, "wrong_role", TG_DROP,                                                   \
	  "An opcode that this end of the transfer never sends (such as DATA by the reader).",     \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(48, BLOCK_WINDOW, "block_window", TG_DROP, "A block number outside the window.",         \
	  "A server that sends ahead without having agreed on a window needs a larger --slack.")   \
	X(49, BEYOND_END, "beyond_end", TG_DROP, "A block after the last one of the transfer.",    \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(50, DATA_SIZE, "data_size", TG_DROP, "A DATA block larger than the agreed block size.",  \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(51, ACK_SIZE, "ack_size", TG_DROP, "An ACK that is not 4 bytes long (5 with msftwindow).", \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(52, ACK_AHEAD, "ack_ahead", TG_DROP, "An ACK of a block that was not sent yet.",         \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(53, STATE_FULL, "state_full", TG_DROP, "The kernel could not store the state for this packet.", \
	  "Memory or a table is short: see `tidegate status` and raise the --max-… sizes.")        \
	X(54, GROUP_DATA, "group_data", TG_PASS, "A DATA block of a multicast transfer (RFC 2090).", \
	  "Nothing to do.")                                                                        \
	X(55, OACK_UDPPORT, "oack_udpport", TG_DROP,                                               \
	  "The server moves the transfer to another port (option udpport), which the zone does not admit.", \
	  "Bring the zone up with --udpport, or take the option off the server.")                  \
	X(56, RULE_DENIED, "rule_denied", TG_DROP, "A request that a rule of the zone denies.",    \
	  "`tidegate policy test` names the rule; see tidegate.conf(5).")                          \
	X(57, NO_RULE, "no_rule", TG_DROP, "A request that no rule of the zone allows.",           \
	  "Write a rule that allows it, or default = allow; `tidegate policy test` shows what decides.") \
	X(58, NAME_PARENT, "name_parent", TG_DROP, "A request whose file name has a part \"..\".", \
	  "Look at the client: it tries to leave the server's directory.")                         \
	X(59, RULE_BLKSIZE, "rule_blksize", TG_DROP,                                               \
	  "A request for a larger block size than the rule that allows it has.",                   \
	  "Raise max-blksize of the rule, or lower the client's block size.")                      \
	X(60, RULE_WINDOWSIZE, "rule_windowsize", TG_DROP,                                         \
	  "A request for a larger window than the rule that allows it has.",                       \
	  "Raise max-windowsize of the rule, or lower the client's window.")                       \
	X(61, RULE_SIZE, "rule_size", TG_DROP,                                                     \
	  "The file is larger than the rule that allows the transfer has: as announced, or as it came.", \
	  "Raise max-size of the rule.")                                                           \
	X(62, RULE_RATE, "rule_rate", TG_DROP,                                                     \
	  "The client asks more often than the rule that allows it has.",                          \
	  "Raise rate or burst of the rule.")                                                      \
	X(63, RULE_TRANSFERS, "rule_transfers", TG_DROP,                                           \
	  "The client has as many transfers open as the rule that allows them has.",               \
	  "Raise max-transfers of the rule; an unanswered request counts until it runs out.")      \
	X(64, SOURCE_RATE, "source_rate", TG_DROP, "One address sends more requests than the zone takes.", \
	  "Look at the client; or raise request-rate and request-burst in the zone's abuse block.") \
	X(65, SOURCE_TRANSFERS, "source_transfers", TG_DROP,                                       \
	  "One address has more transfers open than the zone takes.",                              \
	  "Look at the client; or raise max-open in the zone's abuse block.")                      \
	X(66, HELD_OFF, "held_off", TG_DROP,                                                       \
	  "A request of an address that tried too many file names, and is held off for a time.",   \
	  "Look at the client: it walks the tree; or raise not-found or names in the zone's abuse block.") \
	X(67, UNACKNOWLEDGED, "unacknowledged", TG_DROP,                                           \
	  "The server sends more than an address that has acknowledged nothing may receive.",      \
	  "Somebody may ask in the name of that address; or raise unacknowledged-… in the zone's abuse block.")
/* clang-format on */

#define TG_REASON_ENUM(number, NAME, key, verdict, meaning, remedy) TG_##NAME = (number),
enum tg_reason { TG_REASONS(TG_REASON_ENUM) };
#undef TG_REASON_ENUM

/* Room of an interface in the counters; the spare numbers keep the layout when reasons are added. */
#define TG_REASON_SLOTS 96

#define TG_REASON_BIT(number, NAME, key, verdict, meaning, remedy) \
	| ((__u64)(verdict) << ((number) % 64))
#define TG_REASON_FITS(number, NAME, key, verdict, meaning, remedy)              \
	_Static_assert((number) < ((verdict) == TG_PASS ? 64 : TG_REASON_SLOTS), \
		       "no number for " key);
TG_REASONS(TG_REASON_FITS)
#undef TG_REASON_FITS
/* Does the reason pass? Numbers from 64 on are drops, so that one word knows them all. */
#define TG_REASON_PASSES(reason) \
	((reason) < 64 && ((0ULL TG_REASONS(TG_REASON_BIT)) >> ((reason) % 64) & 1))

#endif
