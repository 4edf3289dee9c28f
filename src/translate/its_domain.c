/* SPDX-License-Identifier: MIT */
/* The ITS as a level of a path. Below the attachments all is under the record's (or block's) lock. */
#include "translate/its.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

struct umsi_its_device *umsi_its_device_of(const struct umsi_record *r)
{
	const struct umsi_its_user *user = umsi_table_of(r->leaf)->dev->translation;

	return user->shared;
}

/* The redistributor of a root's message. */
static uint64_t target_of(const struct umsi_its *its, const struct umsi_msg *msg)
{
	return umsi_its_rdbase(its->by_address, msg->address, (uint32_t)msg->address & 0xffff);
}

/* That of the present one, which also says the LPI. */
static uint64_t target_now(const struct umsi_its *its, struct umsi_record *r, struct umsi_msg *msg)
{
	struct umsi_domain *root = its->domain.parent;

	root->ops->compose(root, r, msg);
	return target_of(its, msg);
}

/* ---- Events ---- */

static int reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_its_device *dev = umsi_its_device_of(r);
	struct umsi_group g = umsi_group_of(&r);
	uintptr_t state = umsi_lock(d->m, &dev->lock);
	uint32_t event = umsi_ids_take_block(&dev->events, (unsigned int)__builtin_ctz(g.count));

	(void)where;
	if (event != UMSI_IDS_NONE)
		dev->used += g.count;
	umsi_unlock(d->m, &dev->lock, state);
	if (event == UMSI_IDS_NONE)
		return UMSI_ENOINDEX;
	for (uint32_t i = 0; i < g.count; i++)
		g.member[i]->entry = event + i;
	umsi_fetch_add32(&umsi_its_of(d)->event_count, g.count);
	return UMSI_OK;
}

/*
 * Every mapping was discarded, with its wait. An event whose source was not
 * flushed, or whose discarding was not answered, is spoilt: nobody else may have
 * it while this table of events lives.
 */
static void unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_its_device *dev = umsi_its_device_of(r);
	struct umsi_group g = umsi_group_of(&r);
	bool spoilt = settled && g.member[0]->told;
	uintptr_t state = umsi_lock(d->m, &dev->lock);

	if (spoilt)
		dev->spoilt += g.count;
	else
		umsi_ids_give_block(&dev->events, g.member[0]->entry, (unsigned int)__builtin_ctz(g.count));
	dev->used -= g.count;
	umsi_unlock(d->m, &dev->lock, state);
	if (!spoilt)
		umsi_fetch_add32(&umsi_its_of(d)->event_count, -g.count);
}

/* ---- Mappings ---- */

/* By all its DeviceIDs, the first one last; but for number @but of the order it was mapped in. */
static void discard(struct umsi_its_batch *b, const struct umsi_record *r, uint64_t target, uint32_t but)
{
	for (uint32_t i = 0; i < b->of->ids; i++)
		if (i != but)
			umsi_its_add(b, umsi_its_event_command(ITS_DISCARD, b->of->id[b->of->ids - 1 - i], r->entry));
	umsi_its_add(b, umsi_its_sync(target));
}

/* A mapping that was itself skipped is not there to be undone. */
static void undo_map(struct umsi_its *its, const struct umsi_its_batch *b, const struct umsi_record *r,
		     uint64_t target)
{
	struct umsi_its_batch undo;

	umsi_its_begin(&undo, b->of);
	discard(&undo, r, target, b->refused);
	umsi_its_post(its, &undo, UMSI_CPU_NONE, 0);
	if (b->refused == b->of->ids - 1)
		umsi_its_forget_event(its, b->of, r->entry);
}

