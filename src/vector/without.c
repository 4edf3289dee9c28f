/* SPDX-License-Identifier: MIT */
/*
 * In place of leave.c, restore.c, places.c, aside.c and vec_dump.c, for hosts whose CPUs
 * stay, whose controllers lose nothing, whose interrupts wish nothing of their numbers, and who print no dumps. What would call
 * these, umsi_cpu_leave() and its like, is not there either: a host that does
 * fails to link.
 */
#include "vector/vector.h"

_Static_assert(!UMSI_IS_FULL, "this file and -DUMSI_PROFILE=UMSI_PROFILE_SMALL go together");

void umsi_vec_restore(struct umsi_vec *v, umsi_cpu cpu, uint32_t ipis)
{
	(void)v, (void)cpu, (void)ipis;
}

/* A CPU comes online once: nothing is shut by then. */
void umsi_vec_shut_again(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	(void)v, (void)c;
}

/* ---- A slot on every CPU is refused where it is asked for (msi/without_places.c). ---- */

bool umsi_vec_is_place(const struct umsi_record *r, umsi_cpu cpu, uint32_t slot)
{
	(void)r, (void)cpu, (void)slot;
	return false;
}

void umsi_vec_start_places(struct umsi_vec *v, umsi_cpu cpu)
{
	(void)v, (void)cpu;
}

/* ---- Wishes of a number: refused there too, so there are none to grant. ---- */

void umsi_vec_put_back(struct umsi_vec *v, umsi_cpu cpu)
{
	(void)v, (void)cpu;
}

void umsi_vec_pay_owed(struct umsi_vec_cpu *c)
{
	(void)c;
}
