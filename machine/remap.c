/* SPDX-License-Identifier: MIT */
/* Which remapping unit a message meets on its way to the local APICs, if any. */
#include "inside.h"

void mach_remapper_add(struct mach *m, struct remapper *r)
{
	r->next = m->remappers;
	m->remappers = r;
}

bool mach_remap(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data,
		const struct arrival *from)
{
	for (struct remapper *r = m->remappers; r; r = r->next) {
		if (!r->covers(r->self, requester_id) || address >> 20 != 0xfee)
			continue;
		r->message(m, r->self, requester_id, address, data, from);
		return true;
	}
	return mach_lapic_message(m, address, data, from);
}

void mach_remap_wrote(struct mach *m, const void *memory)
{
	for (struct remapper *r = m->remappers; r; r = r->next)
		r->wrote(m, r->self, memory);
}
