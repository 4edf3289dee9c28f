/* SPDX-License-Identifier: MIT */
#ifndef RTC_H
#define RTC_H

#include <stdbool.h>

#include <umsi/types.h>

/* The clock's alarm as a level-triggered wire of @root; true also where there is no clock. */
bool rtc_check(struct umsi_domain *root);

#endif
