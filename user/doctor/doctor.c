// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"

#include "doctor/look.h"
#include "doctor/netfilter.h"

#include <errno.h>
#include <string.h>

static void look_at_rules(const struct subjects *subjects, struct findings *findings)
{
	json_t *objects = netfilter_read(findings);
	struct ruleset ruleset;

	if (!objects || ruleset_init(&ruleset, objects)) {
		finding_unseen(findings, "rules of netfilter", "%s", strerror(ENOMEM));
		json_decref(objects);
		return;
	}
	judge_rules(&ruleset, subjects->list, subjects->count, findings);
	look_at_bridges(&ruleset, subjects, findings);
	ruleset_free(&ruleset);
	json_decref(objects);
}

int doctor_look(const struct instance *instance, const struct registry *registry,
		struct findings *findings)
{
	struct subjects subjects;
	int err;

	*findings = (struct findings){0};
	err = subjects_read(&instance->owner, registry, &subjects, findings);
	if (err)
		return err;
	if (subjects.count) {
		look_at_rules(&subjects, findings);
		look_at_attachments(&subjects, findings);
		look_at_offloads(&subjects, findings);
	}
	subjects_free(&subjects);
	return 0;
}
