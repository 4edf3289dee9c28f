/* SPDX-License-Identifier: MIT */
/*
 * A run as one line: what differs from the plan its seed draws
 * ("cpus=2,hotplug=0"; "calm" first means every field at its calmest) and which operations take place ("owner0:1,5-7;mover0:3").
 */
#ifndef UMSI_RECIPE_H
#define UMSI_RECIPE_H

#include <stdio.h>

#include "world.h"

/* False: *why says what is wrong with @text; the plan may be changed in part. */
bool recipe_set(const char *text, struct plan *plan, char why[120]);
bool recipe_keep(const char *text, struct keep *keep, char why[120]);

void recipe_print_set(const struct run *run, FILE *to);
void recipe_print_keep(const struct keep *keep, FILE *to);

/* The whole command that repeats @run, without a newline. */
void recipe_print(const struct run *run, FILE *to);

#endif
