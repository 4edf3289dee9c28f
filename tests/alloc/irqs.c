/* SPDX-License-Identifier: MIT */
/* Interrupts, limits, sets, shared lines. */
#include "steps.h"

#define SPI		40u

static int alloc_kind(uint8_t kind, uint64_t set)
{
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .kind = kind,
		.affinity = { .kind = UMSI_AFFINITY_SET, .set = { .bits = &set, .nbits = CPUS } },
	};
	int status = umsi_irq_alloc(w.table, &at, &w.irq[w.irqs]);

	w.irqs += status == UMSI_OK;
	return status;
}

int step_alloc(void)
{
	return alloc_kind(UMSI_IRQ_REGULAR, 3);
}

int step_alloc_roaming(void)
{
	return alloc_kind(UMSI_IRQ_ROAMING, 6);
}

int step_alloc_managed(void)
{
	return alloc_kind(UMSI_IRQ_MANAGED, 5);
}

int step_alloc_reserved(void)
{
	return alloc_kind(UMSI_IRQ_RESERVED, 7);
}

int step_alloc_block(void)
{
	struct umsi_irq_request_at at = { .last = 3 };

	return umsi_irq_alloc_block(w.table, &at, 4, w.irq);
}

/* Chunk by chunk of a sparse table, more records than a slab has: none of them stays. */
int step_alloc_many(void)
{
	static umsi_irq irq[100];
	struct umsi_irq_request_at at = { .first = 100, .last = 3000 };
	int got = umsi_irq_alloc_many(w.table, &at, 100, 100, irq);

	return got == 100 ? UMSI_OK : got;
}

/* ---- Limits: what they promise holds without memory too ---- */

#define PROMISED	4u
#define CEILING		1000u

static void nobody_is_asked(void *arg, uint32_t wanted)
{
	(void)arg;
	fail_msg("memory is short, not slots: asked for %u", (unsigned int)wanted);
}

static void nothing_is_offered(void *arg)
{
	(void)arg;
	fail_msg("nobody was refused a slot");
}

int step_ceiling(void)
{
	return umsi_device_set_limits(w.dev, &(struct umsi_device_limits){ .most = CEILING, .give_back = nobody_is_asked });
}

int step_limits(void)
{
	int status = umsi_device_set_limits(w.platform, &(struct umsi_device_limits){
		.least = PROMISED, .give_back = nobody_is_asked, .offer = nothing_is_offered });

	return status ? status : step_ceiling();
}

/* The function takes all it can get; the other one still gets what it was promised. */
int step_promised(void)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	static umsi_irq irq[CEILING];
	struct umsi_table *other;
	int got = umsi_irq_alloc_many(w.table, &at, 1, CEILING, irq);

	/* From here on slots are what is short. */
	assert_int_equal(umsi_device_set_limits(w.dev, &(struct umsi_device_limits){ .most = CEILING }), UMSI_OK);
	assert_in_range(got, 1, CEILING - 1);
	assert_int_equal(umsi_irq_alloc(w.table, &at, &irq[0]), UMSI_ENOSLOT);
	assert_int_equal(umsi_table_create(w.platform, &step_store, NULL, &(struct umsi_table_config){ .size = 64 }, &other), UMSI_OK);
	assert_int_equal(umsi_irq_alloc_many(other, &at, PROMISED, PROMISED, irq), PROMISED);
	return UMSI_OK;
}

/* Not above its ceiling, whatever failed before. */
int step_up_to_the_ceiling(void)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	umsi_irq irq[2];

	assert_int_equal(umsi_device_set_limits(w.dev, &(struct umsi_device_limits){ .most = w.irqs + 1 }), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(w.table, &at, &irq[0]), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(w.table, &at, &irq[1]), UMSI_ELIMIT);
	return umsi_irq_free(w.umsi, irq[0]);
}

int step_up_to_the_ceiling_of_many(void)
{
	w.irqs += 100;
	step_up_to_the_ceiling();
	w.irqs -= 100;
	return UMSI_OK;
}

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	return UMSI_NOT_MINE;
}

int step_request(void)
{
	return umsi_irq_request(w.umsi, w.irq[0], handler, NULL, "irq");
}

int step_set_affinity(void)
{
	uint64_t set = 12;

	return umsi_irq_set_affinity(w.umsi, w.irq[0], &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_SET, .set = { .bits = &set, .nbits = CPUS } });
}

int step_set_affinity_wait(void)
{
	uint64_t set = 9;

	return umsi_irq_set_affinity_wait(w.umsi, w.irq[0], &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_SET, .set = { .bits = &set, .nbits = CPUS } });
}

int step_spread(void)
{
	uint64_t bits[2];

	return umsi_spread(w.umsi, 0, 2, 0, bits);
}

int step_rebalance(void)
{
	int moved = umsi_rebalance(w.umsi, 4);

	return moved < 0 ? moved : UMSI_OK;
}

static int shared_line(uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .trigger = UMSI_TRIGGER_LEVEL_HIGH };

	return umsi_shared_create(w.wires, &at, &w.line);
}

int step_shared(void)
{
	return shared_line(5);
}

int step_shared_spi(void)
{
	return shared_line(SPI);
}

int step_join(void)
{
	return umsi_shared_join(w.line, handler, NULL, &w.sharer[0]);
}

static int pci_irqs(const struct umsi_pci_wire *wire)
{
	int status = umsi_pci_irqs_alloc(w.dev, &w.fn, 1, 3, NULL, wire, w.irq, &w.set);

	w.has_set = status == UMSI_OK;
	return status;
}

int step_pci_irqs_messages(void)
{
	return pci_irqs(NULL);
}

int step_pci_irqs_wired(void)
{
	struct umsi_pci_wire wire = { .table = w.wires, .index = 5, .trigger = UMSI_TRIGGER_LEVEL_HIGH };

	w.fn.no_msix = w.fn.no_msi = true;
	return pci_irqs(&wire);
}

int step_pci_irqs_shared(void)
{
	struct umsi_pci_wire wire = { .shared = w.line };

	w.fn.no_msix = w.fn.no_msi = true;
	return pci_irqs(&wire);
}

int step_pci_irqs_request(void)
{
	return umsi_pci_irqs_request(w.dev, &w.set, w.irq, 0, handler, NULL, "irq");
}
