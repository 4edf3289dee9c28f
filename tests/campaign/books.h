/* SPDX-License-Identifier: MIT */
/*
 * I-ACCT after every step of every run. A set of things and its counters agree
 * whenever nobody holds the lock that guards them, as memory stands: a lock is
 * free when the store that frees it has come out, behind all that its holder wrote.
 */
#ifndef CAMPAIGN_BOOKS_H
#define CAMPAIGN_BOOKS_H

#include "world.h"

/* The machine's observers. */
void books_wrote(void *world, const void *word);
void books_step(void *world);

/* The library is there; before its root goes. */
void books_open(struct world *w);
void books_close(struct world *w);
/* A device's table has come; before it goes. */
void books_table(struct world *w, uint32_t device, const struct umsi_table *table);

/* From cold: no CPU's slots are anybody's. */
void books_check_empty(struct world *w);

#endif