/* The configuration was changed before: INV has it read again, wherever it was kept. */
int umsi_its_map_event(struct umsi_its *its, struct umsi_record *r)
{
	struct umsi_its_device *dev = umsi_its_device_of(r);
	umsi_cpu cpu = umsi_load32(&r->target);
	struct umsi_its_batch b;
	struct umsi_msg msg;
	uint64_t target = target_now(its, r, &msg);
	int status;

	umsi_its_begin(&b, dev);
	for (uint32_t i = dev->ids; i--; )
		umsi_its_add(&b, umsi_its_mapti(dev->id[i], r->entry, msg.data, cpu));
	umsi_its_add(&b, umsi_its_event_command(ITS_INV, dev->id[0], r->entry));
	umsi_its_add(&b, umsi_its_sync(target));
	status = umsi_its_execute(its, &b, cpu, target);
	if (status && b.queued)
		undo_map(its, &b, r, target);
	return status;
}

static int activate(struct umsi_domain *d, struct umsi_record *r)
{
	int status = umsi_its_map_event(umsi_its_of(d), r);

	/* The queue's lock was given back since the root published; the store writes its message next. */
	umsi_barrier_publish_to_message();
	return status;
}

static int deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_its *its = umsi_its_of(d);
	struct umsi_its_batch b;
	struct umsi_msg msg;

	umsi_its_begin(&b, umsi_its_device_of(r));
	discard(&b, r, target_now(its, r, &msg), ITS_NONE);
	return umsi_its_execute(its, &b, UMSI_CPU_NONE, 0);
}

static void compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	(void)d;
	out->address = umsi_its_device_of(r)->doorbell;
	out->data = umsi_record_leader(r)->entry;
}

/* What is about to move, from where to where: collections and their redistributors. */
struct shift {
	struct umsi_its *its;
	struct umsi_record *r;
	umsi_cpu cpu;
	uint64_t from, to;
};

/* All events of the block, by one DeviceID. Once the SYNC has returned the old redistributor holds nothing of them. */
static void movi_all(struct umsi_its_batch *b, const struct shift *s, uint32_t device_id)
{
	struct umsi_record *r = s->r;
	struct umsi_group g = umsi_group_of(&r);

	for (uint32_t i = 0; i < g.count; i++)
		if (g.member[i]->phase == UMSI_PHASE_ACTIVE)
			umsi_its_add(b, umsi_its_movi(device_id, g.member[i]->entry, s->cpu));
	umsi_its_add(b, umsi_its_sync(s->from));
}

static void send_back(const struct shift *s, uint32_t ids)
{
	struct umsi_its_device *dev = umsi_its_device_of(s->r);

	for (uint32_t i = 0; i < ids; i++) {
		struct umsi_its_batch b;

		umsi_its_begin(&b, dev);
		movi_all(&b, s, dev->id[i]);
		umsi_its_post(s->its, &b, s->cpu, s->to);
	}
}

/*
 * If a SYNC does not return its events are sent back after all, should the queue
 * ever move; till then they may be delivered to either CPU, whose table is the
 * same. So they may while one DeviceID has moved and the next has not.
 */
static int move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_its *its = umsi_its_of(d);
	struct umsi_its_device *dev = umsi_its_device_of(r);
	struct shift there = { .its = its, .r = r, .cpu = mv->cpu, .to = target_of(its, &mv->message) }, back;
	struct umsi_msg old;
	int status = UMSI_OK;

	there.from = target_now(its, umsi_record_leader(r), &old);
	back = (struct shift){ .its = its, .r = r, .cpu = umsi_load32(&umsi_record_leader(r)->target),
			       .from = there.to, .to = there.from };
	for (uint32_t i = 0; i < dev->ids && !status; i++) {
		struct umsi_its_batch b;

		umsi_its_begin(&b, dev);
		movi_all(&b, &there, dev->id[i]);
		status = umsi_its_execute(its, &b, there.cpu, there.to);
		if (status)
			send_back(&back, i + b.queued);
	}
	return status;
}

static bool reaches(struct umsi_domain *d, umsi_cpu cpu)
{
	const struct umsi_its *its = umsi_its_of(d);

	return !its->node_bound || d->m->cpu[cpu].node == its->node;
}

