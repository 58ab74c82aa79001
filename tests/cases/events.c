// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What conversations tell: one BEGIN and one END for each transfer, and why requests were denied (bpf/events.h).
 */
#include "scene.h"

SCENARIO(read_tells_its_begin_and_end, .covers = "events", .tells = true)
{
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(DATA, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512, .name = "pxelinux.0");
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 512));
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK, client_ack(TID, 2));
	expect(DATA, server_data(TID, 3, 100));
	expect(DATA, server_data(TID, 3, 100));
	expect(ACK, client_ack(TID, 3));
	tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 1124, .name = "pxelinux.0");
	expect(ACK, client_ack(TID, 3));
	expect(DATA, server_data(TID, 3, 100));
	expect(ACK, client_ack(TID, 3));
	expect(ERROR, client_error(TID, 0, "late"));
	expect(ERROR, server_error(TID, 0, "too"));
}

SCENARIO(read_of_one_block_tells_both_at_once, .covers = "events", .tells = true)
{
	expect(REQUEST, client_rrq("one"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 10, .name = "one");
	tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 10, .name = "one");
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 1, 10));
}

SCENARIO(write_tells_its_begin_and_end, .covers = "events", .tells = true)
{
	expect(REQUEST, client_wrq("up", "tsize", "600"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "600"));
	expect(DATA, client_data(TID, 1, 512));
	tells(BEGIN, .tid = TID, .bytes = 512, .name = "up");
	expect(ACK, server_ack(TID, 1));
	expect(DATA, client_data(TID, 2, 88));
	expect(ACK, server_ack(TID, 2));
	tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 600, .name = "up");
	expect(DATA, client_data(TID, 2, 88));
	expect(ACK, server_ack(TID, 2));
}

SCENARIO(limits_change_nothing_of_what_is_told, .covers = "events", .tells = true)
{
	usual_limits();
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512);
	expect(DATA, server_data(TID, 2, 100));
	after_ms(70000); /* the count of the open transfer reaches another epoch */
	expect(DATA, server_data(TID, 2, 100));
	expect(ACK, client_ack(TID, 2));
	tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 612);
}

SCENARIO(refusal_tells_both_with_its_text, .covers = "events", .tells = true)
{
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	tells(BEGIN, .tid = TID, .name = "missing");
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID, .error_code = 1, .name = "missing",
	      .error_text = "File not found");
	expect(ERROR, server_error(TID, 1, "File not found"));
	expect(ERROR, client_error(TID, 0, "so be it"));
}

SCENARIO(refusals_of_several_datagrams_are_several, .covers = "events", .tells = true)
{
	expect(REQUEST, client_rrq("missing"));
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, ""));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID, .error_code = 1, .error_text = "");
	expect(FIRST_REPLY, server_error(TID2, 2, "no"));
	tells(BEGIN, .tid = TID2);
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID2, .error_code = 2);
}

#define SIXTEEN "0123456789abcdef"

SCENARIO(error_text_is_cut_at_64_bytes, .covers = "events", .tells = true)
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 0, SIXTEEN SIXTEEN SIXTEEN SIXTEEN "beyond"));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID,
	      .error_text = SIXTEEN SIXTEEN SIXTEEN SIXTEEN);
	client_port(2000);
	expect(REQUEST, client_rrq("f"));
	/* Without a NUL, and shorter than what was copied before it. */
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\5\0\7" SIXTEEN)));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID, .error_code = 7,
	      .error_text = SIXTEEN);
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\5\0\3")));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID, .error_code = 3, .error_text = "");
}

SCENARIO(error_ends_a_running_transfer_once, .covers = "events, 9.18", .tells = true)
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512);
	expect(ERROR, client_error(TID, 3, "Disk full"));
	tells(END, .outcome = TG_END_CLIENT_ERROR, .tid = TID, .bytes = 512, .error_code = 3,
	      .error_text = "Disk full");
	expect(ERROR, client_error(TID, 3, "Disk full"));
	expect(ERROR, server_error(TID, 4, "what?"));
	/* And lwIP goes on. */
	read_goes_on(TID, 2, 3, 512);
	read_goes_on(TID, 4, 4, 5);
}

