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
	struct platform platform;
	struct options options;
	struct fire level;		/* of a level-triggered wire, where platform_check() found one */
};

extern struct kernel kernel;

#endif
