/* SPDX-License-Identifier: MIT */
/*
 * Calls of the public API in any order, legal or not, on the machine in a box. Byte 0 seeds the
 * machine (0: a calm one), byte 1 says which root it has; each four bytes after them are one call: which, on what, with
 * what. Two threads on two CPUs, and handlers, take the next call when their turn comes; which one
 * that is the seed decides. Pointers are used as the headers allow, handles in any way.
 */
#include "fuzz.h"

#include "api_roots.h"

#define HANDLES		12

struct fuzz {
	struct rig rig;
	const struct fuzz_root *root;
	const uint8_t *data;
	size_t bytes, at;
	umsi_irq irq[HANDLES];		/* live, stale or never given out */
	bool suspended, quiesced;
};

struct call {
	uint8_t which, on, a, b;
};

static struct fuzz *now;

static bool next_call(struct call *c)
{
	if (now->bytes - now->at < sizeof(*c))
		return false;
	memcpy(c, now->data + now->at, sizeof(*c));
	now->at += sizeof(*c);
	return true;
}

static umsi_irq *handle(const struct call *c)
{
	return &now->irq[c->on % HANDLES];
}

static struct umsi *m_of(const struct call *c)
{
	return c->on == 255 ? NULL : now->rig.umsi;
}

/* Every answer is one of <umsi/status.h>, or a count. */
static int answered(int status)
{
	FUZZ_CHECK(status >= 0 || strcmp(umsi_status_text(status), umsi_status_text(-9999)));
	FUZZ_CHECK(status != UMSI_EBUG);
	return status;
}

static enum umsi_handled handler(void *arg);

/* ---- Calls that any context may try: a trap, or a thread beside the owner. ---- */

static struct umsi_affinity affinity(const struct call *c, uint64_t *bits)
{
	struct umsi_affinity a = { .kind = (enum umsi_affinity_kind)(c->a % 4), .cpu = c->b % (RIG_CPUS + 1) };

	*bits = c->b;
	a.set = (struct umsi_cpuset){ .bits = c->b == 99 ? NULL : bits, .nbits = c->a >> 2 };
	return a;
}

static void call_move(const struct call *c)
{
	uint64_t bits;
	struct umsi_affinity a = affinity(c, &bits);

	answered(umsi_irq_set_affinity(m_of(c), *handle(c), c->a == 255 ? NULL : &a));
}

static void call_move_wait(const struct call *c)
{
	uint64_t bits;
	struct umsi_affinity a = affinity(c, &bits);

	answered(umsi_irq_set_affinity_wait(m_of(c), *handle(c), &a));
}

static void call_disable(const struct call *c)
{
	answered(umsi_irq_disable(m_of(c), *handle(c)));
}

static void call_enable(const struct call *c)
{
	answered(umsi_irq_enable(m_of(c), *handle(c)));
}

static void call_trigger(const struct call *c)
{
	answered(umsi_irq_trigger(m_of(c), *handle(c)));
}

static void call_done(const struct call *c)
{
	answered(umsi_irq_done(m_of(c), *handle(c)));
}

static void call_synchronize(const struct call *c)
{
	answered(umsi_irq_synchronize(m_of(c), *handle(c)));
}

static void call_wake(const struct call *c)
{
	answered(umsi_irq_set_wake(now->rig.umsi, *handle(c), c->a & 1));
	umsi_woken_by(now->rig.umsi);
}

static void no_line(void *arg, const char *line)
{
	(void)arg;
	FUZZ_CHECK(strlen(line) < UMSI_DUMP_LINE_MAX);
}

static void call_read(const struct call *c)
{
	struct umsi_irq_stats st;
	struct umsi_stats all;
	struct umsi_msg msg;
	uint32_t index;

	answered(umsi_irq_stats_read(m_of(c), *handle(c), &st));
	answered(umsi_irq_message(m_of(c), *handle(c), &msg));
	answered(umsi_irq_index(m_of(c), *handle(c), &index));
	umsi_irq_effective_cpu(now->rig.umsi, *handle(c));
	umsi_irq_moves_atomically(now->rig.umsi, *handle(c));
	umsi_stats_read(now->rig.umsi, &all);
	if (c->a == 7)
		umsi_dump(now->rig.umsi, no_line, NULL);
	umsi_reap(now->rig.umsi);
}

