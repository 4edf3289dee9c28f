/* SPDX-License-Identifier: MIT */
/*
 * The host's own root: one table from number to record, and the host's word for
 * when a number is quiet.
 *
 * What is in flight: until the host says quiet, an ended number still leads to
 * its record, which is dead and drops what arrives; between prepare and finish
 * of a move both CPUs arrive at the same record.
 */
#include <umsi/own_root.h>

#include "core/block.h"
#include "core/dump_root.h"
#include "core/run.h"
#include "umsi_arch.h"

#define NUMBERS_MAX	1048576u

/*
 *   field       written under        read without the lock by
 *   table[]     lock                 traps
 *   ended       one step             -
 *   load        one step             choosing: a hint
 */
struct own {
	struct umsi_domain domain;
	const struct umsi_own_ops *ops;
	void *ctx;
	uint32_t numbers;
	struct umsi_lock lock;		/* inside a record's: from the choice of a CPU to the number in the table */
	umsi_atomic32 ending;
	umsi_atomic64 unowned, reaped;
	umsi_atomic32 *load;		/* by CPU */
	umsi_atomic32 *ended;		/* bit by number */
	umsi_atomic_ptr table[];
};

static struct own *own_of(struct umsi_domain *d)
{
	return (struct own *)d;
}

static size_t ended_words(uint32_t numbers)
{
	return (numbers + 31) / 32;
}

static size_t own_bytes(const struct umsi *m, uint32_t numbers)
{
	return sizeof(struct own) + numbers * sizeof(umsi_atomic_ptr) +
	       ended_words(numbers) * sizeof(umsi_atomic32) + m->ncpus * sizeof(umsi_atomic32);
}

/* ---- Traps ---- */

void umsi_own_arrived(struct umsi_domain *root, umsi_cpu cpu, uint32_t number)
{
	struct own *o = own_of(root);
	struct umsi_cpu_core *core = &root->m->cpu[cpu];
	struct umsi_record *r;

	core->depth++;
	umsi_count_own(&core->count.claimed);
	umsi_barrier_claim_to_handler();
	r = number < o->numbers ? umsi_load_ptr(&o->table[number]) : NULL;
	if (__builtin_expect(r != NULL, 1))
		umsi_arrive(r, &core);
	else
		umsi_fetch_add64(&o->unowned, 1);
	core->depth--;
}

void umsi_own_kicked(struct umsi_domain *root, umsi_cpu cpu)
{
	struct umsi_cpu_core *core = &root->m->cpu[cpu];

	core->depth++;
	umsi_barrier_claim_to_handler();
	umsi_inbox_drain(root->m, core);
	core->depth--;
}

static void kick(void *root, umsi_cpu cpu)
{
	struct own *o = root;

	umsi_barrier_link_to_kick();
	o->ops->kick(o->ctx, cpu);
}

static const struct umsi_kick_ops kick_ops = {
	.kick = kick,
};

/* ---- The root end of a path ---- */

static uint32_t load_of(const struct umsi_domain *root, umsi_cpu cpu)
{
	return umsi_load32(&((const struct own *)root)->load[cpu]);
}

static void change_load(struct own *o, umsi_cpu cpu, uint32_t n)
{
	if (cpu != UMSI_CPU_NONE)
		umsi_fetch_add32(&o->load[cpu], n);
}

/* The reference goes when the number is quiet. */
static void own_number(struct own *o, struct umsi_record *r, uint32_t number, umsi_cpu cpu)
{
	r->slot = number;
	r->told = false;
	umsi_store32(&r->target, cpu);
	umsi_fetch_add32(&r->references, 1);
	change_load(o, cpu, 1);
	umsi_store_ptr_release(&o->table[number], r);
}

