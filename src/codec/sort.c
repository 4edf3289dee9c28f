/* SPDX-License-Identifier: MIT */
#include "codec/sort.h"

/* Entry @at of the heap a[0 .. n) may be smaller than its children. */
static void sift_down(uint64_t *a, uint32_t at, uint32_t n)
{
	uint64_t value = a[at];
	uint32_t child;

	while ((child = 2 * at + 1) < n) {
		if (child + 1 < n && a[child + 1] > a[child])
			child++;
		if (a[child] <= value)
			break;
		a[at] = a[child];
		at = child;
	}
	a[at] = value;
}

void umsi_sort64(uint64_t *a, uint32_t n)
{
	for (uint32_t i = n / 2; i-- > 0;)
		sift_down(a, i, n);
	while (n > 1) {
		uint64_t last = a[--n];

		a[n] = a[0];
		a[0] = last;
		sift_down(a, 0, n);
	}
}