/* Every interrupt has been moved away: nothing maps to its collection. */
static int cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	return umsi_its_unmap_collection(umsi_its_of(d), cpu);
}

/* ---- For the outside ---- */

int umsi_its_raise(struct umsi *m, umsi_irq irq)
{
	struct umsi_its_batch b;
	struct umsi_record *r;
	struct umsi_msg msg;
	uintptr_t state;
	int status = UMSI_EINVAL;

	r = m ? umsi_record_lock(m, irq, &state) : NULL;
	if (!r)
		return m ? UMSI_ENOENT : UMSI_EINVAL;
	if (r->leaf->parent && r->leaf->parent->ops == &umsi_its_ops)
		status = r->phase == UMSI_PHASE_ACTIVE ? UMSI_OK : UMSI_ESTATE;
	if (!status) {
		struct umsi_its *its = umsi_its_of(r->leaf->parent);

		umsi_its_begin(&b, umsi_its_device_of(r));
		umsi_its_add(&b, umsi_its_event_command(ITS_INT, b.of->id[0], r->entry));
		umsi_its_add(&b, umsi_its_sync(target_now(its, r, &msg)));
		status = umsi_its_execute(its, &b, UMSI_CPU_NONE, 0);
	}
	umsi_record_unlock(r, state);
	return status;
}

int umsi_its_count(struct umsi_domain *d, struct umsi_its_count *out)
{
	struct umsi_its *its;
	uintptr_t state;

	if (!d || !out || d->ops != &umsi_its_ops)
		return UMSI_EINVAL;
	its = umsi_its_of(d);
	state = umsi_lock(d->m, &its->queue.lock);
	*out = (struct umsi_its_count){
		.devices = umsi_load32(&its->device_count), .events = umsi_load32(&its->event_count),
		.room = umsi_load32(&its->event_room), .commands = its->queue.posted,
		.refused = its->queue.refused, .timeouts = its->queue.timeouts, .erratum = its->erratum,
	};
	umsi_unlock(d->m, &its->queue.lock, state);
	return UMSI_OK;
}

static void dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	const struct umsi_its_user *user = umsi_table_of(r->leaf)->dev->translation;

	umsi_text_add(t, " its");
	if (user)
		umsi_text_field(t, "device_id", user->shared->id[0]);
	umsi_text_field(t, d->ops->number_name, r->entry);
}

static void dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_its_count count = { 0 };
	struct umsi_text t;

	umsi_its_count(d, &count);
	umsi_text_begin(&t, "its");
	umsi_text_field(&t, "devices", count.devices);
	umsi_text_field(&t, "events", count.events);
	umsi_text_field(&t, "room", count.room);
	umsi_text_field(&t, "commands", count.commands);
	umsi_text_field(&t, "refused", count.refused);
	umsi_text_field(&t, "timeouts", count.timeouts);
	umsi_text_field(&t, "indirect", umsi_its_of(d)->devices_table.indirect);
	umsi_text_field(&t, "coherent", umsi_its_of(d)->coherent);
	line(arg, t.line);
}

static const struct umsi_controller_ops its_controller_ops = {
	.table_attach = umsi_its_attach,
	.table_detach = umsi_its_detach,
	.cpu_dead = UMSI_FOR_HOTPLUG(cpu_dead),
	.resume = UMSI_FOR_SLEEP(umsi_its_resume),
	.dump = UMSI_FOR_DUMPS(dump),
};

const struct umsi_domain_ops umsi_its_ops = {
	.name = "its",
	.number_name = "event_id",
	.controller = &its_controller_ops,
	.reserve = reserve,
	.unreserve = unreserve,
	.activate = activate,
	.deactivate = deactivate,
	.compose = compose,
	.reaches = reaches,
	.move_update = move_update,
	.dump_path = UMSI_FOR_DUMPS(dump_path),
};
