/* SPDX-License-Identifier: MIT */
#ifndef INTRUDER_H
#define INTRUDER_H

#include <stdbool.h>

/* edu sends the message of each I/O queue of the disk, which is silent; counts in kernel.foreign. */
bool intruder_check(void);

#endif
