/* SPDX-License-Identifier: MIT */
/*
 * One allocation and one release of Linux's vector matrix, its own file compiled
 * beside this one: matrix_bench CPUS. Every CPU permitted, 2,048 bits a CPU, half
 * full after random churn, as bench/slots.c does it. tools/bench-linux has
 * callgrind count what pairs() takes.
 */
#include "matrix_shim.h"

#include <stdio.h>

#define BITS	2048u
#define PAIRS	200u
#define CHURN_MAX 100000u

struct taken {
	unsigned int cpu, bit;
};

unsigned int matrix_ncpus, matrix_cpu;
unsigned long matrix_offset[CPUS_MAX];

unsigned long find_next_bit(const unsigned long *bits, unsigned long end, unsigned long at)
{
	unsigned long word;

	if (unlikely(at >= end))
		return end;
	word = bits[at / BITS_PER_LONG] & ~0ul << at % BITS_PER_LONG;
	at -= at % BITS_PER_LONG;
	while (!word) {
		at += BITS_PER_LONG;
		if (at >= end)
			return end;
		word = bits[at / BITS_PER_LONG];
	}
	at += (unsigned long)__builtin_ctzl(word);
	return at < end ? at : end;
}

unsigned long find_next_zero_bit(const unsigned long *bits, unsigned long end, unsigned long at)
{
	unsigned long word;

	if (unlikely(at >= end))
		return end;
	word = ~bits[at / BITS_PER_LONG] & ~0ul << at % BITS_PER_LONG;
	at -= at % BITS_PER_LONG;
	while (!word) {
		at += BITS_PER_LONG;
		if (at >= end)
			return end;
		word = ~bits[at / BITS_PER_LONG];
	}
	at += (unsigned long)__builtin_ctzl(word);
	return at < end ? at : end;
}

void *__alloc_percpu(size_t bytes, size_t align)
{
	size_t stride = (bytes + 63) / 64 * 64;

	(void)align;
	for (unsigned int cpu = 0; cpu < matrix_ncpus; cpu++)
		matrix_offset[cpu] = cpu * stride;
	return calloc(matrix_ncpus, stride);
}

static unsigned int below(unsigned int limit)
{
	static unsigned long x = 0x9e3779b97f4a7c15ul;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned int)(((x >> 32) * limit) >> 32);
}

static struct taken take(struct irq_matrix *m, const struct cpumask *all)
{
	struct taken t = { 0, 0 };
	int bit = irq_matrix_alloc(m, all, false, &t.cpu);

	if (bit < 0)
		abort();
	t.bit = (unsigned int)bit;
	return t;
}

__attribute__((noinline)) void pairs(struct irq_matrix *m, const struct cpumask *all);

void pairs(struct irq_matrix *m, const struct cpumask *all)
{
	for (unsigned int i = 0; i < PAIRS; i++) {
		struct taken t = take(m, all);

		irq_matrix_free(m, t.cpu, t.bit, false);
	}
}

int main(int argc, char **argv)
{
	static struct cpumask all, one;
	struct irq_matrix *m;
	struct taken *taken;
	unsigned int half;

	matrix_ncpus = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;
	if (!matrix_ncpus || matrix_ncpus > CPUS_MAX)
		return 2;
	for (unsigned int cpu = 0; cpu < matrix_ncpus; cpu++)
		all.bits[cpu / BITS_PER_LONG] |= 1ul << cpu % BITS_PER_LONG;
	m = irq_alloc_matrix(BITS, 0, BITS);
	half = matrix_ncpus * (BITS / 2);
	taken = calloc(half, sizeof(*taken));
	if (!m || !taken)
		return 3;
	for (matrix_cpu = 0; matrix_cpu < matrix_ncpus; matrix_cpu++)
		irq_matrix_online(m);
	matrix_cpu = 0;
	/* Each CPU by itself: any CPU, a half of all would take for ever on thousands. */
	for (unsigned int i = 0; i < half; i++) {
		one = (struct cpumask){ 0 };
		one.bits[i % matrix_ncpus / BITS_PER_LONG] = 1ul << i % matrix_ncpus % BITS_PER_LONG;
		taken[i] = take(m, &one);
	}
	for (unsigned int i = 0; i < half && i < CHURN_MAX; i++) {
		struct taken *t = &taken[below(half)];

		one = (struct cpumask){ 0 };
		one.bits[t->cpu / BITS_PER_LONG] = 1ul << t->cpu % BITS_PER_LONG;
		irq_matrix_free(m, t->cpu, t->bit, false);
		*t = take(m, &one);
	}
	pairs(m, &all);
	printf("%u\n", PAIRS);
	return 0;
}
