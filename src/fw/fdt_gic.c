/* SPDX-License-Identifier: MIT */
/*
 * The GICv2: distributor, CPU interface, message frames below it; and
 * interrupts as its binding writes them.
 * Source: Devicetree bindings arm,gic, arm,arch_timer.
 */
#include "fw/fdt_gic.h"

/* Cells of one interrupt: kind, number, flags. */
#define CELLS			3u
#define KIND_SHARED		0u
#define KIND_PRIVATE		1u
#define FIRST_SHARED		32u
#define FIRST_PRIVATE		16u
#define SHARED_MAX		988u
#define PRIVATE_MAX		16u
/* Of arm,armv8-timer: secure, non-secure, virtual, hypervisor. */
#define TIMER_VIRTUAL		2u

umsi_fdt_node umsi_fdt_gic_find(const struct umsi_fdt *fdt, const char *const *names)
{
	umsi_fdt_node node = -1;

	for (; *names && node < 0; names++)
		node = umsi_fdt_next_okay(fdt, -1, *names);
	return node;
}

int umsi_fdt_gic_reg(const struct umsi_fdt_reader *r, uint32_t index, uint64_t *out_phys, uint64_t *out_bytes)
{
	struct umsi_fdt_regs regs;
	uint64_t address, bytes;
	int err = umsi_fdt_regs_of(r->fdt, r->node, &regs);

	if (err)
		return err;
	if (index >= regs.count)
		return UMSI_EFW_MISSING;
	if (!umsi_fdt_regs_entry(&regs, index, &address, &bytes) || !bytes)
		return UMSI_EFW_VALUE;
	*out_bytes = bytes;
	return umsi_fdt_to_cpu(r->fdt, &regs, address, bytes, out_phys);
}

static int read_frame(const struct umsi_fdt_reader *r, struct umsi_gic_frame *out)
{
	uint64_t bytes;
	int err = umsi_fdt_gic_reg(r, 0, &out->phys, &bytes);

	if (err)
		return umsi_fdt_refuse_here(r, "v2m frame: reg", err);
	if (umsi_fdt_u32_or(r->fdt, r->node, "arm,msi-base-spi", 0, &out->spi_base) ||
	    umsi_fdt_u32_or(r->fdt, r->node, "arm,msi-num-spis", 0, &out->spis))
		return umsi_fdt_refuse_here(r, "arm,msi-*: not one cell", UMSI_EFW_VALUE);
	if (!out->spi_base != !out->spis)
		return umsi_fdt_refuse_here(r, "arm,msi-base-spi, arm,msi-num-spis: one without the other",
					    UMSI_EFW_VALUE);
	return UMSI_OK;
}

static int read_frames(const struct umsi_fdt_reader *gic, struct umsi_gic_config *out)
{
	struct umsi_fdt_reader r = *gic;
	int err = UMSI_OK;

	for (r.node = umsi_fdt_first_child(r.fdt, r.node); r.node >= 0 && !err;
	     r.node = umsi_fdt_next_sibling(r.fdt, r.node)) {
		if (!umsi_fdt_is_compatible(r.fdt, r.node, "arm,gic-v2m-frame") ||
		    !umsi_fdt_is_okay(r.fdt, r.node))
			continue;
		if (out->frames == UMSI_GIC_FRAMES_MAX)
			return umsi_fdt_refuse_here(&r, "more v2m frames than there is room for", UMSI_EFW_ROOM);
		err = read_frame(&r, &out->frame[out->frames++]);
	}
	return err;
}

int umsi_fdt_gic_timer(const struct umsi_fdt_reader *gic, uint32_t *out_id)
{
	static const char *const names[] = { "arm,armv8-timer", "arm,armv7-timer", NULL };
	struct umsi_fdt_reader r = *gic;
	uint8_t trigger;
	uint32_t id;
	int err;

	r.node = umsi_fdt_gic_find(r.fdt, names);
	if (r.node < 0)
		return UMSI_OK;
	err = umsi_fdt_gic_interrupt(r.fdt, r.node, TIMER_VIRTUAL, &id, &trigger);
	if (!err && id >= FIRST_SHARED)
		err = UMSI_EFW_VALUE;
	if (err)
		return umsi_fdt_refuse_here(&r, "timer: no private virtual interrupt", err);
	*out_id = id;
	return UMSI_OK;
}

int umsi_fdt_gic(const struct umsi_fdt *fdt, struct umsi_gic_config *out,
		 struct umsi_fdt_error *error)
{
	static const char *const names[] = {
		"arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a7-gic", "arm,cortex-a9-gic", NULL
	};
	struct umsi_fdt_reader r = { .fdt = fdt, .error = error };
	struct umsi_gic_config config = { .version = 2 };
	uint64_t bytes;
	uint32_t cells;
	int err;

	if (!fdt || !out)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL", UMSI_EINVAL);
	r.node = umsi_fdt_gic_find(fdt, names);
	if (r.node < 0)
		return umsi_fdt_refuse_here(&r, "no GICv2", UMSI_EFW_MISSING);
	if (umsi_fdt_u32_or(fdt, r.node, "#interrupt-cells", CELLS, &cells) || cells != CELLS)
		return umsi_fdt_refuse_here(&r, "#interrupt-cells: not 3", UMSI_EFW_CELLS);
	err = umsi_fdt_gic_reg(&r, 0, &config.distributor, &bytes);
	if (!err)
		err = umsi_fdt_gic_reg(&r, 1, &config.cpu_interface, &bytes);
	if (err)
		return umsi_fdt_refuse_here(&r, "reg: distributor or CPU interface", err);
	err = read_frames(&r, &config);
	if (!err)
		err = umsi_fdt_gic_timer(&r, &config.timer_id);
	if (!err)
		*out = config;
	return err;
}

/* Flags, bits 3:0: 1 rising, 2 falling, 4 high, 8 low. */
static int trigger_of(uint32_t flags, uint8_t *out)
{
	switch (flags & 0xf) {
	case 1:
		*out = UMSI_TRIGGER_EDGE_RISING;
		return UMSI_OK;
	case 2:
		*out = UMSI_TRIGGER_EDGE_FALLING;
		return UMSI_OK;
	case 4:
		*out = UMSI_TRIGGER_LEVEL_HIGH;
		return UMSI_OK;
	case 8:
		*out = UMSI_TRIGGER_LEVEL_LOW;
		return UMSI_OK;
	default:
		return UMSI_EFW_VALUE;
	}
}

int umsi_fdt_gic_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
			   uint32_t *out_id, uint8_t *out_trigger)
{
	struct umsi_fdt_property list;
	uint32_t kind, number;

	if (!fdt || !out_id || !out_trigger)
		return UMSI_EINVAL;
	if (!umsi_fdt_get(fdt, node, "interrupts", &list))
		return UMSI_EFW_MISSING;
	if (list.bytes % (4 * CELLS))
		return UMSI_EFW_VALUE;
	if (index >= list.bytes / (4 * CELLS))
		return UMSI_EFW_MISSING;
	list.value += 4 * CELLS * index;
	kind = umsi_fdt_be32(list.value);
	number = umsi_fdt_be32(list.value + 4);
	if (!(kind == KIND_SHARED && number < SHARED_MAX) &&
	    !(kind == KIND_PRIVATE && number < PRIVATE_MAX))
		return UMSI_EFW_VALUE;
	*out_id = number + (kind == KIND_SHARED ? FIRST_SHARED : FIRST_PRIVATE);
	return trigger_of(umsi_fdt_be32(list.value + 8), out_trigger);
}
