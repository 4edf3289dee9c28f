/* SPDX-License-Identifier: MIT */
/* What dumps of roots have in common. */
#ifndef UMSI_CORE_DUMP_ROOT_H
#define UMSI_CORE_DUMP_ROOT_H

#include "core/target.h"
#include "core/text.h"

/* " @name cpu=1 hw_id=1"; or " @name no target", and false. */
bool umsi_dump_target(struct umsi_text *t, const char *name, const struct umsi_record *r);

/* A root whose numbers are global: the target and the number; an op. */
void umsi_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t);

/* A new line: "@name cpu=1 hw_id=1 online". */
void umsi_dump_cpu(struct umsi_text *t, const char *name, const struct umsi *m, umsi_cpu cpu);

/* Ends the line in @t, about the whole of such a root; then one for each CPU. */
void umsi_dump_loads(struct umsi_domain *d, struct umsi_text *t, umsi_load_of load, umsi_dump_line line, void *arg);

#endif
