/* SPDX-License-Identifier: MIT */
#ifndef MONITOR_H
#define MONITOR_H

/* Commands on the serial line, until quit. */
void monitor(void);

#endif
