/* SPDX-License-Identifier: MIT */
/*
 * Wired sources of an APLIC domain as a message store. A message is one
 * register, so a move is one write and nobody can see half of it.
 *
 * What may be under way when a target changes or a source is disabled: a
 * message composed before, still in the APLIC or between it and the old hart's
 * file. A read of the APLIC says nothing about either. An extempore message to
 * the same hart leaves behind it ("Generate MSI"), so once that one has left,
 * so has the other; how long it travels then, nobody says: the slot ages (M1).
 * Source: AIA 1.0, "Synchronizing interactions between a hart and the APLIC".
 */
#include <umsi/aplic.h>

#include "codec/aplic.h"
#include "msi/device.h"
#include "umsi_arch.h"

/* Reads of genmsi until its message has left. */
#define POLLS	100000u

/*
 *   field      written under           read without the lock by
 *   foreign    creation                anyone
 *   the rest   the interrupt's lock    nobody
 */
struct source {
	uint32_t target;		/* what the register holds */
	uint32_t flush;			/* to whose hart a message may be under way; 0: to nobody's */
	bool level;
	bool look;			/* its mode is new: the line may be up already */
	bool foreign;			/* a child domain's */
};

struct aplic {
	struct umsi *m;
	struct umsi_lock lock;		/* genmsi, from the write until it is idle again */
	unsigned char *region;
	struct umsi_aplic_layout layout;
	uint32_t sources;
	struct source source[];		/* by number; 0 is none */
};

static uint32_t read_reg(struct aplic *a, uint32_t offset)
{
	return umsi_mmio_read32(a->region + offset);
}

static void write_reg(struct aplic *a, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(a->region + offset, value);
}

/* ---- Ops ---- */

static int aplic_mask(void *store, uint32_t index, uint64_t cookie)
{
	struct aplic *a = store;
	struct source *s = &a->source[index];

	(void)cookie;
	if (!index || s->foreign)
		return 0;
	write_reg(a, APLIC_CLRIENUM, index);
	s->flush = s->target;
	return 1;
}

/*
 * "Special consideration for level-sensitive interrupt sources": a source whose
 * message has been sent is not heard again until its line was down or software
 * sets it pending. By the specification that takes only while the line is up;
 * QEMU before 8.2 sets it whatever the line does, and would never come to rest.
 */
static uint32_t look_at_line(struct aplic *a, uint32_t index)
{
	uint32_t inputs = read_reg(a, umsi_aplic_input(index));

	/* Some callers hold the interrupt's lock: the next holder's accesses come after this one. */
	umsi_barrier_flush_to_stamp();
	if (!(inputs & umsi_aplic_bit(index)))
		return 0;
	write_reg(a, APLIC_SETIPNUM, index);
	return 1;
}

static int aplic_unmask(void *store, uint32_t index, uint64_t cookie)
{
	struct aplic *a = store;
	struct source *s = &a->source[index];
	bool look = s->look;

	(void)cookie;
	s->look = false;
	write_reg(a, APLIC_SETIENUM, index);
	return 1 + (look ? (int)look_at_line(a, index) : 0);
}

/* The fields of target hold only what the domain's harts need: what it took is read back. */
static int aplic_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct aplic *a = store;
	struct source *s = &a->source[index];
	uint32_t target;

	(void)cookie;
	if (!umsi_aplic_encode(&a->layout, msg, &target))
		return UMSI_ERANGE;
	write_reg(a, umsi_aplic_target(index), target);
	if (read_reg(a, umsi_aplic_target(index)) != target) {
		write_reg(a, umsi_aplic_target(index), s->target);
		return UMSI_EREFUSED;
	}
	s->flush = s->target;
	s->target = target;
	return 1;
}

/* An extempore message to the hart of @target, and all before it, have left. */
static int flush_hart(struct aplic *a, uint32_t target)
{
	uintptr_t state = umsi_lock(a->m, &a->lock);
	uint32_t polls = 0;

	write_reg(a, APLIC_GENMSI, umsi_aplic_genmsi(target));
	while (read_reg(a, APLIC_GENMSI) & APLIC_GENMSI_BUSY && ++polls < POLLS)
		;
	umsi_barrier_flush_to_stamp();
	umsi_unlock(a->m, &a->lock, state);
	return polls < POLLS ? UMSI_OK : UMSI_EGONE;
}

