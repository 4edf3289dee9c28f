/* SPDX-License-Identifier: MIT */
/* The machine sleeps; the disk wakes it. */
#ifndef SUSPEND_H
#define SUSPEND_H

#include <stdbool.h>
#include <stdint.h>

#define SUSPENDS	3u

/*
 * Suspends the library with one queue's interrupt allowed to wake it, has two
 * queues complete a command, sees that only that one is told, resumes, and sees that the
 * other is told then. @times times; counted in kernel.suspends. Boot CPU, nothing else
 * under way. Nothing where functions send no messages.
 */
void suspend_and_wake(uint32_t times);

#endif