SCENARIO(server_gives_up_a_running_write, .covers = "events", .tells = true)
{
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
	tells(BEGIN, .tid = TID, .bytes = 512);
	expect(ERROR, server_error(TID, 3, "Disk full"));
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID, .bytes = 512, .error_code = 3);
}

/* iPXE acknowledges the options first, pxelinux does not, EDK2 says 8; and DATA 1 may be under way already. */
SCENARIO(size_probes_are_told_as_such, .covers = "events, 9.9", .tells = true)
{
	expect(REQUEST, client_rrq("f", "tsize", "0", "blksize", "1432"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "70000", "blksize", "1432"));
	expect(ACK, client_ack(TID, 0));
	tells(BEGIN, .tid = TID);
	expect(DATA, server_data(TID, 1, 1432));
	expect(ERROR, client_error(TID, 0, "TFTP Aborted"));
	tells(END, .outcome = TG_END_PROBE, .tid = TID, .bytes = 1432,
	      .error_text = "TFTP Aborted");
	client_port(2000);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID2, "tsize", "70000"));
	expect(ERROR, client_error(TID2, 0, "No error, file close"));
	tells(BEGIN, .tid = TID2, .name = "f");
	tells(END, .outcome = TG_END_PROBE, .tid = TID2, .name = "f");
	expect(ERROR, client_error(TID2, 0, "No error, file close"));
	client_port(2001);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID3, "tsize", "70000"));
	expect(ERROR, client_error(TID3, 8, "User aborted the transfer"));
	tells(BEGIN, .tid = TID3);
	tells(END, .outcome = TG_END_PROBE, .tid = TID3, .error_code = 8);
}

SCENARIO(other_aborts_are_no_probes, .covers = "events", .tells = true)
{
	/* No size was asked for. */
	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1432"));
	expect(ERROR, client_error(TID, 0, ""));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_CLIENT_ERROR, .tid = TID);
	/* A block was acknowledged. */
	client_port(2000);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "70000"));
	expect(ACK, client_ack(TID, 0));
	tells(BEGIN, .tid = TID);
	read_goes_on(TID, 1, 1, 512);
	expect(ERROR, client_error(TID, 0, ""));
	tells(END, .outcome = TG_END_CLIENT_ERROR, .tid = TID, .bytes = 512);
	/* The client says that something is wrong. */
	client_port(2001);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "70000"));
	expect(ERROR, client_error(TID, 3, "too large"));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_CLIENT_ERROR, .tid = TID, .error_code = 3);
	/* The server does. */
	client_port(2002);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "70000"));
	expect(ERROR, server_error(TID, 0, ""));
	tells(BEGIN, .tid = TID);
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TID);
}

/* Of five TIDs one is chosen; the others never began. */
SCENARIO(surplus_tids_tell_nothing, .covers = "events, 9.4", .tells = true)
{
	for (unsigned int i = 0; i < 5; i++)
		expect(REQUEST, client_rrq("f", "tsize", "0"));
	for (unsigned int i = 0; i < 5; i++)
		expect(FIRST_REPLY, server_oack(3606 + i, "tsize", "400"));
	expect(ACK, client_ack(3608, 0));
	tells(BEGIN, .tid = 3608);
	expect(ERROR, client_error(3607, 5, "Unknown transfer ID"));
	expect(DATA, server_data(3608, 1, 400));
	expect(ACK, client_ack(3608, 1));
	tells(END, .outcome = TG_END_DONE, .tid = 3608, .bytes = 400);
}

SCENARIO(client_that_follows_another_tid_leaves_and_comes_back, .covers = "events, 9.5",
	 .tells = true)
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512);
	expect(ACK, client_ack(TID2, 1));
	tells(END, .outcome = TG_END_SUPERSEDED, .tid = TID, .bytes = 512);
	tells(BEGIN, .tid = TID2, .bytes = 512);
	expect(ACK, client_ack(TID, 1));
	tells(END, .outcome = TG_END_SUPERSEDED, .tid = TID2, .bytes = 512);
	tells(BEGIN, .tid = TID, .bytes = 512, .flags = TG_EVENT_RESUMED);
	expect(DATA, server_data(TID, 2, 7));
	expect(ACK, client_ack(TID, 2));
	tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 519);
	expect(ACK, client_ack(TID, 2));
}