static int aplic_settle(void *store, uint32_t index, uint64_t cookie)
{
	struct aplic *a = store;
	struct source *s = &a->source[index];
	uint32_t flush = s->flush;

	(void)cookie;
	s->flush = 0;
	if (flush)
		return flush_hart(a, flush);
	/* Nothing can be under way: the next holder's writes come behind ours. */
	(void)read_reg(a, APLIC_DOMAINCFG);
	return UMSI_OK;
}

static bool aplic_pending(void *store, uint32_t index, uint64_t cookie)
{
	struct aplic *a = store;

	(void)cookie;
	return index && read_reg(a, umsi_aplic_pending(index)) & umsi_aplic_bit(index);
}

/* A source that is not wired, or not this domain's, stays inactive whatever is written. */
static int aplic_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	struct aplic *a = store;
	struct source *s = &a->source[index];
	uint32_t mode = umsi_aplic_mode(trigger);

	(void)cookie;
	if (!mode)
		return UMSI_EINVAL;
	if (!index || s->foreign)
		return UMSI_EREFUSED;
	if (read_reg(a, umsi_aplic_sourcecfg(index)) != mode)
		write_reg(a, umsi_aplic_sourcecfg(index), mode);
	if (read_reg(a, umsi_aplic_sourcecfg(index)) != mode)
		return UMSI_EREFUSED;
	s->level = trigger >= UMSI_TRIGGER_LEVEL_HIGH;
	s->look = s->level;
	return UMSI_OK;
}

static void aplic_rearm(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	look_at_line(store, index);
}

/* While it is masked a source stays pending. */
static void aplic_lost(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	look_at_line(store, index);
}

static int open_domain(struct aplic *a);

/* Targets are gone with the modes of the sources, and so is what was under way. */
static int aplic_restore(void *store)
{
	struct aplic *a = store;
	int status = open_domain(a);

	for (uint32_t i = 1; i <= a->sources && !status; i++)
		a->source[i].target = a->source[i].flush = 0;
	return status;
}

static size_t aplic_bytes(uint32_t sources)
{
	return sizeof(struct aplic) + (sources + 1) * sizeof(struct source);
}

static void free_aplic(struct aplic *a)
{
	void *host = a->m->host;

	umsi_host_mmio_unmap(host, a->region, APLIC_REGION_MSI_BYTES);
	umsi_host_free(host, a, aplic_bytes(a->sources));
}

static void switch_sources_off(struct aplic *a)
{
	for (uint32_t word = 0; word <= a->sources / 32; word++)
		write_reg(a, umsi_aplic_disable(word), UINT32_MAX);
	for (uint32_t i = 1; i <= a->sources; i++)
		if (!a->source[i].foreign)
			write_reg(a, umsi_aplic_sourcecfg(i), APLIC_INACTIVE);
	(void)read_reg(a, APLIC_DOMAINCFG);
}

static void aplic_destroy(void *store)
{
	struct aplic *a = store;

	switch_sources_off(a);
	write_reg(a, APLIC_DOMAINCFG, APLIC_DOMAINCFG_DM);
	(void)read_reg(a, APLIC_DOMAINCFG);
	free_aplic(a);
}

static const struct umsi_store_ops aplic_ops = {
	.name = "aplic",
	.number_name = "source",
	.one_word = true,
	.flush_ages = true,
	.write = aplic_write,
	.mask = aplic_mask,
	.unmask = aplic_unmask,
	.settle = aplic_settle,
	.pending = aplic_pending,
	.set_trigger = aplic_set_trigger,
	.rearm = aplic_rearm,
	.lost = aplic_lost,
	.restore = UMSI_FOR_SLEEP(aplic_restore),
	.destroy = aplic_destroy,
};

/* ---- Creation ---- */

