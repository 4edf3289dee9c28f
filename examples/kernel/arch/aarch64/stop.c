/* SPDX-License-Identifier: MIT */
/* On this instruction set the kernel keeps its CPUs up. */
#include "core/platform.h"

bool platform_cpus_stop(void)
{
	return false;
}

void platform_cpu_stop(void)
{
}

bool platform_cpu_is_stopped(uint64_t hw_id)
{
	(void)hw_id;
	return false;
}
