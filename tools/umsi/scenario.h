/* SPDX-License-Identifier: MIT */
/* Scenarios: what a user wants of many runs, built in or in a YAML file. */
#ifndef UMSI_SCENARIO_H
#define UMSI_SCENARIO_H

#include "world.h"

#define SCENARIO_FIELDS_MAX	96

/* One field of the plan, given a number or a range to draw from. */
struct scenario_field {
	const struct plan_field *field;
	uint32_t least, most;
};

struct scenario {
	char name[40], text[160];
	const struct isa *isa;
	uint64_t first, seeds;
	uint32_t nfields;
	struct scenario_field field[SCENARIO_FIELDS_MAX];
};

/* No seed's plan is changed; RISC-V, 300 seeds from 1. */
void scenario_default(struct scenario *s);

/* False: @why names @from, line and column, and what is wrong there. */
bool scenario_read(const char *yaml, size_t bytes, const char *from, struct scenario *s, char why[240]);
bool scenario_read_file(const char *path, struct scenario *s, char why[240]);

/* The plan of one seed: as the seed draws it, with this scenario's fields. */
void scenario_draw(const struct scenario *s, uint64_t seed, struct run *out);

/* Those built in: YAML like any other. NULL past the end. */
const char *scenario_builtin(size_t n);

#endif
