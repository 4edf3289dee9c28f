/* SPDX-License-Identifier: MIT */
#ifndef CAMPAIGN_ACCOUNT_H
#define CAMPAIGN_ACCOUNT_H

#include "world.h"

/* Every CPU's slots add up; @empty: and are nobody's. Roots whose slots belong to a CPU. */
void account_check(struct world *w, bool empty);

#endif
