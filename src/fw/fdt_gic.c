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

/* Moves the reader to the first enabled node that is compatible with any of @names (NULL-terminated). */
static bool seek_any(struct umsi_fdt_reader *r, const char *const *names)
{
	for (r->node = -1; *names && r->node < 0; names++)
		r->node = umsi_fdt_next_okay(r->fdt, -1, *names);
	return r->node >= 0;
}

uint64_t umsi_fdt_gic_reg(struct umsi_fdt_reader *r, uint32_t index, uint64_t *out_bytes)
{
	struct umsi_fdt_regs regs;
	uint64_t phys;

	umsi_fdt_regs_of(r, &regs);
	phys = umsi_fdt_region(r, &regs, index, out_bytes);
	if (!*out_bytes)
		umsi_fdt_refuse(r, "reg", UMSI_EFW_VALUE);
	return phys;
}

static void read_frame(struct umsi_fdt_reader *r, struct umsi_gic_frame *out)
{
	uint64_t bytes;

	out->phys = umsi_fdt_gic_reg(r, 0, &bytes);
	out->spi_base = umsi_fdt_cell(r, "arm,msi-base-spi", 0, 0, UINT32_MAX);
	out->spis = umsi_fdt_cell(r, "arm,msi-num-spis", 0, 0, UINT32_MAX);
	/* Neither, or both. */
	if (!out->spi_base != !out->spis)
		umsi_fdt_refuse(r, "arm,msi-num-spis", UMSI_EFW_VALUE);
}

static void read_frames(struct umsi_fdt_reader *gic, struct umsi_gic_config *out)
{
	struct umsi_fdt_reader r = *gic;

	for (r.node = umsi_fdt_first_child(r.fdt, r.node); r.node >= 0 && !r.status;
	     r.node = umsi_fdt_next_sibling(r.fdt, r.node)) {
		if (!umsi_fdt_is_compatible(r.fdt, r.node, "arm,gic-v2m-frame") ||
		    !umsi_fdt_is_okay(r.fdt, r.node))
			continue;
		if (out->frames == UMSI_GIC_FRAMES_MAX)
			umsi_fdt_refuse(&r, "arm,gic-v2m-frame", UMSI_EFW_ROOM);
		else
			read_frame(&r, &out->frame[out->frames++]);
	}
	gic->status = r.status;
}

uint32_t umsi_fdt_gic_timer(struct umsi_fdt_reader *gic)
{
	static const char *const names[] = { "arm,armv8-timer", "arm,armv7-timer", NULL };
	struct umsi_fdt_reader r = *gic;
	uint32_t id = 0;
	uint8_t trigger;
	int err;

	if (!seek_any(&r, names))
		return 0;
	err = umsi_fdt_gic_interrupt(r.fdt, r.node, TIMER_VIRTUAL, &id, &trigger);
	if (err || id >= FIRST_SHARED)
		umsi_fdt_refuse(&r, "interrupts", err ? err : UMSI_EFW_VALUE);
	gic->status = r.status;
	return id;
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

	if (!fdt || !out)
		return umsi_fdt_refuse(&r, "argument", UMSI_EINVAL);
	if (!seek_any(&r, names))
		return umsi_fdt_refuse(&r, "a GICv2", UMSI_EFW_MISSING);
	umsi_fdt_cell_count(&r, "#interrupt-cells", CELLS, CELLS, CELLS);
	config.distributor = umsi_fdt_gic_reg(&r, 0, &bytes);
	config.cpu_interface = umsi_fdt_gic_reg(&r, 1, &bytes);
	read_frames(&r, &config);
	config.timer_id = umsi_fdt_gic_timer(&r);
	if (!r.status)
		*out = config;
	return r.status;
}

int umsi_fdt_gic_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
			   uint32_t *out_id, uint8_t *out_trigger)
{
	struct umsi_fdt_reader r = { .fdt = fdt, .node = node };
	const unsigned char *row;
	uint32_t kind, number;

	if (!fdt || !out_id || !out_trigger)
		return UMSI_EINVAL;
	if (index >= umsi_fdt_rows(&r, "interrupts", CELLS, &row))
		return r.status ? r.status : UMSI_EFW_MISSING;
	row += 4 * CELLS * index;
	kind = umsi_fdt_be32(row);
	number = umsi_fdt_be32(row + 4);
	if (!(kind == KIND_SHARED && number < SHARED_MAX) &&
	    !(kind == KIND_PRIVATE && number < PRIVATE_MAX))
		return UMSI_EFW_VALUE;
	*out_id = number + (kind == KIND_SHARED ? FIRST_SHARED : FIRST_PRIVATE);
	/* Bits 15:8 name the CPUs of a private interrupt. */
	return umsi_fdt_trigger(umsi_fdt_be32(row + 8) & 0xf, out_trigger);
}