static void call_raise(const struct call *c)
{
	mach_pci_raise(now->rig.pci[0], c->a % RIG_ENTRIES);
}

/* A handle as nobody gave it out. */
static void call_forge(const struct call *c)
{
	*handle(c) = (umsi_irq)c->a << 32 | c->b;
}

/* For another CPU than this one: refused. */
static void call_cpu(const struct call *c)
{
	umsi_cpu cpu = c->a == mach_cpu(now->rig.m) ? UMSI_CPU_NONE : c->a;

	FUZZ_CHECK(answered(umsi_cpu_online(now->rig.umsi, cpu)) != UMSI_OK);
	FUZZ_CHECK(answered(umsi_cpu_dead(now->rig.umsi, cpu)) != UMSI_OK);
	FUZZ_CHECK(answered(umsi_cpu_restore(now->rig.umsi, cpu)) != UMSI_OK);
}

static void (*const calls_anywhere[])(const struct call *c) = {
	call_move, call_move_wait, call_disable, call_enable, call_trigger, call_done, call_synchronize, call_wake,
	call_read, call_raise, call_raise, call_forge, call_cpu,
};

#define ANYWHERE	(sizeof(calls_anywhere) / sizeof(calls_anywhere[0]))

/* ---- Calls of the owner: what makes and ends objects. ---- */

static void call_alloc(const struct call *c)
{
	uint64_t bits;
	struct umsi_irq_request_at at = {
		.first = c->a % (RIG_ENTRIES + 1), .last = (uint32_t)(c->a % (RIG_ENTRIES + 1)) + c->b % 3,
		.kind = c->b / 3 % 4, .trigger = c->b / 12 % 6,
	};

	if (c->b & 128)
		at.affinity = affinity(&(struct call){ .a = c->a, .b = c->b & 7 }, &bits);
	answered(umsi_irq_alloc(c->on == 254 ? NULL : now->rig.table, &at, handle(c)));
}

static void call_alloc_many(const struct call *c)
{
	struct umsi_irq_request_at at = { .first = c->a % RIG_ENTRIES, .last = UMSI_INDEX_LAST };
	umsi_irq out[RIG_ENTRIES] = { 0 };
	int got = answered(umsi_irq_alloc_many(now->rig.table, &at, c->b % 5, c->b / 5 % RIG_ENTRIES, out));

	FUZZ_CHECK(got < 0 || got <= c->b / 5 % RIG_ENTRIES);
	for (int i = 0; i < got; i++)
		now->irq[(c->on + i) % HANDLES] = out[i];
}

static void call_alloc_block(const struct call *c)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	umsi_irq out[64];

	answered(umsi_irq_alloc_block(now->rig.table, &at, c->a % 64, out));
}

static void call_request(const struct call *c)
{
	answered(umsi_irq_request(m_of(c), *handle(c), c->a == 255 ? NULL : handler, handle(c), c->a & 1 ? "a name of many letters" : NULL));
}

static void call_release(const struct call *c)
{
	answered(umsi_irq_release(m_of(c), *handle(c)));
}

static void call_free(const struct call *c)
{
	answered(umsi_irq_free(m_of(c), *handle(c)));
}

static void call_free_range(const struct call *c)
{
	answered(umsi_irq_free_range(now->rig.table, c->a % 20, c->b % 20));
}

static void call_at(const struct call *c)
{
	*handle(c) = umsi_irq_at(now->rig.table, c->a);
}

static void call_quiesce(const struct call *c)
{
	answered(c->a & 1 ? umsi_device_quiesce(now->rig.dev) : umsi_device_lost(now->rig.dev));
	now->quiesced = true;
}

static void call_restore(const struct call *c)
{
	(void)c;
	answered(umsi_device_restore(now->rig.dev));
	now->quiesced = false;
}

static void call_suspend(const struct call *c)
{
	(void)c;
	if (answered(umsi_suspend(now->rig.umsi)) == UMSI_OK)
		now->suspended = true;
}

static void call_resume(const struct call *c)
{
	(void)c;
	if (answered(umsi_resume(now->rig.umsi)) == UMSI_OK)
		now->suspended = false;
}