static int take_locked(struct own *o, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_domain *d = &o->domain;
	umsi_cpu cpu = umsi_target_choose(d, r, where, load_of);
	uint32_t number;
	int status;

	if (cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	status = o->ops->take(o->ctx, cpu, &number);
	if (status)
		return status == UMSI_ENOSLOT ? UMSI_ENOSLOT : UMSI_EBUG;
	if (number >= o->numbers || umsi_load_ptr(&o->table[number])) {
		umsi_host_log(d->m->host, UMSI_LOG_ERROR, "umsi: the host's root took a number that is out of range or not quiet");
		return UMSI_EBUG;
	}
	own_number(o, r, number, cpu);
	return UMSI_OK;
}

static int reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct own *o = own_of(d);
	uintptr_t state;
	int status;

	/* Numbers are single: nobody promised an aligned block of messages. */
	if (umsi_record_block(r))
		return UMSI_ENOTSUP;
	state = umsi_lock(d->m, &o->lock);
	status = take_locked(o, r, where);
	umsi_unlock(d->m, &o->lock, state);
	return status;
}

static void unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct own *o = own_of(d);

	change_load(o, umsi_load32(&r->target), UINT32_MAX);
	umsi_store32(&r->target, UMSI_CPU_NONE);
	umsi_fetch_add32(&o->ending, 1);
	umsi_fetch_or32(&o->ended[r->slot / 32], UINT32_C(1) << (r->slot % 32));
	o->ops->end(o->ctx, r->slot, settled);
}

int umsi_own_quiet(struct umsi_domain *root, uint32_t number)
{
	struct own *o;
	struct umsi_record *r;
	uintptr_t state;
	uint32_t bit;

	if (!root)
		return UMSI_EINVAL;
	o = own_of(root);
	if (number >= o->numbers)
		return UMSI_ERANGE;
	bit = UINT32_C(1) << (number % 32);
	if (!(umsi_fetch_and32(&o->ended[number / 32], ~bit) & bit))
		return UMSI_ESTATE;
	/* What the CPUs knew of the entry they read before the host found them quiet. */
	umsi_barrier_look_to_done();
	state = umsi_lock(root->m, &o->lock);
	r = umsi_load_ptr(&o->table[number]);
	umsi_store_ptr_release(&o->table[number], NULL);
	umsi_unlock(root->m, &o->lock, state);
	umsi_fetch_add64(&o->reaped, 1);
	umsi_fetch_add32(&o->ending, UINT32_MAX);
	umsi_record_put(r);
	return UMSI_OK;
}

static int activate(struct umsi_domain *d, struct umsi_record *r)
{
	(void)d;
	r->told = true;
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

static void compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	struct own *o = own_of(d);

	o->ops->compose(o->ctx, r->slot, umsi_load32(&r->target), out);
}

static int move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct own *o = own_of(d);
	umsi_cpu from = umsi_load32(&r->target);
	int status;

	mv->cpu = umsi_target_choose(d, r, &mv->where, load_of);
	if (mv->cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	mv->slot = r->slot;
	status = o->ops->move_prepare(o->ctx, r->slot, from, mv->cpu);
	if (status)
		return status == UMSI_ENOSLOT ? UMSI_ENOSLOT : UMSI_EBUG;
	mv->absorbed = o->ops->message_stays;
	if (!mv->absorbed)
		o->ops->compose(o->ctx, r->slot, mv->cpu, &mv->message);
	return UMSI_OK;
}

static void move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct own *o = own_of(d);
	umsi_cpu from = umsi_load32(&r->target);

	change_load(o, from, UINT32_MAX);
	change_load(o, mv->cpu, 1);
	umsi_store32(&r->target, mv->cpu);
	r->told = mv->told;
	o->ops->move_finish(o->ctx, r->slot, from, mv->cpu, mv->settled);
}

static void move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct own *o = own_of(d);

	o->ops->move_cancel(o->ctx, r->slot, umsi_load32(&r->target), mv->cpu);
}

/* ---- CPUs ---- */

static int cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	(void)d;
	(void)cpu;
	return UMSI_OK;
}

static int cpu_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct own *o = own_of(d);

	/* Whoever chose this CPU before it was barred has published by now. */
	umsi_unlock(d->m, &o->lock, umsi_lock(d->m, &o->lock));
	return umsi_target_evacuate_all(o->table, o->numbers, 0, cpu);
}

