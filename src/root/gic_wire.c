/* SPDX-License-Identifier: MIT */
/*
 * Wired lines as a message store whose messages are the lines themselves:
 * opening and closing one is its enable bit.
 *
 * A level line needs nothing to be looked at again: while it is asserted and
 * enabled it becomes pending again by itself after the completion. Held lines
 * are disabled by the core until the driver is done.
 */
#include "msi/device.h"
#include "root/gic.h"
#include "umsi_arch.h"
#include "umsi_gic.h"

static int wire_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store;
	(void)index;
	(void)cookie;
	(void)msg;
	return 0;
}

static int wire_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_gic_disable(store, index);
	return 1;
}

static int wire_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_gic_enable(store, index);
	return 1;
}

/* Both of the above have waited. */
static int wire_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return UMSI_OK;
}

static int wire_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	struct umsi_gic *gic = store;
	uintptr_t state;
	int status;

	(void)cookie;
	if (trigger != UMSI_TRIGGER_EDGE_RISING && trigger != UMSI_TRIGGER_LEVEL_HIGH)
		return trigger == UMSI_TRIGGER_NONE ? UMSI_EINVAL : UMSI_ENOTSUP;
	state = umsi_lock(gic->m, &gic->lock);
	status = umsi_gic_set_edge_locked(gic, index, trigger == UMSI_TRIGGER_EDGE_RISING);
	umsi_unlock(gic->m, &gic->lock, state);
	return status;
}

/* Before the trap's completion. */
static void wire_rearm(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	umsi_gic_device_before_end();
}

static const struct umsi_store_ops wire_ops = {
	.name = "wires",
	.number_name = "line",
	.write = wire_write,
	.mask = wire_mask,
	.unmask = wire_unmask,
	.settle = wire_settle,
	.set_trigger = wire_set_trigger,
	.rearm = wire_rearm,
};

/* With the first table of them: many machines have none. */
static void begin_wires(struct umsi_gic *gic)
{
	struct umsi *m = gic->m;

	umsi_host_mutex_lock(m->host, &m->mutex);
	if (!gic->wires.gic)
		umsi_gic_begin_domain(gic, &gic->wires, &umsi_gic_wire_ops);
	umsi_host_mutex_unlock(m->host, &m->mutex);
}

int umsi_gic_make_wires(struct umsi_device *dev, const struct umsi_gic_kind *kind, struct umsi_table **out)
{
	struct umsi_table_config config = { .name = "wires" };
	struct umsi_gic *gic;
	int status;

	if (!dev || !out || !umsi_gic_is_root(dev->parent, kind))
		return UMSI_EINVAL;
	gic = umsi_gic_of(dev->parent);
	begin_wires(gic);
	config.size = gic->spis_end;
	status = umsi_table_create(dev, &wire_ops, gic, &config, out);
	if (status)
		return status;
	/* Nobody else knows the table yet. */
	umsi_domain_put_under(&(*out)->domain, &gic->wires.domain);
	return UMSI_OK;
}
