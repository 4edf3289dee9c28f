/* SPDX-License-Identifier: MIT */
/* Sources that are no PCI function: wires behind a bridge, comparators of a timer block. */
#include <umsi/aplic.h>
#include <umsi/hpet.h>

#include "system.h"

/* ---- A bridge from wires to messages: an APLIC ---- */

#define APLIC_PHYS	UINT64_C(0x0d000000)
#define APLIC_SOURCES	16u

/* Every other wire is a level. */
static unsigned int wire_trigger(const struct line *l)
{
	return l->index & 1 ? UMSI_TRIGGER_LEVEL_HIGH : UMSI_TRIGGER_EDGE_RISING;
}

static void wire_raise(struct line *l)
{
	mach_aplic_line(l->part->model, l->index, true);
	if (wire_trigger(l) == UMSI_TRIGGER_EDGE_RISING)
		mach_aplic_line(l->part->model, l->index, false);
}

/* A level stays up when something happened since: somebody must look at it again. */
static void wire_answer(struct line *l)
{
	bool up;

	if (wire_trigger(l) != UMSI_TRIGGER_LEVEL_HIGH)
		return;
	mach_delay(l->b->m, mach_random(l->b->m, 20));
	do
		mach_aplic_line(l->part->model, l->index, up = l->seen != l->raised);
	while (up != (l->seen != l->raised));
}

static uint64_t wire_sent(struct line *l)
{
	return mach_aplic_sent(l->part->model, l->index);
}

void system_aplic_model(struct bench *b, struct part *p)
{
	static const struct wires wires = {
		.raise = wire_raise, .answer = wire_answer, .sent = wire_sent, .trigger = wire_trigger,
	};
	struct mach_aplic_config model = { .phys = APLIC_PHYS, .sources = APLIC_SOURCES };

	p->wires = &wires;
	p->model = mach_aplic_add(b->m, &model);
}

int system_aplic(struct bench *b, struct part *p)
{
	struct umsi_aplic_config config = {
		.phys = APLIC_PHYS, .bytes = 0x8000, .sources = APLIC_SOURCES, .base = mach_imsic_phys(b->m, 0),
		.hart_index_bits = 2,
	};

	return umsi_aplic_messages_create(p->dev, &config, &p->table);
}

/* ---- A platform device with message registers: an HPET ---- */

#define HPET_PHYS	0xfed00000u

static unsigned int alarm_trigger(const struct line *l)
{
	(void)l;
	return UMSI_TRIGGER_NONE;
}

static void alarm_raise(struct line *l)
{
	uint32_t ticks = 1 + (uint32_t)mach_random(l->b->m, 200);

	while (umsi_hpet_arm(l->part->table, l->index, ticks) == UMSI_EAGAIN)
		ticks *= 2;
}

static uint64_t alarm_sent(struct line *l)
{
	return mach_hpet_sent(l->part->model, l->index);
}

void system_hpet_model(struct bench *b, struct part *p, uint32_t requester_id)
{
	static const struct wires wires = {
		.raise = alarm_raise, .sent = alarm_sent, .trigger = alarm_trigger, .one_at_a_time = true,
	};

	p->wires = &wires;
	p->model = mach_hpet_add(b->m, HPET_PHYS, SYSTEM_COMPARATORS);
	mach_hpet_source(p->model, requester_id);
}

int system_hpet(struct bench *b, struct part *p)
{
	struct umsi_hpet_config config = { .phys = HPET_PHYS };
	int status = umsi_hpet_create(p->dev, &config, &p->table);

	(void)b;
	return status ? status : umsi_hpet_start(p->table);
}
