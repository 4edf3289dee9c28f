/* SPDX-License-Identifier: MIT */
/* What the device tree tells about the firmware. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>

/* PSCI is called by SMC instead of HVC. */
void psci_by_smc(bool smc);

#endif
