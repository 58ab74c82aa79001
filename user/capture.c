// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.h"

#include "log.h"
#include "text.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct capture {
	const char *path; /* for messages */
	FILE *file;       /* NULL once libpcap has it */
	pcap_t *pcap;
	int link_type;
	uint64_t frames; /* read so far */
	uint8_t frame[CAPTURE_FRAME_MAX];
};

struct capture *capture_open(const char *path)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	bool standard = !strcmp(path, "-");

	if (!capture) {
		log_error("%s: %s", path, strerror(errno));
		return NULL;
	}
	capture->path = standard ? "standard input" : path;
	capture->file = standard ? stdin : fopen(path, "rbe");
	if (capture->file)
		return capture;
	log_error("%s: it cannot be opened: %s", path, strerror(errno));
	free(capture);
	return NULL;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	else if (capture->file)
		fclose(capture->file);
	free(capture);
}

static int check_link_type(const struct capture *capture)
{
	const char *name = pcap_datalink_val_to_name(capture->link_type);
	const char *meaning = pcap_datalink_val_to_description(capture->link_type);

	if (link_known(capture->link_type))
		return 0;
	log_error("%s: its link type, %d (%s, %s), cannot be replayed", capture->path,
		  capture->link_type, name ? name : "no name", meaning ? meaning : "unknown");
	log_hint("Ethernet, Linux cooked (v1, v2), raw IP and loopback captures can");
	return -EPROTONOSUPPORT;
}

int capture_begin(struct capture *capture)
{
	char said[PCAP_ERRBUF_SIZE] = "", safe[TEXT_SAFE(PCAP_ERRBUF_SIZE)];

	capture->pcap = pcap_fopen_offline_with_tstamp_precision(capture->file,
								 PCAP_TSTAMP_PRECISION_NANO, said);
	if (!capture->pcap) {
		log_error("%s: it is no capture that can be read: %s", capture->path,
			  text_safe(said, false, safe));
		log_hint("pcap and pcapng files can be read, as tcpdump -w and Wireshark write "
			 "them");
		return -EINVAL;
	}
	capture->file = NULL;
	capture->link_type = pcap_datalink(capture->pcap);
	return check_link_type(capture);
}

/* What lies behind the longest IP packet is padding. */
static uint32_t bounded(uint64_t payload_bytes)
{
	const uint32_t most = CAPTURE_FRAME_MAX - LINK_ETHERNET_BYTES;

	return payload_bytes < most ? (uint32_t)payload_bytes : most;
}

/* As Ethernet, what was not captured filled up with zeros. */
static void make_frame(struct capture *capture, const struct pcap_pkthdr *head,
		       const uint8_t *bytes, struct capture_frame *frame)
{
	uint64_t wire = head->len > head->caplen ? head->len : head->caplen;
	uint8_t *payload = capture->frame + LINK_ETHERNET_BYTES;
	struct link_header link;
	uint32_t len, captured;

	*frame = (struct capture_frame){
		.number = capture->frames,
		.time = moment_from(head->ts.tv_sec, head->ts.tv_usec),
		.found = link_read(capture->link_type, bytes, head->caplen, &link),
		.bytes = capture->frame,
		.wire_bytes = wire,
		.cut = head->caplen < head->len,
	};
	if (frame->found != LINK_FRAME)
		return;
	len = bounded(wire - link.captured_bytes);
	captured = bounded(head->caplen - link.captured_bytes);
	frame->len = LINK_ETHERNET_BYTES + len;
	frame->captured = LINK_ETHERNET_BYTES + captured;
	memcpy(capture->frame, link.ethernet, LINK_ETHERNET_BYTES);
	memcpy(payload, bytes + link.captured_bytes, captured);
	memset(payload + captured, 0, len - captured);
}

int capture_next(struct capture *capture, struct capture_frame *frame)
{
	char safe[TEXT_SAFE(PCAP_ERRBUF_SIZE)];
	struct pcap_pkthdr *head;
	const uint8_t *bytes;

	switch (pcap_next_ex(capture->pcap, &head, &bytes)) {
	case 1:
		capture->frames++;
		make_frame(capture, head, bytes, frame);
		return 1;
	case PCAP_ERROR_BREAK: /* in files: the end */
		return 0;
	default:
		log_error("%s: it cannot be read behind frame %llu: %s", capture->path,
			  (unsigned long long)capture->frames,
			  text_safe(pcap_geterr(capture->pcap), false, safe));
		if (strstr(safe, "first interface"))
			log_hint(
				"libpcap reads only files whose interfaces are alike, and with one "
				"if it is raw IP: write one file for each interface");
		return -EIO;
	}
}
