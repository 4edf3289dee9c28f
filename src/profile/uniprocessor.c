/* SPDX-License-Identifier: MIT */
/*
 * The hooks beyond the minimal profile, for a host with one CPU and no threads:
 * nobody else can hold a lock, and nobody to wait for runs elsewhere.
 */
#include <umsi/host.h>

#include "umsi_arch.h"

umsi_cpu umsi_host_cpu(void *host)
{
	(void)host;
	return 0;
}

/* Only traps compete, and they are off while it is held. */
uintptr_t umsi_host_lock(void *host, struct umsi_lock *lock)
{
	uintptr_t state = umsi_arch_irq_save();

	(void)host;
	lock->word = 1;
	return state;
}

void umsi_host_unlock(void *host, struct umsi_lock *lock, uintptr_t state)
{
	(void)host;
	lock->word = 0;
	umsi_arch_irq_restore(state);
}

/* Never taken in traps, so that there is nobody to wait for. */
void umsi_host_mutex_lock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	mutex->word[0] = 1;
}

void umsi_host_mutex_unlock(void *host, struct umsi_mutex *mutex)
{
	(void)host;
	mutex->word[0] = 0;
}

/* What the library waits for is the work of traps, and those need no help. */
void umsi_host_relax(void *host)
{
	(void)host;
}
