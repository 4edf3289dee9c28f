/* SPDX-License-Identifier: MIT */
/* In place of dump_root.c, for hosts that print no dumps. */
#include "core/dump_root.h"

bool umsi_dump_target(struct umsi_text *t, const char *name, const struct umsi_record *r)
{
	(void)t, (void)name, (void)r;
	return false;
}

void umsi_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	(void)d, (void)r, (void)t;
}

void umsi_dump_loads(struct umsi_domain *d, struct umsi_text *t, umsi_load_of load, umsi_dump_line line, void *arg)
{
	(void)d, (void)t, (void)load, (void)line, (void)arg;
}
