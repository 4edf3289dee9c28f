/* SPDX-License-Identifier: MIT */
/* What an interrupt with a slot on every CPU has beside its record: a block of its own, and the list of slots. */
#include "msi/alloc.h"

#include "core/block.h"
#include "core/mask.h"

static size_t places_bytes(uint32_t room)
{
	return sizeof(struct umsi_places) + room * sizeof(struct umsi_place);
}

static uint32_t cpus_of(const struct umsi *m, const struct umsi_where *where)
{
	uint32_t n = 0;

	if (where->cpu != UMSI_CPU_NONE)
		return 1;
	if (!where->mask)
		return m->ncpus;
	for (umsi_cpu cpu = umsi_mask_next(where->mask, 0); cpu != UMSI_CPU_NONE;
	     cpu = umsi_mask_next(where->mask, cpu + 1))
		n++;
	return n;
}

int umsi_alloc_with_places(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t index,
			   const struct umsi_where *where, struct umsi_record **out)
{
	struct umsi *m = t->dev->m;
	uint32_t room = cpus_of(m, where);
	struct umsi_places *places = umsi_host_alloc(m->host, places_bytes(room));
	struct umsi_block *block;

	if (!places)
		return UMSI_ENOMEM;
	block = umsi_alloc_new_block(t, at, index, 1);
	if (!block) {
		umsi_host_free(m->host, places, places_bytes(room));
		return UMSI_ENOMEM;
	}
	places->room = room;
	block->places = places;
	block->managed = at->kind == UMSI_IRQ_MANAGED;
	*out = block->member[0];
	umsi_alloc_put_block(m, block);
	return UMSI_OK;
}

void umsi_alloc_end_places(struct umsi_record *r)
{
	uintptr_t state = umsi_record_enter(r);
	struct umsi_block *block = umsi_record_block(r);
	struct umsi_places *places = umsi_record_places(r);

	if (places)
		block->places = NULL;
	umsi_record_unlock(r, state);
	if (places)
		umsi_host_free(r->m->host, places, places_bytes(places->room));
}

int umsi_alloc_check_wishes(struct umsi_table *t, const struct umsi_irq_request_at *at)
{
	if (at->kind == UMSI_IRQ_MANAGED &&
	    (!umsi_domain_root(&t->domain)->ops->controller->keeps_places || t->domain.sleeps))
		return UMSI_ENOTSUP;
	return at->band && umsi_alloc_has_places(at) ? UMSI_ENOTSUP : UMSI_OK;
}

void umsi_alloc_wish(struct umsi_record *r, const struct umsi_irq_request_at *at)
{
	r->wish = (uint8_t)(at->band | (at->kind == UMSI_IRQ_RESERVED ? UMSI_WISH_COUNTED : 0) |
			    (at->strict ? UMSI_WISH_STRICT : 0));
	umsi_path_grant(r);
}
