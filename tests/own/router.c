/* SPDX-License-Identifier: MIT */
#include "router.h"

#include <umsi/host.h>

#include "umsi_aia.h"
#include "umsi_hosted.h"

#define KICK	1u
#define FIRST	2u			/* identity of number 0 */

static int take(void *ctx, umsi_cpu cpu, uint32_t *number)
{
	struct router *h = ctx;

	for (uint32_t n = 0; n < ROUTER_NUMBERS; n++) {
		if (h->used[n])
			continue;
		h->used[n] = true;
		umsi_hosted_store(&h->target[n], 4, cpu, UMSI_HOSTED_RELEASE);
		*number = n;
		return UMSI_OK;
	}
	return UMSI_ENOSLOT;
}

static void end(void *ctx, uint32_t number, int settled)
{
	(void)settled;
	((struct router *)ctx)->ended[number] = true;
}

static void compose(void *ctx, uint32_t number, umsi_cpu cpu, struct umsi_msg *out)
{
	struct router *h = ctx;

	(void)cpu;
	h->composed++;
	out->address = mach_imsic_phys(h->m, 0);
	out->data = FIRST + number;
}

static int move_prepare(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	(void)ctx, (void)number, (void)from, (void)to;
	return UMSI_OK;
}

/* What was raised at the old one is taken there: both know the number. */
static void move_finish(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to, int settled)
{
	(void)from, (void)settled;
	umsi_hosted_store(&((struct router *)ctx)->target[number], 4, to, UMSI_HOSTED_RELEASE);
}

static void move_cancel(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	(void)ctx, (void)number, (void)from, (void)to;
}

static void kick(void *ctx, umsi_cpu cpu)
{
	umsi_hosted_mmio_write(((struct router *)ctx)->page[cpu], 4, KICK);
}

const struct umsi_own_ops router_ops = {
	.name = "hypervisor", .number_name = "number", .message_stays = true, .take = take, .end = end,
	.compose = compose, .move_prepare = move_prepare, .move_finish = move_finish, .move_cancel = move_cancel,
	.kick = kick,
};

static void route(struct router *h, struct umsi_domain *root, umsi_cpu self, uint32_t number)
{
	umsi_cpu cpu = (umsi_cpu)umsi_hosted_load(&h->target[number], 4, UMSI_HOSTED_ACQUIRE);

	h->routed++;
	if (cpu == self) {
		umsi_own_arrived(root, cpu, number);
		return;
	}
	umsi_hosted_rmw(&h->pending[cpu], 8, UMSI_HOSTED_OR, UINT64_C(1) << number, UMSI_HOSTED_ACQ_REL);
	umsi_hosted_barrier(UMSI_BARRIER_LINK_TO_KICK);
	kick(h, cpu);
}

static void take_raised(struct router *h, struct umsi_domain *root, umsi_cpu cpu)
{
	uint64_t raised = umsi_hosted_rmw(&h->pending[cpu], 8, UMSI_HOSTED_XCHG, 0, UMSI_HOSTED_ACQ_REL);

	for (uint32_t n = 0; n < ROUTER_NUMBERS; n++)
		if (raised >> n & 1)
			umsi_own_arrived(root, cpu, n);
}

void router_trap(struct router *h, struct umsi_domain *root, umsi_cpu cpu)
{
	uint32_t id;

	while ((id = (uint32_t)(umsi_aia_stopei_claim() >> 16))) {
		umsi_hosted_barrier(UMSI_BARRIER_CLAIM_TO_HANDLER);
		if (id != KICK) {
			route(h, root, cpu, id - FIRST);
			continue;
		}
		umsi_own_kicked(root, cpu);
		take_raised(h, root, cpu);
	}
}

void router_init(struct router *h, struct mach *m)
{
	*h = (struct router){ .m = m };
	for (uint32_t cpu = 0; cpu < ROUTER_CPUS; cpu++)
		h->page[cpu] = umsi_host_mmio_map(m, mach_imsic_phys(m, cpu), 4096);
}

void router_done(struct router *h)
{
	for (uint32_t cpu = 0; cpu < ROUTER_CPUS; cpu++)
		umsi_host_mmio_unmap(h->m, h->page[cpu], 4096);
}

int router_collect(struct router *h, struct umsi_domain *root)
{
	for (uint32_t n = 0; n < ROUTER_NUMBERS; n++) {
		int status = h->ended[n] ? umsi_own_quiet(root, n) : UMSI_OK;

		if (status != UMSI_OK)
			return status;
		if (h->ended[n])
			h->ended[n] = h->used[n] = false;
	}
	return UMSI_OK;
}
