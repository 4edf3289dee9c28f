/* SPDX-License-Identifier: MIT */
/* MSI-X, else MSI, else the wire. */
#include "msi/device.h"
#include "store/pci_function.h"

/* What one call is about, and what has come of it. */
struct wish {
	struct umsi_device *dev;
	const struct umsi_pci_function *fn;
	uint32_t min, max;
	struct umsi_irq_request_at at;
	umsi_irq *irqs;
	struct umsi_pci_irqs set;
};

/* Short counts are fine from min on. */
static int fill_msix(struct wish *w)
{
	uint32_t size = umsi_table_size(w->set.table), most = size < w->max ? size : w->max, n;
	int status = UMSI_OK;

	for (n = 0; n < most; n++) {
		w->at.first = w->at.last = n;
		status = umsi_irq_alloc(w->set.table, &w->at, &w->irqs[n]);
		if (status)
			break;
	}
	w->set.count = n;
	return n >= w->min ? UMSI_OK : status;
}

static int try_msix(struct wish *w)
{
	struct umsi_pci_msix_cap cap;
	int status;

	if (w->fn->no_msix)
		return UMSI_ECAP_NONE;
	status = umsi_pci_msix_probe(w->dev->m, w->fn, &cap);
	if (status)
		return status;
	if (cap.entries < w->min)
		return UMSI_ERANGE;
	status = umsi_pci_msix_create(w->dev, w->fn, &w->set.table);
	if (status)
		return status;
	status = fill_msix(w);
	if (status)
		umsi_table_destroy(w->set.table);
	return status;
}

static int msi_table(struct wish *w, uint32_t messages)
{
	int status = umsi_pci_msi_create(w->dev, w->fn, messages, &w->set.table);

	if (status)
		return status;
	w->at.first = 0;
	w->at.last = UMSI_INDEX_LAST;
	status = messages > 1 ? umsi_irq_alloc_block(w->set.table, &w->at, messages, w->irqs)
			      : umsi_irq_alloc(w->set.table, &w->at, w->irqs);
	if (status)
		umsi_table_destroy(w->set.table);
	return status;
}

/* The largest power of two that is asked for and there; fewer messages where no block of that many is free. */
static int try_msi(struct wish *w)
{
	struct umsi_pci_msi_cap cap;
	int status;

	if (w->fn->no_msi)
		return UMSI_ECAP_NONE;
	status = umsi_pci_msi_probe(w->dev->m, w->fn, &cap);
	if (status)
		return status;
	status = UMSI_ERANGE;
	w->set.kind = UMSI_PCI_MSI;
	for (uint32_t n = 1u << cap.messages_log2; n >= w->min; n /= 2) {
		if (n > w->max)
			continue;
		w->set.count = n;
		status = msi_table(w, n);
		if (status != UMSI_ENOSLOT && status != UMSI_ENOTSUP)
			break;
	}
	return status;
}

static void set_intx(struct umsi_device *dev, bool on)
{
	struct pci_ref f = { dev->m->host, dev->requester_id };

	umsi_pci_intx(&f, on);
}

static int try_wire(struct wish *w, const struct umsi_pci_wire *wire)
{
	int status;

	w->set.table = wire->table;
	w->set.count = 1;
	if (wire->shared) {
		w->set.kind = UMSI_PCI_SHARED;
		w->set.table = NULL;
		w->set.shared = wire->shared;
		w->irqs[0] = umsi_shared_irq(wire->shared);
		return UMSI_OK;
	}
	w->set.kind = UMSI_PCI_WIRED;
	w->at.first = w->at.last = wire->index;
	w->at.trigger = wire->trigger;
	status = umsi_irq_alloc(wire->table, &w->at, w->irqs);
	if (!status)
		set_intx(w->dev, true);
	return status;
}

int umsi_pci_irqs_alloc(struct umsi_device *dev, const struct umsi_pci_function *fn, uint32_t at_least,
			uint32_t at_most, const struct umsi_affinity *affinity,
			const struct umsi_pci_wire *wire, umsi_irq *irqs,
			struct umsi_pci_irqs *out)
{
	struct wish w = {
		.dev = dev, .fn = fn, .min = at_least, .max = at_most, .irqs = irqs, .set.kind = UMSI_PCI_MSIX,
	};
	int status, other;

	if (!dev || !fn || !irqs || !out)
		return UMSI_EINVAL;
	if (!at_least || at_least > at_most || at_most > 2048)
		return UMSI_ERANGE;
	if (affinity)
		w.at.affinity = *affinity;
	status = try_msix(&w);
	if (status) {
		other = try_msi(&w);
		if (other != UMSI_ECAP_NONE)
			status = other;
	}
	if (status && at_least == 1 && wire && (wire->table || wire->shared))
		status = try_wire(&w, wire);
	if (status == UMSI_OK)
		*out = w.set;
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
	return umsi_irq_request(dev->m, irqs[index], handler, arg, name);
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
		umsi_irq_free(dev->m, irqs[0]);
		break;
	case UMSI_PCI_SHARED:
		set_intx(dev, false);
		if (set->sharer)
			umsi_shared_leave(set->sharer);
		break;
	}
}