SCENARIO(transfer_that_was_done_does_not_end_again, .covers = "events, 10.7", .tells = true)
{
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 10, .name = "a");
	tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 10, .name = "a");
	after_ms(3000);
	expect(REQUEST, client_rrq("b"));
	/* It was left, and the client repeats its last acknowledgement. */
	expect(ACK, client_ack(TID, 1));
	expect(FIRST_REPLY, server_data(TID2, 1, 10));
	expect(ACK, client_ack(TID2, 1));
	tells(BEGIN, .tid = TID2, .bytes = 10, .name = "b");
	tells(END, .outcome = TG_END_DONE, .tid = TID2, .bytes = 10, .name = "b");
}

SCENARIO(client_that_begins_anew_ends_the_old, .covers = "events, 7.3", .tells = true)
{
	expect(REQUEST, client_rrq("old"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512, .name = "old");
	after_ms(3000);
	expect(REQUEST, client_rrq("new"));
	tells(END, .outcome = TG_END_SUPERSEDED, .tid = TID, .bytes = 512, .name = "old");
	expect(REQUEST, client_rrq("new"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	tells(BEGIN, .tid = TID2, .bytes = 512, .name = "new");
}

SCENARIO(same_ports_again_tell_two_transfers, .covers = "events, 7.3", .tells = true)
{
	expect(REQUEST, client_rrq("old"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	tells(BEGIN, .tid = TFTP_PORT, .bytes = 512, .name = "old");
	expect(REQUEST, client_rrq("new"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 30));
	tells(END, .outcome = TG_END_SUPERSEDED, .tid = TFTP_PORT, .bytes = 512, .name = "old");
	expect(ACK, client_ack(TFTP_PORT, 1));
	tells(BEGIN, .tid = TFTP_PORT, .bytes = 30, .name = "new");
	tells(END, .outcome = TG_END_DONE, .tid = TFTP_PORT, .bytes = 30, .name = "new");
	expect(REQUEST, client_rrq("third"));
	expect(FIRST_REPLY, server_error(TFTP_PORT, 2, "no"));
	tells(BEGIN, .tid = TFTP_PORT, .name = "third");
	tells(END, .outcome = TG_END_SERVER_ERROR, .tid = TFTP_PORT, .error_code = 2);
}

SCENARIO(silence_is_told_when_another_takes_its_place, .covers = "events, 8", .tells = true)
{
	expect(REQUEST, client_rrq("old"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512, .name = "old");
	after_ms(121000);
	expect(REQUEST, client_rrq("new"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	tells(END, .outcome = TG_END_IDLE, .tid = TID, .bytes = 512, .name = "old");
	expect(ACK, client_ack(TID, 1));
	tells(BEGIN, .tid = TID, .bytes = 512, .name = "new");
}

SCENARIO(denied_by_a_rule, .covers = "events", .tells = true)
{
	struct tg_rule *rule = add_rule();

	rule->action = TG_DENY;
	expect(RULE_DENIED, client_rrq("secret", "blksize", "1024"));
	tells(DENIED, .reason = TG_RULE_DENIED, .tid = TFTP_PORT, .rule = 1001, .name = "secret",
	      .asked_options = TG_OPT_ANY | TG_OPT_BLKSIZE);
	/* No rule was asked about this one. */
	expect(REQUEST_MODE, client_rrq_mode("ascii", "other"));
	tells(DENIED, .reason = TG_REQUEST_MODE, .tid = TFTP_PORT, .name = "other");
	expect(RULE_DENIED, client_wrq("secret"));
	tells(DENIED, .reason = TG_RULE_DENIED, .tid = TFTP_PORT, .rule = 1001, .name = "secret");
}

SCENARIO(denied_by_the_limits_of_a_rule, .covers = "events, 11.4", .tells = true)
{
	struct tg_rule *rule = add_rule();

	rule->transfers_max = 1;
	expect(REQUEST, client_rrq("a"));
	client_port(2000);
	expect(RULE_TRANSFERS, client_rrq("b"));
	tells(DENIED, .reason = TG_RULE_TRANSFERS, .tid = TFTP_PORT, .rule = 1001, .name = "b");
	/* Rules of the request before count no longer. */
	expect(REQUEST_LENGTH, client_sends(TFTP_PORT, BYTES("\0\1c\0netas")));
	tells(DENIED, .reason = TG_REQUEST_LENGTH, .tid = TFTP_PORT, .name = "c");
}

SCENARIO(denied_for_the_rate_unread, .covers = "events, 11.2", .tells = true)
{
	zone()->abuse.requests = rate(1, 1);
	expect(REQUEST, client_rrq("a name that is long", "tsize", "0"));
	expect(SOURCE_RATE, client_rrq("b"));
	tells(DENIED, .reason = TG_SOURCE_RATE, .tid = TFTP_PORT, .name = "b");
}

SCENARIO(denied_by_default, .covers = "events", .tells = true)
{
	zone()->flags |= TG_ZONE_DEFAULT_DENY;
	expect(NO_RULE, client_rrq("f"));
	tells(DENIED, .reason = TG_NO_RULE, .tid = TFTP_PORT, .name = "f");
}

SCENARIO(denied_for_what_it_says, .covers = "events, 6", .tells = true)
{
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	tells(DENIED, .reason = TG_REQUEST_MODE, .tid = TFTP_PORT, .name = "f");
	expect(NAME_PARENT, client_rrq("../f"));
	tells(DENIED, .reason = TG_NAME_PARENT, .tid = TFTP_PORT, .name = "../f");
	expect(REQUEST_MAIL, client_rrq_mode("mail", "file"));
	tells(DENIED, .reason = TG_REQUEST_MAIL, .tid = TFTP_PORT, .name = "file");
	/* A name that does not end, behind a longer one. */
	expect(NAME_PARENT, client_rrq("../abcdefghijklmnopqrstuvwxyz"));
	tells(DENIED, .reason = TG_NAME_PARENT, .tid = TFTP_PORT);
	expect(REQUEST_NAME, client_sends(TFTP_PORT, BYTES("\0\1abcdefghij")));
	tells(DENIED, .reason = TG_REQUEST_NAME, .tid = TFTP_PORT, .name = "abcdefghij");
	expect(FRAGMENT_CONTROL,
	       first_fragment(7, 32, client_rrq("f", "blksize", "1024", "tsize", "0")));
	tells(DENIED, .reason = TG_FRAGMENT_CONTROL, .tid = TFTP_PORT, .name = "");
}

SCENARIO(monitored_denials_say_that_they_passed, .covers = "events", .tells = true)
{
	struct tg_rule *rule = add_rule();

	rule->action = TG_DENY;
	zone()->flags |= TG_ZONE_MONITOR;
	expect(RULE_DENIED, client_rrq("f"));
	tells(DENIED, .reason = TG_RULE_DENIED, .tid = TFTP_PORT, .rule = 1001,
	      .flags = TG_EVENT_PASSED);
}

SCENARIO(drops_are_sampled, .covers = "events", .tells = true, .places = ROUTER)
{
	for (unsigned int i = 0; i < 25; i++) {
		expect(UNSOLICITED, server_data(TID, i, 512));
		if (i < TG_DROP_RATE)
			tells(DROP, .reason = TG_UNSOLICITED, .tid = CLIENT_TID,
			      .client_port = TID);
	}
	at_ms(999);
	expect(UNSOLICITED, server_data(TID, 1, 512));
	at_ms(1000);
	expect(UNSOLICITED, server_data(TID, 1, 512));
	tells(DROP, .reason = TG_UNSOLICITED, .tid = CLIENT_TID, .client_port = TID,
	      .suppressed = 16);
	expect(UNSOLICITED, server_data(TID, 1, 512));
	tells(DROP, .reason = TG_UNSOLICITED, .tid = CLIENT_TID, .client_port = TID);
	/* Requests have a rate of their own. */
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	tells(DENIED, .reason = TG_REQUEST_MODE, .tid = TFTP_PORT);
}

SCENARIO(denials_have_a_rate_too, .covers = "events", .tells = true, .places = ROUTER)
{
	for (unsigned int i = 0; i < TG_DENIED_RATE + 5; i++) {
		expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
		if (i < TG_DENIED_RATE)
			tells(DENIED, .reason = TG_REQUEST_MODE, .tid = TFTP_PORT);
	}
	after_ms(1000);
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	tells(DENIED, .reason = TG_REQUEST_MODE, .tid = TFTP_PORT, .suppressed = 5);
}