/* What is pending there is the host's to bring to another CPU, as is what a controller has lost. */
static int cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	(void)d;
	(void)cpu;
	return UMSI_OK;
}

static int cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct own *o = own_of(d);

	for (uint32_t n = 0; n < o->numbers; n++) {
		uintptr_t state = umsi_lock(d->m, &o->lock);
		struct umsi_record *r = umsi_load_ptr(&o->table[n]);

		/* Also one that has moved on: what it had sent here before is lost with the rest. */
		if (r)
			umsi_inbox_trigger(r);
		umsi_unlock(d->m, &o->lock, state);
	}
	kick(o, cpu);
	return UMSI_OK;
}

/* ---- Numbers for the outside ---- */

static void stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct own *o = own_of(d);

	out->unowned += umsi_load64(&o->unowned);
	out->reaped += umsi_load64(&o->reaped);
	out->retiring += umsi_load32(&o->ending);
}

static void dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	if (umsi_dump_target(t, own_of(d)->ops->name, r))
		umsi_text_field(t, own_of(d)->ops->number_name, r->slot);
}

static void dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct own *o = own_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, o->ops->name);
	umsi_text_field(&t, "numbers", o->numbers);
	umsi_text_field(&t, "ending", umsi_load32(&o->ending));
	line(arg, t.line);
}

static const struct umsi_controller_ops own_controller_ops = {
	.cpu_online = cpu_online,
	.cpu_leave = UMSI_FOR_HOTPLUG(cpu_leave),
	.cpu_dead = UMSI_FOR_HOTPLUG(cpu_dead),
	.cpu_restore = UMSI_FOR_HOTPLUG(cpu_restore),
	.stats = UMSI_FOR_STATS(stats),
	.dump = UMSI_FOR_DUMPS(dump),
};

static const struct umsi_domain_ops own_ops = {
	.name = "own",
	.number_name = "number",
	.controller = &own_controller_ops,
	.reserve = reserve,
	.unreserve = unreserve,
	.activate = activate,
	.compose = compose,
	.move_prepare = UMSI_FOR_MOVES(move_prepare),
	.move_commit = UMSI_FOR_MOVES(move_commit),
	.move_abort = UMSI_FOR_MOVES(move_abort),
	.dump_path = UMSI_FOR_DUMPS(dump_path),
};

/* ---- Life ---- */

static bool complete(const struct umsi_own_ops *ops)
{
	return ops && ops->name && ops->number_name && ops->take && ops->end && ops->compose &&
	       ops->move_prepare && ops->move_finish && ops->move_cancel && ops->kick;
}

int umsi_own_root_create(struct umsi *m, const struct umsi_own_config *config, struct umsi_domain **out)
{
	struct own *o;

	if (!m || !config || !out || !complete(config->ops))
		return UMSI_EINVAL;
	if (!config->numbers || config->numbers > NUMBERS_MAX)
		return UMSI_ERANGE;
	if (m->kick_ops)
		return UMSI_EEXIST;
	o = umsi_host_alloc(m->host, own_bytes(m, config->numbers));
	if (!o)
		return UMSI_ENOMEM;
	o->ops = config->ops;
	o->ctx = config->ctx;
	o->numbers = config->numbers;
	o->ended = (umsi_atomic32 *)&o->table[o->numbers];
	o->load = &o->ended[ended_words(o->numbers)];
	m->kick_ops = &kick_ops;
	m->kick_root = o;
	umsi_domain_add(m, &o->domain, NULL, &own_ops);
	*out = &o->domain;
	return UMSI_OK;
}

int umsi_own_root_destroy(struct umsi_domain *root)
{
	struct own *o;
	struct umsi *m;
	int status;

	if (!root || root->ops != &own_ops)
		return UMSI_EINVAL;
	o = own_of(root);
	m = root->m;
	if (umsi_load32_acquire(&o->ending))
		return UMSI_EBUSY;
	status = umsi_domain_remove(root);
	if (status)
		return status;
	m->kick_ops = NULL;
	m->kick_root = NULL;
	umsi_host_free(m->host, o, own_bytes(m, o->numbers));
	return UMSI_OK;
}
