/* SPDX-License-Identifier: MIT */
/* MSI-X, else MSI, else the wire. */
#include "msi/device.h"
#include "store/pci_function.h"

/* What one call is about. */
struct wish {
	struct umsi_device *dev;
	const struct umsi_pci_function *fn;
	uint32_t min, max;
	struct umsi_irq_request_at at;
	umsi_irq *irqs;
};

/* Short counts are fine from min on. */
static int fill_msix(const struct wish *w, struct umsi_table *table, uint32_t *count)
{
	uint32_t most = umsi_table_size(table) < w->max ? umsi_table_size(table) : w->max;
	int status = UMSI_OK;

	for (*count = 0; *count < most; (*count)++) {
		struct umsi_irq_request_at at = w->at;

		at.first = *count;
		at.last = *count;
		status = umsi_irq_alloc(table, &at, &w->irqs[*count]);
		if (status)
			break;
	}
	return *count >= w->min ? UMSI_OK : status;
}

static int try_msix(const struct wish *w, struct umsi_pci_irqs *out)
{
	struct umsi_pci_msix_cap cap;
	int status;

	if (w->fn->no_msix)
		return UMSI_ECAP_NONE;
	status = umsi_pci_msix_probe(umsi_device_machine(w->dev), w->fn, &cap);
	if (status)
		return status;
	if (cap.entries < w->min)
		return UMSI_ERANGE;
	status = umsi_pci_msix_create(w->dev, w->fn, &out->table);
	if (status)
		return status;
	status = fill_msix(w, out->table, &out->count);
	if (status)
		umsi_table_destroy(out->table);
	out->kind = UMSI_PCI_MSIX;
	return status;
}

/* The largest power of two that is asked for and there. */
static uint32_t messages_for(const struct wish *w, const struct umsi_pci_msi_cap *cap)
{
	uint32_t n = 1u << cap->messages_log2;

	while (n > w->max)
		n /= 2;
	return n;
}

static int msi_table(const struct wish *w, uint32_t messages, struct umsi_pci_irqs *out)
{
	struct umsi_irq_request_at at = w->at;
	int status;

	status = umsi_pci_msi_create(w->dev, w->fn, messages, &out->table);
	if (status)
		return status;
	at.last = UMSI_INDEX_LAST;
	status = messages > 1 ? umsi_irq_alloc_block(out->table, &at, messages, w->irqs)
			      : umsi_irq_alloc(out->table, &at, w->irqs);
	if (status)
		umsi_table_destroy(out->table);
	return status;
}

/* Fewer messages where no block of that many is free. */
static int try_msi(const struct wish *w, struct umsi_pci_irqs *out)
{
	struct umsi_pci_msi_cap cap;
	uint32_t messages;
	int status;

	if (w->fn->no_msi)
		return UMSI_ECAP_NONE;
	status = umsi_pci_msi_probe(umsi_device_machine(w->dev), w->fn, &cap);
	if (status)
		return status;
	status = UMSI_ERANGE;
	for (messages = messages_for(w, &cap); messages >= w->min; messages /= 2) {
		status = msi_table(w, messages, out);
		if (status != UMSI_ENOSLOT && status != UMSI_ENOTSUP)
			break;
	}
	out->kind = UMSI_PCI_MSI;
	out->count = messages;
	return status;
}

static void set_intx(struct umsi_device *dev, bool on)
{
	struct pci_ref f = { umsi_machine_host(umsi_device_machine(dev)), umsi_device_requester_id(dev) };
	uint32_t command = pci_read(&f, PCI_COMMAND, 2);

	if (command != 0xffff)
		pci_write16(&f, PCI_COMMAND, on ? command & ~PCI_COMMAND_INTX_OFF
					       : command | PCI_COMMAND_INTX_OFF);
}

static int try_wire(const struct wish *w, const struct umsi_pci_wire *wire,
		    struct umsi_pci_irqs *out)
{
	struct umsi_irq_request_at at = w->at;
	int status;

	if (wire->shared) {
		w->irqs[0] = umsi_shared_irq(wire->shared);
		*out = (struct umsi_pci_irqs){ .kind = UMSI_PCI_SHARED, .count = 1, .shared = wire->shared };
		return UMSI_OK;
	}
	at.first = wire->index;
	at.last = wire->index;
	at.trigger = wire->trigger;
	status = umsi_irq_alloc(wire->table, &at, w->irqs);
	if (status)
		return status;
	set_intx(w->dev, true);
	*out = (struct umsi_pci_irqs){ .kind = UMSI_PCI_WIRED, .table = wire->table, .count = 1 };
	return UMSI_OK;
}

int umsi_pci_irqs_alloc(struct umsi_device *dev, const struct umsi_pci_function *fn, uint32_t at_least,
			uint32_t at_most, const struct umsi_affinity *affinity,
			const struct umsi_pci_wire *wire, umsi_irq *irqs,
			struct umsi_pci_irqs *out)
{
	struct wish w = { .dev = dev, .fn = fn, .min = at_least, .max = at_most, .irqs = irqs };
	struct umsi_pci_irqs set = { 0 };
	int status, other;

	if (!dev || !fn || !irqs || !out)
		return UMSI_EINVAL;
	if (!at_least || at_least > at_most || at_most > 2048)
		return UMSI_ERANGE;
	if (affinity)
		w.at.affinity = *affinity;
	status = try_msix(&w, &set);
	if (status) {
		other = try_msi(&w, &set);
		if (other != UMSI_ECAP_NONE)
			status = other;
	}
	if (status && at_least == 1 && wire && (wire->table || wire->shared))
		status = try_wire(&w, wire, &set);
	if (status == UMSI_OK)
		*out = set;
	return status;
}

/* The driver first, then the function that may assert the line. */
static int join_line(struct umsi_device *dev, struct umsi_pci_irqs *set, umsi_handler handler, void *arg)
{
	int status;

	if (set->sharer)
		return UMSI_EEXIST;
	status = umsi_shared_join(set->shared, handler, arg, &set->sharer);
	if (status == UMSI_OK)
		set_intx(dev, true);
	return status;
}

int umsi_pci_irqs_request(struct umsi_device *dev, struct umsi_pci_irqs *set, const umsi_irq *irqs,
			  uint32_t index, umsi_handler handler, void *arg, const char *name)
{
	if (!dev || !set || !irqs || !handler)
		return UMSI_EINVAL;
	if (index >= set->count)
		return UMSI_ERANGE;
	if (set->kind == UMSI_PCI_SHARED)
		return join_line(dev, set, handler, arg);
	return umsi_irq_request(umsi_device_machine(dev), irqs[index], handler, arg, name);
}

void umsi_pci_irqs_free(struct umsi_device *dev, const struct umsi_pci_irqs *set,
			const umsi_irq *irqs)
{
	switch (set->kind) {
	case UMSI_PCI_MSIX:
	case UMSI_PCI_MSI:
		umsi_table_destroy(set->table);
		break;
	case UMSI_PCI_WIRED:
		set_intx(dev, false);
		umsi_irq_free(umsi_device_machine(dev), irqs[0]);
		break;
	case UMSI_PCI_SHARED:
		set_intx(dev, false);
		if (set->sharer)
			umsi_shared_leave(set->sharer);
		break;
	}
}
