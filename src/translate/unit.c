/* SPDX-License-Identifier: MIT */
/* A remapping unit's registers; taking it over, resuming, ending. */
#include "translate/unit.h"

#include "core/deadline.h"

#define CONFIRM_NS	50000000u

uint32_t umsi_unit_read32(const struct umsi_unit *u, uint32_t offset)
{
	return umsi_mmio_read32(u->regs + offset);
}

void umsi_unit_write32(const struct umsi_unit *u, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(u->regs + offset, value);
}

uint64_t umsi_unit_read64(const struct umsi_unit *u, uint32_t offset)
{
	uint32_t low = umsi_unit_read32(u, offset);

	return low | (uint64_t)umsi_unit_read32(u, offset + 4) << 32;
}

void umsi_unit_write64(const struct umsi_unit *u, uint32_t offset, uint64_t value)
{
	umsi_unit_write32(u, offset, (uint32_t)value);
	umsi_unit_write32(u, offset + 4, (uint32_t)(value >> 32));
}

void umsi_unit_log(const struct umsi_unit *u, const char *what, uint64_t number)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi: ");
	umsi_text_add(&t, u->kind->name);
	umsi_text_add(&t, " unit ");
	umsi_text_hex(&t, u->phys);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, what);
	umsi_text_add(&t, "=");
	umsi_text_hex(&t, number);
	umsi_host_log(u->domain.m->host, UMSI_LOG_ERROR, t.line);
}

int umsi_unit_expect(struct umsi_unit *u, uint32_t offset, uint32_t bits, uint32_t on)
{
	struct umsi_deadline wait = umsi_deadline_in(u->domain.m->host, CONFIRM_NS);

	while ((umsi_unit_read32(u, offset) & bits) != on) {
		if (umsi_deadline_left(&wait))
			continue;
		umsi_unit_log(u, on ? "does not start: status is not bits" : "does not stop: status is still bits", bits);
		return UMSI_ETIMEOUT;
	}
	return UMSI_OK;
}

struct umsi_unit_counts umsi_unit_count(struct umsi_unit *u)
{
	struct umsi_unit_counts n = {
		.invalidations = umsi_load64(&u->invalidations), .timeouts = umsi_load64(&u->timeouts),
	};
	uintptr_t state = umsi_lock(u->domain.m, &u->lock);

	n.events = u->events;
	n.overflows = u->overflows;
	umsi_unlock(u->domain.m, &u->lock, state);
	return n;
}

/* ---- Life ---- */

static int take_memory(struct umsi_unit *u)
{
	void *host = u->domain.m->host;
	int status = UMSI_ENOMEM;

	u->ring = umsi_host_dma_alloc(host, u->kind->ring_bytes, UNIT_PAGE, &u->ring_bus);
	if (u->ring)
		status = u->kind->take(u);
	if (u->ring && status)
		umsi_host_dma_free(host, u->ring, u->kind->ring_bytes, UNIT_PAGE);
	return status;
}

/* A unit that does not stop may still read what it was given: then that is not given back. */
static int stop(struct umsi_unit *u)
{
	int status = u->kind->stop(u);

	u->kind->give(u, !status);
	if (!status)
		umsi_host_dma_free(u->domain.m->host, u->ring, u->kind->ring_bytes, UNIT_PAGE);
	return status;
}

static void free_unit(struct umsi_unit *u)
{
	void *host = u->domain.m->host;

	if (u->regs)
		umsi_host_mmio_unmap(host, u->regs, u->kind->window);
	umsi_host_free(host, u, u->kind->bytes);
}

static int build(struct umsi_unit *u, const void *config)
{
	int status;

	u->regs = umsi_host_mmio_map(u->domain.m->host, u->phys, u->kind->window);
	if (!u->regs)
		return UMSI_ENOMEM;
	status = u->kind->check(u, config);
	if (!status)
		status = take_memory(u);
	if (status)
		return status;
	status = u->kind->start(u);
	if (status)
		stop(u);
	return status;
}

static bool any_online(const struct umsi *m)
{
	for (umsi_cpu i = 0; i < m->ncpus; i++)
		if (umsi_load32(&m->cpu[i].online))
			return true;
	return false;
}

int umsi_unit_create(struct umsi_domain *parent, const struct umsi_unit_kind *kind, uint64_t phys,
		     bool x2apic, const void *config, struct umsi_domain **out)
{
	struct umsi_unit *u;
	int status;

	if (!parent || !out || !phys || phys % kind->window)
		return UMSI_EINVAL;
	/* Before APICs change mode: the unit must read 32-bit ids first. */
	if (x2apic && any_online(parent->m))
		return UMSI_ESTATE;
	u = umsi_host_alloc(parent->m->host, kind->bytes);
	if (!u)
		return UMSI_ENOMEM;
	u->domain.m = parent->m;
	u->kind = kind;
	u->phys = phys;
	u->x2apic = x2apic;
	status = build(u, config);
	if (status) {
		free_unit(u);
		return status;
	}
	umsi_domain_add(parent->m, &u->domain, parent, kind->ops);
	*out = &u->domain;
	return UMSI_OK;
}

int umsi_unit_destroy(struct umsi_unit *u)
{
	int status = u ? umsi_domain_remove(&u->domain) : UMSI_EINVAL;

	if (status)
		return status;
	status = stop(u);
	free_unit(u);
	return status;
}

/* Turning it off and on again would let messages of devices that are awake pass untranslated. */
int umsi_unit_restore(struct umsi_domain *d)
{
	struct umsi_unit *u = (struct umsi_unit *)d;

	/* Whatever kept it silent before. */
	umsi_store32(&u->silent, 0);
	return u->kind->kept(u) ? u->kind->forget(u) : u->kind->start(u);
}
