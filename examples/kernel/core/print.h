/* SPDX-License-Identifier: MIT */
/* Output: %s %c %d %u %x with l, width, 0 and -; a call's text is never mixed with another's. */
#ifndef PRINT_H
#define PRINT_H

void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says why and powers off with a bad status. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