static void call_again(const struct call *c)
{
	struct umsi_table *second;
	struct umsi_domain *root;

	FUZZ_CHECK(answered(umsi_pci_msix_create(now->rig.dev, &now->rig.fn[c->a & 1], &second)) != UMSI_OK);
	FUZZ_CHECK(answered(now->root->create(&now->rig, &root)) == UMSI_EEXIST);
	FUZZ_CHECK(answered(now->root->destroy(now->rig.root)) == UMSI_EBUSY);
	FUZZ_CHECK(answered(umsi_destroy(now->rig.umsi)) == UMSI_EBUSY);
}

static void call_remove(const struct call *c)
{
	(void)c;
	if (answered(umsi_device_remove(now->rig.dev)) != UMSI_OK)
		return;
	now->rig.dev = NULL;
	mach_fail_alloc(now->rig.m, 0, false);
	rig_device(&now->rig);
	now->quiesced = false;
}

static void call_leave(const struct call *c)
{
	answered(umsi_cpu_leave(now->rig.umsi, c->a));
}

static void call_fail(const struct call *c)
{
	mach_fail_alloc(now->rig.m, c->a % 8, c->b & 1);
}

static void (*const calls_of_owner[])(const struct call *c) = {
	call_alloc, call_alloc, call_alloc_many, call_alloc_block, call_request, call_request, call_release, call_free,
	call_free_range, call_at, call_quiesce, call_restore, call_suspend, call_resume, call_again, call_remove,
	call_leave, call_fail,
};

#define OWNERS	(sizeof(calls_of_owner) / sizeof(calls_of_owner[0]))

/* ---- Who calls. ---- */

static enum umsi_handled handler(void *arg)
{
	struct call c;

	(void)arg;
	if (!next_call(&c))
		return UMSI_HANDLED;
	/* What ends objects is refused here: by the context, before anything else. */
	switch (c.which % 4) {
	case 0:
		FUZZ_CHECK(umsi_irq_free(now->rig.umsi, *handle(&c)) == UMSI_ECONTEXT);
		FUZZ_CHECK(umsi_device_remove(now->rig.dev) == UMSI_ECONTEXT);
		return UMSI_LATER;
	case 1:
		return UMSI_NOT_MINE;
	default:
		calls_anywhere[c.a % ANYWHERE](&c);
		return UMSI_HANDLED;
	}
}

static void owner(void *unused)
{
	struct call c;

	(void)unused;
	while (next_call(&c))
		if (c.which % (OWNERS + ANYWHERE) < OWNERS)
			calls_of_owner[c.which % (OWNERS + ANYWHERE)](&c);
		else
			calls_anywhere[c.which % (OWNERS + ANYWHERE) - OWNERS](&c);
	mach_fail_alloc(now->rig.m, 0, false);
}

static void other(void *unused)
{
	struct call c;

	(void)unused;
	while (next_call(&c)) {
		calls_anywhere[c.which % ANYWHERE](&c);
		umsi_host_relax(now->rig.m);
	}
}

static void check(struct fuzz *f)
{
	if (!mach_violated(f->rig.m))
		return;
	mach_report(f->rig.m, stderr, 40);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct fuzz f;

	if (bytes < 6)
		return 0;
	f = (struct fuzz){ .data = data, .bytes = bytes, .at = 2, .root = &fuzz_roots[data[1] % FUZZ_ROOTS] };
	now = &f;
	fuzz_begin(&f.rig, f.root, data[0]);
	mach_thread(f.rig.m, 0, owner, NULL);
	mach_thread(f.rig.m, 2, other, NULL);
	mach_run(f.rig.m);
	check(&f);
	if (f.suspended)
		umsi_resume(f.rig.umsi);
	FUZZ_CHECK(umsi_device_remove(f.rig.dev) == UMSI_OK);
	FUZZ_CHECK(f.root->destroy(f.rig.root) == UMSI_OK);
	FUZZ_CHECK(umsi_destroy(f.rig.umsi) == UMSI_OK);
	mach_check_leaks(f.rig.m);
	check(&f);
	mach_destroy(f.rig.m);
	return 0;
}
