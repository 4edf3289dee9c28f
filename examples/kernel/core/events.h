/* SPDX-License-Identifier: MIT */
/* The library's trace of this boot, on the console at its end. */
#ifndef EVENTS_H
#define EVENTS_H

/* After umsi_init(), if the command line says trace=N: the last N events of each CPU are kept. */
void events_init(void);

/* Rings as lines "TRACE " and hex, for umsi trace. */
void events_print(void);

#endif
