/* SPDX-License-Identifier: MIT */
/*
 * Sources as the root end of a path, and as the store at its other end: the
 * message of a source is its target register. All under the record's lock.
 */
#include "core/dump_root.h"
#include "core/target.h"
#include "msi/device.h"
#include "root/aplic.h"

/* ---- The root ---- */

static int reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	return umsi_aplic_take(umsi_aplic_of(d), r, where);
}

static void unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	(void)settled;
	umsi_fetch_add32(&a->cpu[umsi_load32(&r->target)].load, UINT32_MAX);
	umsi_store32(&r->target, UMSI_CPU_NONE);
	umsi_aplic_give(a, r);
}

/* The record is in the table; from the enable on it may be found there. */
static int activate(struct umsi_domain *d, struct umsi_record *r)
{
	(void)d;
	r->told = true;
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

static void aim(struct umsi_aplic *a, umsi_cpu cpu, struct umsi_msg *out)
{
	out->address = 0;
	out->data = umsi_aplic_direct_target(a->cpu[cpu].index);
}

static void compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	aim(umsi_aplic_of(d), umsi_load32(&r->target), out);
}

static int move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	mv->cpu = umsi_target_choose(d, r, &mv->where, umsi_aplic_load);
	if (mv->cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	mv->slot = r->slot;
	aim(a, mv->cpu, &mv->message);
	return UMSI_OK;
}

/*
 * What is pending when the target changes is the new CPU's to claim; what the
 * old one has claimed it handles, from the same table.
 */
static void move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	umsi_fetch_add32(&a->cpu[umsi_load32(&r->target)].load, UINT32_MAX);
	umsi_fetch_add32(&a->cpu[mv->cpu].load, 1);
	umsi_store32(&r->target, mv->cpu);
}

/* Nothing was taken: the number stays the same. */
static void move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	(void)d;
	(void)r;
	(void)mv;
}

/* Sources follow with their devices, delivery controls with their CPUs. */
static int resume(struct umsi_domain *d)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	umsi_aplic_write(a, APLIC_DOMAINCFG, APLIC_DOMAINCFG_IE);
	return umsi_aplic_read(a, APLIC_DOMAINCFG) & APLIC_DOMAINCFG_IE ? UMSI_OK : UMSI_EREFUSED;
}

static void stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct umsi_aplic *a = umsi_aplic_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		out->unowned += umsi_load64(&a->cpu[cpu].unowned);
	out->reaped += umsi_load64(&a->reaped);
	out->retiring += umsi_load32(&a->ending_count);
}

uint32_t umsi_aplic_load(const struct umsi_domain *d, umsi_cpu cpu)
{
	return umsi_load32(&((const struct umsi_aplic *)d)->cpu[cpu].load);
}

static void dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_aplic *a = umsi_aplic_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, "aplic");
	umsi_text_field(&t, "sources", a->sources);
	umsi_text_field(&t, "ending", umsi_load32(&a->ending_count));
	umsi_dump_loads(d, &t, umsi_aplic_load, line, arg);
}

static const struct umsi_controller_ops aplic_controller_ops = {
	.make_room = umsi_aplic_make_room,
	.reap = umsi_aplic_reap,
	.cpu_online = umsi_aplic_cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(umsi_aplic_cpu_leave),
	.cpu_dead = UMSI_FOR_HOTPLUG(umsi_aplic_cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(umsi_aplic_cpu_restore),
	.resume = UMSI_FOR_SLEEP(resume),
	.drain = umsi_aplic_drain,
	.dump = UMSI_FOR_DUMPS(dump),
	.stats = UMSI_FOR_STATS(stats),
};

const struct umsi_domain_ops umsi_aplic_ops = {
	.name = "aplic",
	.number_name = "source",
	.controller = &aplic_controller_ops,
	.reserve = reserve,
	.unreserve = unreserve,
	.activate = activate,
	.compose = compose,
	.move_prepare = UMSI_FOR_MOVES(move_prepare),
	.move_commit = UMSI_FOR_MOVES(move_commit),
	.move_abort = UMSI_FOR_MOVES(move_abort),
	.dump_path = UMSI_FOR_DUMPS(umsi_dump_path),
};

/* ---- The store ---- */

static int wire_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)cookie;
	umsi_aplic_write(store, umsi_aplic_target(index), msg->data);
	return 1;
}

static int wire_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_aplic_close(store, index);
	return 1;
}

static int wire_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_aplic_open(store, index);
	return 1;
}

/* A claim is a read of the same region: what was written before is in force for it. */
static int wire_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)index;
	(void)cookie;
	(void)umsi_aplic_read(store, APLIC_DOMAINCFG);
	return UMSI_OK;
}

static int wire_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	struct umsi_aplic *a = store;
	uint32_t mode = umsi_aplic_mode(trigger);
	uint32_t was = umsi_aplic_read(a, umsi_aplic_sourcecfg(index));

	(void)cookie;
	if (!mode)
		return UMSI_EINVAL;
	if (was & APLIC_SOURCECFG_D)
		return UMSI_EREFUSED;
	if (was != mode)
		umsi_aplic_write(a, umsi_aplic_sourcecfg(index), mode);
	return umsi_aplic_read(a, umsi_aplic_sourcecfg(index)) == mode ? UMSI_OK : UMSI_EREFUSED;
}

static void wire_rearm(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_aplic_unshut(store, index);
}

static const struct umsi_store_ops wire_ops = {
	.name = "wires",
	.number_name = "source",
	.one_word = true,
	.write = wire_write,
	.mask = wire_mask,
	.unmask = wire_unmask,
	.settle = wire_settle,
	.set_trigger = wire_set_trigger,
	.rearm = wire_rearm,
};

int umsi_aplic_direct_wires(struct umsi_device *dev, struct umsi_table **out)
{
	struct umsi_table_config config = { .name = "wires" };
	struct umsi_aplic *a;

	if (!dev || !out || dev->parent->ops != &umsi_aplic_ops)
		return UMSI_EINVAL;
	a = umsi_aplic_of(dev->parent);
	config.size = a->sources + 1;
	return umsi_table_create(dev, &wire_ops, a, &config, out);
}
