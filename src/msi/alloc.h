/* SPDX-License-Identifier: MIT */
/* What allocating one index and allocating a block have in common. */
#ifndef UMSI_MSI_ALLOC_H
#define UMSI_MSI_ALLOC_H

#include "msi/device.h"

/* umsi_irq_alloc(), umsi_irq_alloc_block() and umsi_irq_free() without a look at anybody's limits. */
/* As many as @out has room for; *@n counts them. The status is that of the first there was none of. */
__attribute__((noinline)) int umsi_alloc_some(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t most,
					      umsi_irq *out, uint32_t *n);
static inline int umsi_alloc_one(struct umsi_table *t, const struct umsi_irq_request_at *at, umsi_irq *out)
{
	uint32_t n;

	return umsi_alloc_some(t, at, 1, out, &n);
}

__attribute__((noinline)) int umsi_alloc_block(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t count,
					       umsi_irq *out);
__attribute__((noinline)) int umsi_end_one(struct umsi_table *t, struct umsi_record *r, uint32_t generation);

/*
 * A place at every level. Retried while CPUs can be brought to give back retired slots; the
 * device's mutex is held but then. UMSI_OK: so is the record's lock, *@state is what unlocks it.
 */
int umsi_alloc_reserve(struct umsi_table *t, struct umsi_record *r, const struct umsi_where *where,
		       uintptr_t *state);

/* Undoes umsi_record_new() for a record that nothing was reserved for. */
void umsi_alloc_drop(struct umsi_record *r);

/*
 * From here on the handle is good, and once the locks are gone a free may be
 * under way. The device's mutex and the record's lock are held.
 */
umsi_irq umsi_alloc_go_live_locked(struct umsi_table *t, struct umsi_record *r);

/* A block with all its records, from index @first on, and one reference that is the caller's. NULL: no memory. */
struct umsi_block *umsi_alloc_new_block(struct umsi_table *t, const struct umsi_irq_request_at *at,
					uint32_t first, uint32_t count);
void umsi_alloc_put_block(struct umsi *m, struct umsi_block *block);

static inline bool umsi_alloc_has_places(const struct umsi_irq_request_at *at)
{
	return at->kind == UMSI_IRQ_ROAMING || at->kind == UMSI_IRQ_MANAGED;
}

/* Of a kind, band or strictness that is well-formed: UMSI_OK, or UMSI_ENOTSUP: not for this table. */
int umsi_alloc_check_wishes(struct umsi_table *t, const struct umsi_irq_request_at *at);
/* It has its place; now what it wishes of it. The record's lock is held. */
void umsi_alloc_wish(struct umsi_record *r, const struct umsi_irq_request_at *at);

/* A record with room for a slot on every CPU of @where; and back, sleepable. UMSI_OK, UMSI_ENOMEM, UMSI_ENOTSUP. */
int umsi_alloc_with_places(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t index,
			   const struct umsi_where *where, struct umsi_record **out);
void umsi_alloc_end_places(struct umsi_record *r);

#endif
