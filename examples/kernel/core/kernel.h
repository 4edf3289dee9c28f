/* SPDX-License-Identifier: MIT */
/* The one machine of this kernel, for all its files. */
#ifndef KERNEL_H
#define KERNEL_H

#include <umsi/umsi.h>

#include "core/fire.h"
#include "core/options.h"
#include "core/platform.h"

struct kernel {
	struct umsi_storage storage;
	struct umsi *m;
	struct umsi_domain *root;
	struct umsi_domain *messages;	/* where devices send to: the root, or a translator before it */
	struct platform platform;
	struct options options;
	/* What stands between devices and the root ("none", "vtd", ...), and whom it kept out. */
	const char *translator;
	uint64_t foreign, foreign_arrived;
	/* Raised in platform_check(), where the machine has such. */
	uint64_t suspends;		/* slept, woken by its disk, awake again */
	struct fire level;		/* a level-triggered wire */
	struct fire hpet;		/* timers that send messages */
};

extern struct kernel kernel;

#endif
