/* SPDX-License-Identifier: MIT */
/*
 * What kernel/irq/matrix.c asks of the kernel around it, for a process: words of
 * bits, a block of memory for each CPU, sets of CPUs. Tracing, locks and text are left out.
 */
#ifndef MATRIX_SHIM_H
#define MATRIX_SHIM_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define BITS_PER_LONG	64u
#define CPUS_MAX	4096u

#define __init
#define __percpu
#define GFP_KERNEL	0
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define BUG_ON(x)	do { if (unlikely(x)) abort(); } while (0)
#define WARN_ON_ONCE(x)	({ bool bad_ = (x); if (unlikely(bad_)) abort(); bad_; })
#define pr_warn(...)	abort()
#define BITS_TO_LONGS(n) (((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define kzalloc(bytes, how) calloc(1, bytes)
#define kfree		free

/* ---- Words of bits: as generic code does them, a word at a time ---- */

/* Functions of their own, as in the kernel. */
unsigned long find_next_bit(const unsigned long *bits, unsigned long end, unsigned long at);
unsigned long find_next_zero_bit(const unsigned long *bits, unsigned long end, unsigned long at);

#define find_first_bit(bits, end) find_next_bit(bits, end, 0)

static inline unsigned long bitmap_find_next_zero_area(const unsigned long *bits, unsigned long size,
						       unsigned long start, unsigned int n, unsigned long align_mask)
{
	for (;;) {
		unsigned long at = (find_next_zero_bit(bits, size, start) + align_mask) & ~align_mask, taken;

		if (at + n > size)
			return at + n;
		taken = find_next_bit(bits, at + n, at);
		if (taken >= at + n)
			return at;
		start = taken + 1;
	}
}

static inline void bitmap_or(unsigned long *out, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		out[i] = a[i] | b[i];
}

static inline bool bitmap_andnot(unsigned long *out, const unsigned long *a, const unsigned long *b, unsigned int n)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(n); i++)
		any |= out[i] = a[i] & ~b[i];
	return any;
}

static inline unsigned int bitmap_weight(const unsigned long *bits, unsigned int n)
{
	unsigned int weight = 0;

	for (unsigned int i = 0; i < n; i++)
		weight += bits[i / BITS_PER_LONG] >> i % BITS_PER_LONG & 1;
	return weight;
}

static inline void set_bit(unsigned long n, unsigned long *bits)
{
	__atomic_fetch_or(&bits[n / BITS_PER_LONG], 1ul << n % BITS_PER_LONG, __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned long n, unsigned long *bits)
{
	__atomic_fetch_and(&bits[n / BITS_PER_LONG], ~(1ul << n % BITS_PER_LONG), __ATOMIC_RELAXED);
}

static inline bool test_and_set_bit(unsigned long n, unsigned long *bits)
{
	return __atomic_fetch_or(&bits[n / BITS_PER_LONG], 1ul << n % BITS_PER_LONG, __ATOMIC_SEQ_CST) >>
	       n % BITS_PER_LONG & 1;
}

static inline bool test_and_clear_bit(unsigned long n, unsigned long *bits)
{
	return __atomic_fetch_and(&bits[n / BITS_PER_LONG], ~(1ul << n % BITS_PER_LONG), __ATOMIC_SEQ_CST) >>
	       n % BITS_PER_LONG & 1;
}

static inline void bitmap_set(unsigned long *bits, unsigned int from, unsigned int n)
{
	while (n--) {
		bits[from / BITS_PER_LONG] |= 1ul << from % BITS_PER_LONG;
		from++;
	}
}

/* ---- CPUs: each has its own block, found by an offset ---- */

extern unsigned int matrix_ncpus, matrix_cpu;
extern unsigned long matrix_offset[CPUS_MAX];
void *__alloc_percpu(size_t bytes, size_t align);

#define per_cpu_ptr(p, cpu) ((__typeof__(p))((char *)(p) + matrix_offset[cpu]))
#define this_cpu_ptr(p)	per_cpu_ptr(p, matrix_cpu)
#define smp_processor_id() matrix_cpu
#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < matrix_ncpus; (cpu)++)
#define for_each_online_cpu(cpu) for ((cpu) = 0; (cpu) < (int)matrix_ncpus; (cpu)++)

struct cpumask {
	unsigned long bits[CPUS_MAX / BITS_PER_LONG];
};

#define for_each_cpu(cpu, mask) \
	for ((cpu) = (unsigned int)find_next_bit((mask)->bits, matrix_ncpus, 0); (cpu) < matrix_ncpus; \
	     (cpu) = (unsigned int)find_next_bit((mask)->bits, matrix_ncpus, (cpu) + 1))
#define cpumask_empty(mask) (find_first_bit((mask)->bits, matrix_ncpus) >= matrix_ncpus)

static inline const struct cpumask *cpumask_of(unsigned int cpu)
{
	static struct cpumask one;

	one = (struct cpumask){ 0 };
	one.bits[cpu / BITS_PER_LONG] = 1ul << cpu % BITS_PER_LONG;
	return &one;
}

/* ---- Not counted here ---- */

struct seq_file;
#define seq_printf(...)	do { } while (0)
#define cpus_read_lock() do { } while (0)
#define cpus_read_unlock() do { } while (0)
#define trace_irq_matrix_online(...) do { } while (0)
#define trace_irq_matrix_offline(...) do { } while (0)
#define trace_irq_matrix_assign_system(...) do { } while (0)
#define trace_irq_matrix_reserve_managed(...) do { } while (0)
#define trace_irq_matrix_remove_managed(...) do { } while (0)
#define trace_irq_matrix_alloc_managed(...) do { } while (0)
#define trace_irq_matrix_assign(...) do { } while (0)
#define trace_irq_matrix_reserve(...) do { } while (0)
#define trace_irq_matrix_remove_reserved(...) do { } while (0)
#define trace_irq_matrix_alloc(...) do { } while (0)
#define trace_irq_matrix_free(...) do { } while (0)

/* ---- What the file offers ---- */

struct irq_matrix;
struct irq_matrix *irq_alloc_matrix(unsigned int bits, unsigned int start, unsigned int end);
void irq_matrix_online(struct irq_matrix *m);
int irq_matrix_alloc(struct irq_matrix *m, const struct cpumask *mask, bool reserved, unsigned int *cpu);
void irq_matrix_free(struct irq_matrix *m, unsigned int cpu, unsigned int bit, bool managed);

#endif
