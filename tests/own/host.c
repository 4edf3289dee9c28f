/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <umsi/host.h>

#include "umsi_aia.h"
#include "umsi_hosted.h"

#define KICK		1
#define NOBODY		UINT32_MAX

static uint32_t *entry(struct own_host *h, umsi_cpu cpu, uint32_t id)
{
	return &h->number[cpu][id];
}

static void set_entry(struct own_host *h, umsi_cpu cpu, uint32_t id, uint32_t number)
{
	umsi_hosted_store(entry(h, cpu, id), 4, number, UMSI_HOSTED_RELEASE);
}

static int take_id(struct own_host *h, umsi_cpu cpu, uint32_t number)
{
	for (uint32_t id = KICK + 1; id < OWN_IDS; id++) {
		if (h->busy[cpu][id])
			continue;
		h->busy[cpu][id] = true;
		h->id[number][cpu] = id;
		set_entry(h, cpu, id, number);
		return UMSI_OK;
	}
	return UMSI_ENOSLOT;
}

static int take(void *ctx, umsi_cpu cpu, uint32_t *number)
{
	struct own_host *h = ctx;

	if (h->fail_take && !--h->fail_take)
		return UMSI_EREFUSED;
	for (uint32_t n = 0; n < OWN_NUMBERS; n++) {
		if (h->used[n])
			continue;
		h->used[n] = true;
		if (take_id(h, cpu, n)) {
			h->used[n] = false;
			return UMSI_ENOSLOT;
		}
		h->taken++;
		*number = n;
		return UMSI_OK;
	}
	return UMSI_ENOSLOT;
}

static void end(void *ctx, uint32_t number, int settled)
{
	(void)settled;
	((struct own_host *)ctx)->ended[number] = true;
}

static void compose(void *ctx, uint32_t number, umsi_cpu cpu, struct umsi_msg *out)
{
	struct own_host *h = ctx;

	out->address = mach_imsic_phys(h->m, cpu);
	out->data = h->id[number][cpu];
}

/* An identity it still has there serves again. */
static int move_prepare(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	struct own_host *h = ctx;

	(void)from;
	if (h->fail_prepare && !--h->fail_prepare)
		return UMSI_ENOSLOT;
	return h->id[number][to] ? UMSI_OK : take_id(h, to, number);
}

/* The old identity stays its own for as long as the number lives. */
static void move_finish(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to, int settled)
{
	(void)ctx, (void)number, (void)from, (void)to, (void)settled;
}

static void move_cancel(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	(void)number, (void)from, (void)to;
	((struct own_host *)ctx)->cancelled++;
}

static void kick(void *ctx, umsi_cpu cpu)
{
	struct own_host *h = ctx;

	h->kicks++;
	umsi_hosted_mmio_write(h->page[cpu], 4, KICK);
}

const struct umsi_own_ops own_host_ops = {
	.name = "host", .number_name = "number", .take = take, .end = end, .compose = compose,
	.move_prepare = move_prepare, .move_finish = move_finish, .move_cancel = move_cancel, .kick = kick,
};

void own_host_trap(struct own_host *h, struct umsi_domain *root, umsi_cpu cpu)
{
	uint32_t id;

	while ((id = (uint32_t)(umsi_aia_stopei_claim() >> 16))) {
		uint32_t number;

		umsi_hosted_barrier(UMSI_BARRIER_CLAIM_TO_HANDLER);
		if (id == KICK) {
			umsi_own_kicked(root, cpu);
			continue;
		}
		number = (uint32_t)umsi_hosted_load(entry(h, cpu, id), 4, UMSI_HOSTED_ACQUIRE);
		umsi_own_arrived(root, cpu, number);
	}
}

void own_host_cpu_up(void)
{
	umsi_aia_write_locked(0xc0, ~UINT64_C(0) & ~UINT64_C(1));
	umsi_aia_write_locked(0x70, 1);
}

void own_host_init(struct own_host *h, struct mach *m)
{
	*h = (struct own_host){ .m = m };
	for (uint32_t cpu = 0; cpu < OWN_CPUS; cpu++) {
		h->page[cpu] = umsi_host_mmio_map(m, mach_imsic_phys(m, cpu), 4096);
		for (uint32_t id = 0; id < OWN_IDS; id++)
			h->number[cpu][id] = NOBODY;
	}
}

void own_host_done(struct own_host *h)
{
	for (uint32_t cpu = 0; cpu < OWN_CPUS; cpu++)
		umsi_host_mmio_unmap(h->m, h->page[cpu], 4096);
}

static void give_back(struct own_host *h, uint32_t number)
{
	h->ended[number] = h->used[number] = false;
	for (uint32_t cpu = 0; cpu < OWN_CPUS; cpu++) {
		if (!h->id[number][cpu])
			continue;
		set_entry(h, cpu, h->id[number][cpu], NOBODY);
		h->busy[cpu][h->id[number][cpu]] = false;
		h->id[number][cpu] = 0;
	}
}

int own_host_collect(struct own_host *h, struct umsi_domain *root)
{
	for (uint32_t n = 0; n < OWN_NUMBERS; n++) {
		int status = h->ended[n] ? umsi_own_quiet(root, n) : UMSI_OK;

		if (status != UMSI_OK)
			return status;
		if (h->ended[n])
			give_back(h, n);
	}
	return UMSI_OK;
}
