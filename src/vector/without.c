/* SPDX-License-Identifier: MIT */
/*
 * In place of leave.c, restore.c, places.c, aside.c and vec_dump.c, for hosts whose CPUs
 * stay, whose controllers lose nothing, whose interrupts wish nothing of their numbers, and who print no dumps. What would call
 * these, umsi_cpu_leave() and its like, is not there either: a host that does
 * fails to link.
 */
#include "vector/vector.h"

/* ---- CPUs that leave, controllers that lose everything. ---- */

int umsi_vec_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	(void)d, (void)cpu;
	return UMSI_ENOTSUP;
}

void umsi_vec_stay(struct umsi_domain *d, umsi_cpu cpu)
{
	(void)d, (void)cpu;
}

void umsi_vec_forward(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	(void)v, (void)c, (void)slot;
}

void umsi_vec_dead(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	(void)v, (void)c;
}

void umsi_vec_restore(struct umsi_vec *v, umsi_cpu cpu, uint32_t ipis)
{
	(void)v, (void)cpu, (void)ipis;
}

/* A CPU comes online once: nothing is shut by then. */
void umsi_vec_shut_again(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	(void)v, (void)c;
}

/* ---- A slot on every CPU: refused where it is asked for (msi/without_places.c). ---- */

int umsi_vec_take_places(struct umsi_vec *v, struct umsi_record *r, const struct umsi_where *where)
{
	(void)v, (void)r, (void)where;
	return UMSI_ENOTSUP;
}

void umsi_vec_drop_places(struct umsi_vec *v, struct umsi_record *r, int settled)
{
	(void)v, (void)r, (void)settled;
}

bool umsi_vec_is_place(const struct umsi_record *r, umsi_cpu cpu, uint32_t slot)
{
	(void)r, (void)cpu, (void)slot;
	return false;
}

const struct umsi_place *umsi_vec_choose_place(struct umsi_vec *v, const struct umsi_record *r,
					       const struct umsi_where *where)
{
	(void)v, (void)r, (void)where;
	return NULL;
}

void umsi_vec_start_places(struct umsi_vec *v, umsi_cpu cpu)
{
	(void)v, (void)cpu;
}

/* ---- Wishes of a number: refused there too, so there are none to grant. ---- */

void umsi_vec_grant(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	(void)d, (void)r, (void)settled;
}

int umsi_vec_bind(struct umsi_vec *v, struct umsi_record *r)
{
	(void)v, (void)r;
	return UMSI_OK;
}

void umsi_vec_set_aside(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot, bool told,
			int settled)
{
	(void)v, (void)cpu, (void)g, (void)slot, (void)told, (void)settled;
}

void umsi_vec_put_back(struct umsi_vec *v, umsi_cpu cpu)
{
	(void)v, (void)cpu;
}

void umsi_vec_into_band(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t *slot)
{
	(void)v, (void)cpu, (void)g, (void)slot;
}

enum umsi_irq_band umsi_vec_band_of(struct umsi_domain *d, const struct umsi_record *r)
{
	(void)d, (void)r;
	return UMSI_BAND_ANY;
}

void umsi_vec_pay_owed(struct umsi_vec_cpu *c)
{
	(void)c;
}

/* ---- Dumps. ---- */

void umsi_vec_dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	(void)d, (void)line, (void)arg;
}

void umsi_vec_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	(void)d, (void)r, (void)t;
}
