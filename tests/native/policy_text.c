// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_text.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "said.h"

void policy_from(const char *text, struct policy_text *policy)
{
	int err;

	said_forget();
	err = config_load_text("t", text, strlen(text), &policy->config);
	if (!err)
		err = policy_compile(&policy->config, POLICY_TICK_NS, &policy->image);
	if (err || said_anything())
		fail_msg("%s\n%s", text, said_all());
}

void policy_text_free(struct policy_text *policy)
{
	policy_image_free(&policy->image);
	config_free(&policy->config);
}

void policy_of_zone(const char *inside, struct policy_text *policy)
{
	char *text = NULL;

	if (asprintf(&text, "zone \"z\" { interfaces = x\n%s\n}\n", inside) < 0)
		abort();
	policy_from(text, policy);
	free(text);
}
