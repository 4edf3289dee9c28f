/* SPDX-License-Identifier: MIT */
#include "core/print.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch.h"
#include "core/spin.h"
#include "core/text.h"

static struct spin output;

struct field {
	bool left, zero;
	unsigned int width;
};

static void pad(unsigned int n, char c)
{
	while (n--)
		arch_putchar(c);
}

static void put_text(const char *s, struct field f)
{
	unsigned int n = (unsigned int)text_length(s);
	unsigned int space = f.width > n ? f.width - n : 0;

	if (!f.left)
		pad(space, f.zero ? '0' : ' ');
	while (*s) {
		if (*s == '\n')
			arch_putchar('\r');
		arch_putchar(*s++);
	}
	if (f.left)
		pad(space, ' ');
}

static void put_number(uint64_t value, unsigned int base, bool negative, struct field f)
{
	char digits[24];
	unsigned int at = sizeof(digits) - 1;

	digits[at] = 0;
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (negative)
		digits[--at] = '-';
	put_text(&digits[at], f);
}

static const char *read_field(const char *s, struct field *f)
{
	*f = (struct field){ 0 };
	for (;; s++) {
		if (*s == '-')
			f->left = true;
		else if (*s == '0')
			f->zero = true;
		else
			break;
	}
	for (; *s >= '0' && *s <= '9'; s++)
		f->width = f->width * 10 + (unsigned int)(*s - '0');
	return s;
}

/* One conversion; @s stands behind '%'. Returns where it ends. */
static const char *convert(const char *s, va_list *args)
{
	struct field f;
	bool wide;
	int64_t d;

	s = read_field(s, &f);
	wide = *s == 'l';
	if (wide)
		s++;
	switch (*s) {
	case 's':
		put_text(va_arg(*args, const char *), f);
		break;
	case 'c':
		put_text((char[]){ (char)va_arg(*args, int), 0 }, f);
		break;
	case 'd':
		d = wide ? va_arg(*args, long) : va_arg(*args, int);
		put_number(d < 0 ? -(uint64_t)d : (uint64_t)d, 10, d < 0, f);
		break;
	case 'u':
	case 'x':
		put_number(wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int),
			   *s == 'u' ? 10 : 16, false, f);
		break;
	default:
		arch_putchar(*s);
	}
	return s + 1;
}

static void print(const char *s, va_list *args)
{
	while (*s) {
		if (*s == '%') {
			s = convert(s + 1, args);
			continue;
		}
		if (*s == '\n')
			arch_putchar('\r');
		arch_putchar(*s++);
	}
}

void kprintf(const char *format, ...)
{
	uintptr_t state = spin_lock(&output);
	va_list args;

	va_start(args, format);
	print(format, &args);
	va_end(args);
	spin_unlock(&output, state);
}

_Noreturn void panic(const char *format, ...)
{
	va_list args;

	arch_irq_off();
	va_start(args, format);
	print("\npanic: ", &args);
	print(format, &args);
	print("\n", &args);
	va_end(args);
	arch_power_off(false);
}
