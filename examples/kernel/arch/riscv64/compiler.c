/* SPDX-License-Identifier: MIT */
/* What GCC calls where base RV64 has no instruction (libgcc's names). */
int __ctzdi2(unsigned long word);

int __ctzdi2(unsigned long word)
{
	int n = 0;

	for (int step = 32; step; step /= 2) {
		if (word << (64 - step))
			continue;
		word >>= step;
		n += step;
	}
	return n;
}
