/* SPDX-License-Identifier: MIT */
/*
 * An ITS that slept with the machine and has lost its registers. Its tables in
 * memory hold what it had written back, and it promises that they hold all only
 * when it was disabled and at rest (IHI 0069, "GITS_CTLR.Quiescent"); but until
 * the machine slept it had to translate what might wake it. So they are cleared,
 * and it is told everything again: devices, then each event under its record's lock.
 */
#include "core/hold.h"
#include "core/run.h"
#include "translate/its.h"
#include "umsi_arch.h"

static bool kept(struct umsi_its *its)
{
	return umsi_mmio_read32(its->frame + GITS_CTLR) & GITS_CTLR_ENABLED && umsi_its_queue_kept(its) &&
	       umsi_its_tables_kept(its);
}

/* its->mutex. */
static int bring_back(struct umsi_its *its)
{
	int status = umsi_its_rest(its);

	if (!status)
		status = umsi_its_tables_again(its);
	if (!status)
		status = umsi_its_queue_restart(its);
	if (status)
		return status;
	umsi_its_free_stranded(its, true);
	return umsi_its_devices_again(its);
}

/* What its device sent while nobody translated is gone, unless the device was quiet: then it tells itself. */
static int map_again(struct umsi_its *its, struct umsi_record *r)
{
	struct umsi_hold hold;
	int status = UMSI_OK;

	umsi_hold_enter(r, &hold);
	if (r->phase == UMSI_PHASE_ACTIVE && r->leaf->parent == &its->domain) {
		if (!umsi_its_has_event(its, umsi_its_device_of(r), r->entry))
			status = umsi_its_map_event(its, r);
		if (!status && !r->away)
			umsi_inbox_trigger(r);
	}
	umsi_hold_unlock(r, &hold);
	return status;
}

int umsi_its_resume(struct umsi_domain *d)
{
	struct umsi_its *its = umsi_its_of(d);
	struct umsi_record *r;
	int status;

	if (!its->lost && kept(its))
		return UMSI_OK;
	its->lost = true;
	umsi_host_mutex_lock(d->m->host, &its->mutex);
	status = bring_back(its);
	umsi_host_mutex_unlock(d->m->host, &its->mutex);
	for (uint32_t n = 0; !status && (r = umsi_record_by_number(d->m, n)); n++)
		status = map_again(its, r);
	its->lost = status;
	return status;
}
