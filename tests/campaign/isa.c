/* SPDX-License-Identifier: MIT */
#include "isa.h"

#include <string.h>

const struct isa *const isa_all[] = { &isa_riscv, &isa_x86, &isa_arm, &isa_arm3 };
const size_t isa_count = sizeof(isa_all) / sizeof(isa_all[0]);

const struct isa *isa_by_name(const char *name)
{
	for (size_t i = 0; i < isa_count; i++)
		if (!strcmp(isa_all[i]->name, name))
			return isa_all[i];
	return NULL;
}
