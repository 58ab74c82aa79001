// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/look.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEATURES_MAX 256
#define BLOCKS_MAX   (FEATURES_MAX / 32)

static void add_merging(const struct subject *subject, const struct feature *feature,
			const char *name, const char *what, struct findings *findings)
{
	char command[FINDING_TEXT] = "";
	struct finding *finding;

	if (!feature->on)
		return;
	if (!feature->fixed)
		snprintf(command, sizeof(command), "ethtool -K %s %s off", subject->name, name);
	finding = finding_add(findings, FINDING_UDP_MERGED, subject->name, command);
	if (!finding)
		return;
	snprintf(finding->cause, sizeof(finding->cause),
		 "%s is on: %s, before programs in TC see them, so blocks of a transfer may be "
		 "taken for one",
		 name, what);
	if (feature->fixed)
		snprintf(finding->other_way, sizeof(finding->other_way),
			 "the driver does not let it be switched off by itself: ethtool -K %s gro "
			 "off",
			 subject->name);
}

static void add_stripping(const struct subject *subject, const struct features *features,
			  struct findings *findings)
{
	char command[FINDING_TEXT] = "";
	struct finding *finding;

	if (!features->veth && !features->vlan_stripping.on)
		return;
	if (!features->veth && !features->vlan_stripping.fixed)
		snprintf(command, sizeof(command), "ethtool -K %s rxvlan off", subject->name);
	finding = finding_add(findings, FINDING_VLAN_STRIPPED, subject->name, command);
	if (!finding)
		return;
	snprintf(finding->cause, sizeof(finding->cause),
		 features->veth ? "a veth takes VLAN tags off unless tx-vlan-offload is off at its "
				  "other end, and XDP does not see them, so all VLANs look like one"
				: "rx-vlan-offload is on: the interface takes VLAN tags off, and "
				  "XDP does not see them, so all VLANs look like one");
	snprintf(finding->other_way, sizeof(finding->other_way),
		 "--hook tc for zone %s: TC sees the tags all the same", subject->zone);
}

void judge_features(const struct subject *subject, const struct features *features,
		    struct findings *findings)
{
	bool in_tc = !subject->xdp_native || (subject->roles & (SUBJECT_ROUTED | SUBJECT_BRIDGED));

	if (subject->tags_expected && subject->hook != TG_HOOK_TC)
		add_stripping(subject, features, findings);
	if (!in_tc || !features->gro.on)
		return;
	add_merging(subject, &features->gro_forwarding, "rx-udp-gro-forwarding",
		    "datagrams that are forwarded are merged", findings);
	add_merging(subject, &features->gro_list, "rx-gro-list", "datagrams are chained into one",
		    findings);
}

/* ---- SIOCETHTOOL ------------------------------------------------------------------------------------------------ */

static int ask(int fd, const char *interface, void *data)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	request.ifr_data = data;
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

static int count_features(int fd, const char *interface)
{
	struct {
		struct ethtool_sset_info info;
		__u32 count;
	} sets = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES}};
	int err = ask(fd, interface, &sets);

	if (err)
		return err;
	if (!sets.info.sset_mask)
		return -EOPNOTSUPP;
	return sets.count > FEATURES_MAX ? FEATURES_MAX : (int)sets.count;
}

/* As the kernel names them, not as ethtool does. */
static struct feature *feature_named(struct features *features, const char *name)
{
	if (!strcmp(name, "rx-vlan-hw-parse"))
		return &features->vlan_stripping;
	if (!strcmp(name, "rx-gro"))
		return &features->gro;
	if (!strcmp(name, "rx-gro-list"))
		return &features->gro_list;
	if (!strcmp(name, "rx-udp-gro-forwarding"))
		return &features->gro_forwarding;
	return NULL;
}

static bool is_veth(int fd, const char *interface)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};

	return !ask(fd, interface, &driver) && !strcmp(driver.driver, "veth");
}

static int read_features(int fd, const char *interface, struct features *features)
{
	struct ethtool_gstrings *names;
	struct ethtool_gfeatures *states;
	int count = count_features(fd, interface), err = -ENOMEM;

	*features = (struct features){.veth = is_veth(fd, interface)};
	if (count < 0)
		return count;
	names = calloc(1, sizeof(*names) + FEATURES_MAX * ETH_GSTRING_LEN);
	states = calloc(1, sizeof(*states) + BLOCKS_MAX * sizeof(states->features[0]));
	if (names && states) {
		*names = (struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS,
						   .string_set = ETH_SS_FEATURES,
						   .len = (__u32)count};
		*states = (struct ethtool_gfeatures){.cmd = ETHTOOL_GFEATURES,
						     .size = ((__u32)count + 31) / 32};
		err = ask(fd, interface, names);
		if (!err)
			err = ask(fd, interface, states);
	}
	for (int i = 0; i < count && !err; i++) {
		const char *name = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;
		const struct ethtool_get_features_block *block = &states->features[i / 32];
		struct feature *feature = feature_named(features, name);

		if (feature)
			*feature = (struct feature){
				.on = block->active >> i % 32 & 1,
				.fixed = block->never_changed >> i % 32 & 1 ||
					 !(block->available >> i % 32 & 1),
			};
	}
	free(names);
	free(states);
	return err;
}

void look_at_offloads(const struct subjects *subjects, struct findings *findings)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < subjects->count; i++) {
		const struct subject *subject = &subjects->list[i];
		struct features features = {0};
		int err = fd < 0 ? -errno : read_features(fd, subject->name, &features);
		char what[96];

		if (!err) {
			judge_features(subject, &features, findings);
			continue;
		}
		snprintf(what, sizeof(what), "offloads of %s", subject->name);
		finding_unseen(findings, what, "%s", strerror(-err));
	}
	if (fd >= 0)
		close(fd);
}
