// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/outlets.h"

#include <stdlib.h>

struct outlets {
	struct config config;
	struct record_log *log;
};

struct outlets *outlets_start(struct config *config, struct record_log *log, const char *bpffs)
{
	struct outlets *outlets = calloc(1, sizeof(*outlets));

	(void)bpffs;
	if (!outlets)
		return NULL;
	outlets->config = *config;
	outlets->log = log;
	return outlets;
}

void outlets_reload(struct outlets *outlets, struct config *config)
{
	config_free(&outlets->config);
	outlets->config = *config;
}

void outlets_follow(struct outlets *outlets, const struct instance *instance)
{
	(void)outlets;
	(void)instance;
}

json_t *outlets_counts(struct outlets *outlets)
{
	(void)outlets;
	return json_array();
}

void outlets_stop(struct outlets *outlets)
{
	if (!outlets)
		return;
	config_free(&outlets->config);
	free(outlets);
}
