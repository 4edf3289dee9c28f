/* SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>

/* Each interrupt of the disk: entry, CPU, counts. */
void report_interrupts(void);
/* The library's and the kernel's counters. */
void report_stats(void);
void report_dump(void);
/* The line that ends a batch run; true when everything it says is as it must be. */
bool report_result(void);

#endif