static int check_config(const struct umsi_aplic_config *c)
{
	uint32_t low = 12 + c->guest_index_bits + c->hart_index_bits;
	uint64_t fields = 0;

	if (!c->phys || c->phys % 4096)
		return UMSI_EINVAL;
	if (!c->sources || c->sources > APLIC_SOURCES_MAX || c->bytes < APLIC_REGION_MSI_BYTES)
		return UMSI_ERANGE;
	if (c->guest_index_bits > 6 || c->hart_index_bits > 14 || c->group_index_bits > 7 ||
	    c->hart_index_bits + c->group_index_bits > 14)
		return UMSI_ERANGE;
	if (c->group_index_bits && (c->group_index_shift < low || c->group_index_shift < 24 ||
				    c->group_index_shift + c->group_index_bits > 63))
		return UMSI_ERANGE;
	fields = (UINT64_C(1) << low) - 1;
	if (c->group_index_bits)
		fields |= ((UINT64_C(1) << c->group_index_bits) - 1) << c->group_index_shift;
	return c->base & fields ? UMSI_EINVAL : UMSI_OK;
}

/* "Domain configuration": which delivery there is is the domain's to say. */
static int switch_domain(struct aplic *a)
{
	uint32_t was = read_reg(a, APLIC_DOMAINCFG);

	if ((was & APLIC_DOMAINCFG_FIXED_MASK) != APLIC_DOMAINCFG_FIXED)
		return was >> 24 == 0xff || !was ? UMSI_EGONE : UMSI_ENOTSUP;
	write_reg(a, APLIC_DOMAINCFG, APLIC_DOMAINCFG_DM);
	if (read_reg(a, APLIC_DOMAINCFG) == (APLIC_DOMAINCFG_FIXED | APLIC_DOMAINCFG_DM))
		return UMSI_OK;
	write_reg(a, APLIC_DOMAINCFG, was & ~APLIC_DOMAINCFG_FIXED_MASK);
	return UMSI_ENOTSUP;
}

static int open_domain(struct aplic *a)
{
	int status = switch_domain(a);

	if (status)
		return status;
	for (uint32_t i = 1; i <= a->sources; i++)
		a->source[i].foreign = read_reg(a, umsi_aplic_sourcecfg(i)) & APLIC_SOURCECFG_D;
	switch_sources_off(a);
	write_reg(a, APLIC_DOMAINCFG, APLIC_DOMAINCFG_DM | APLIC_DOMAINCFG_IE);
	return read_reg(a, APLIC_DOMAINCFG) & APLIC_DOMAINCFG_IE ? UMSI_OK : UMSI_ENOTSUP;
}

static struct aplic *new_aplic(struct umsi *m, const struct umsi_aplic_config *config)
{
	struct aplic *a = umsi_host_alloc(m->host, aplic_bytes(config->sources));

	if (!a)
		return NULL;
	a->m = m;
	a->sources = config->sources;
	a->layout = (struct umsi_aplic_layout){
		.base = config->base,
		.guest_bits = config->guest_index_bits, .hart_bits = config->hart_index_bits,
		.group_bits = config->group_index_bits, .group_shift = config->group_index_shift,
	};
	a->region = umsi_host_mmio_map(m->host, config->phys, APLIC_REGION_MSI_BYTES);
	if (a->region)
		return a;
	umsi_host_free(m->host, a, aplic_bytes(config->sources));
	return NULL;
}

int umsi_aplic_messages_create(struct umsi_device *dev, const struct umsi_aplic_config *config,
			       struct umsi_table **out)
{
	struct umsi_table_config table = { .name = "aplic" };
	struct aplic *a;
	int status;

	if (!dev || !config || !out)
		return UMSI_EINVAL;
	status = check_config(config);
	if (status)
		return status;
	a = new_aplic(umsi_device_machine(dev), config);
	if (!a)
		return UMSI_ENOMEM;
	table.size = a->sources + 1;
	status = open_domain(a);
	if (!status)
		status = umsi_table_create(dev, &aplic_ops, a, &table, out);
	if (status)
		free_aplic(a);
	return status;
}
