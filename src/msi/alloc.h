/* SPDX-License-Identifier: MIT */
/* What allocating one index and allocating a block have in common. */
#ifndef UMSI_MSI_ALLOC_H
#define UMSI_MSI_ALLOC_H

#include "msi/device.h"

/* A place at every level. Retried while CPUs can be brought to give back retired slots. */
int umsi_alloc_reserve(struct umsi_record *r, const struct umsi_where *where);

/* Undoes umsi_record_new() for a record that nothing was reserved for. */
void umsi_alloc_drop(struct umsi_record *r);

/*
 * From here on the handle is good, and once the locks are gone a free may be
 * under way. The device's mutex and the record's lock are held.
 */
umsi_irq umsi_alloc_go_live_locked(struct umsi_table *t, struct umsi_record *r);

#endif
