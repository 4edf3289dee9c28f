/* SPDX-License-Identifier: MIT */
/* A wire behind a store of a test's own, level or edge, that tells what was done to it. */
#ifndef API_WIRE_H
#define API_WIRE_H

#include "rig.h"

/* A wire with a store of its own: masks, and says when it was looked at again. */
struct wire {
	struct rig *r;
	umsi_irq irq;
	struct umsi_msg msg;
	bool masked, asserted;
	unsigned int trigger;
	uint32_t rearms;
	enum umsi_handled answer;
	int refuses;			/* what setting a trigger answers, if not 0 */
	uint32_t calls;
	umsi_cpu last_cpu;
};

static inline void wire_send(struct wire *w)
{
	if (!w->masked && w->asserted)
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
			if (mach_imsic_phys(w->r->m, cpu) == w->msg.address)
				mach_imsic_inject(w->r->m, cpu, w->msg.data);
}

static inline int wire_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)index, (void)cookie;
	((struct wire *)store)->msg = *msg;
	return 2;
}

static inline int wire_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	((struct wire *)store)->masked = true;
	return 1;
}

static inline int wire_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	((struct wire *)store)->masked = false;
	wire_send(store);
	return 1;
}

static inline int wire_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static inline int wire_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	(void)index, (void)cookie;
	if (((struct wire *)store)->refuses)
		return ((struct wire *)store)->refuses;
	((struct wire *)store)->trigger = trigger;
	return trigger == UMSI_TRIGGER_LEVEL_LOW ? UMSI_ENOTSUP : UMSI_OK;
}

static inline void wire_rearm(void *store, uint32_t index, uint64_t cookie)
{
	struct wire *w = store;

	(void)index, (void)cookie;
	w->rearms++;
	wire_send(w);
}

static const struct umsi_store_ops wire_ops = {
	.name = "wire", .number_name = "pin", .write = wire_write, .mask = wire_mask,
	.unmask = wire_unmask, .settle = wire_settle, .set_trigger = wire_set_trigger,
	.rearm = wire_rearm,
};

static inline enum umsi_handled on_wire(void *arg)
{
	struct wire *w = arg;

	w->calls++;
	w->last_cpu = mach_cpu(w->r->m);
	if (w->answer == UMSI_HANDLED)
		w->asserted = false;
	return w->answer;
}

static inline void wire_up_at(struct rig *r, struct wire *w, const struct umsi_irq_request_at *at)
{
	struct umsi_table_config config = { .size = 1 };
	struct umsi_table *table;

	*w = (struct wire){ .r = r, .masked = true };
	assert_int_equal(umsi_table_create(r->dev, &wire_ops, w, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, at, &w->irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, w->irq, on_wire, w, "wire"), UMSI_OK);
	assert_int_equal(w->trigger, at->trigger);
}

static inline void wire_up(struct rig *r, struct wire *w, unsigned int trigger)
{
	wire_up_at(r, w, &(struct umsi_irq_request_at){ .trigger = (uint8_t)trigger });
}

static inline void assert_line(struct wire *w)
{
	w->asserted = true;
	wire_send(w);
	rig_settle(w->r);
}

#endif
