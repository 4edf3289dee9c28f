/* SPDX-License-Identifier: MIT */
/* Counters against what they count, once: no locks, no steps. False: *f says what is wrong. */
#ifndef CAMPAIGN_ACCOUNT_H
#define CAMPAIGN_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

struct umsi;
struct umsi_gicv2;
struct umsi_gicv3;
struct umsi_table;
struct umsi_vec;
struct umsi_vec_cpu;

struct finding {
	const char *what;
	uint32_t number;		/* of a slot, or how many there are */
};

/* A CPU's slots: its slot lock's rest. */
bool account_cpu(const struct umsi_vec *v, const struct umsi_vec_cpu *c, struct finding *f);
bool account_cpu_is_empty(const struct umsi_vec *v, const struct umsi_vec_cpu *c);
/* The numbers of a GIC. */
bool account_gic(const struct umsi_gicv2 *gic, struct finding *f);
bool account_gicv3(const struct umsi_gicv3 *gic, struct finding *f);
bool account_records(const struct umsi *m, struct finding *f);
/* The indices of a table. */
bool account_table(const struct umsi_table *t, struct finding *f);

#endif
