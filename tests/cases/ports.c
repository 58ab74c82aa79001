// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Port 69 where one does not expect it, and other ports where one expects 69. Tracker specification 5, 9.1, 9.2.
 */
#include "scene.h"

SCENARIO(single_port_server, .covers = "5 role, 9.1")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1024"));
	expect(ACK, client_ack(TFTP_PORT, 0));
	read_goes_on(TFTP_PORT, 1, 30, 1024);
	expect(DATA, server_data(TFTP_PORT, 31, 3));
	expect(BEYOND_END, server_data(TFTP_PORT, 32, 3));
	expect(ACK, client_ack(TFTP_PORT, 31));
}

SCENARIO(single_port_server_write, .covers = "5 role, 9.1")
{
	write_begins(TFTP_PORT);
	write_goes_on(TFTP_PORT, 2, 10, 512);
	expect(DATA, client_data(TFTP_PORT, 11, 0));
	expect(ACK, server_ack(TFTP_PORT, 11));
}

SCENARIO(single_port_server_with_an_error, .covers = "5 role")
{
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TFTP_PORT, 1, "File not found"));
	expect(ERROR, client_error(TFTP_PORT, 0, "bye"));
}

SCENARIO(single_port_server_with_many_clients, .covers = "9.1")
{
	for (unsigned int i = 0; i < 5; i++) {
		client_port(50000 + i);
		expect(REQUEST, client_rrq("f"));
		expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	}
	for (unsigned int i = 0; i < 5; i++) {
		client_port(50000 + i);
		expect(ACK, client_ack(TFTP_PORT, 1));
		read_goes_on(TFTP_PORT, 2, 3, 512);
	}
}

/* lwIP's client is bound to port 69: so the server's packets go to it. */
SCENARIO(client_on_port_69, .covers = "5 role, 9.2", .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	client_port(TFTP_PORT);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 10, 512);
	expect(DATA, server_data(TID, 11, 1));
	expect(ACK, client_ack(TID, 11));
}

SCENARIO(client_on_port_69_writes, .covers = "5 role, 9.2",
	 .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	client_port(TFTP_PORT);
	write_begins(TID);
	write_goes_on(TID, 2, 5, 512);
}

SCENARIO(both_on_port_69, .covers = "5 role", .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	client_port(TFTP_PORT);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	read_goes_on(TFTP_PORT, 2, 10, 512);
	expect(DATA, server_data(TFTP_PORT, 11, 1));
	expect(ACK, client_ack(TFTP_PORT, 11));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
}

SCENARIO(client_ports_of_firmware, .covers = "9.2")
{
	static const uint16_t ports[] = {1, 68, 1023, 1024, 2001, 2070, 25300, 49152, 65535};

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		client_port(ports[i]);
		read_begins(TID);
		read_goes_on(TID, 2, 2, 512);
	}
}

/* rs-tftpd answers from a new port, but its ERRORs come from port 69. */
SCENARIO(error_from_the_service_port, .covers = "2.2 rs-tftpd")
{
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TFTP_PORT, 1, "File not found"));
}

SCENARIO(other_tftp_port, .covers = "5 configured service port", .places = ROUTER | SERVER_HOST)
{
	for (int i = 0; i < TG_TFTP_PORTS; i++)
		zone()->tftp_port_be[i] = __builtin_bswap16(6969);
	request_port(6969);
	read_begins(TID);
	read_goes_on(TID, 2, 2, 512);
	expect(NOT_A_REQUEST, from_port(1000, client_ack(6969, 1)));
	request_port(TFTP_PORT);
	client_port(50000);
	expect(UNSOLICITED, client_rrq("f"));
	request_port(6970);
	expect(UNSOLICITED, client_rrq("f"));
}

SCENARIO(several_tftp_ports, .covers = "5 configured service port")
{
	static const uint16_t ports[] = {69, 1069, 6969, 59};

	for (int i = 0; i < TG_TFTP_PORTS; i++)
		zone()->tftp_port_be[i] = __builtin_bswap16(ports[i]);
	for (unsigned int i = 0; i < 4; i++) {
		client_port(50000 + i);
		request_port(ports[i]);
		expect(REQUEST, client_rrq("f"));
		expect(FIRST_REPLY, server_data(ports[i], 1, 512));
		expect(ACK, client_ack(ports[i], 1));
	}
}

SCENARIO(repeated_request_to_a_single_port_server, .covers = "7.3 requests always go to PENDING")
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(REQUEST, client_rrq("f"));
	expect(DATA, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	expect(DATA, server_data(TFTP_PORT, 2, 5));
	expect(ACK, client_ack(TFTP_PORT, 2));
}
