/* SPDX-License-Identifier: MIT */
/* The machines whose trees the tests read; options follow "-M virt". */
#ifndef TESTS_FW_QEMU_TREES_H
#define TESTS_FW_QEMU_TREES_H

#define NUMA_2(first, second) \
	" -object memory-backend-ram,id=m0,size=128M -object memory-backend-ram,id=m1,size=128M" \
	" -numa node,cpus=" first ",memdev=m0 -numa node,cpus=" second ",memdev=m1"

struct qemu_tree {
	const char *isa, *name, *options;
};

static const struct qemu_tree qemu_trees[] = {
	{ "riscv64", "imsic-1", ",aia=aplic-imsic -smp 1" },
	{ "riscv64", "imsic-4", ",aia=aplic-imsic -smp 4" },
	{ "riscv64", "imsic-16", ",aia=aplic-imsic -smp 16" },
	{ "riscv64", "guests-3", ",aia=aplic-imsic,aia-guests=3 -smp 4" },
	{ "riscv64", "sockets-2", ",aia=aplic-imsic,aia-guests=3 -smp 4,sockets=2" NUMA_2("0-1", "2-3") },
	{ "riscv64", "sockets-2-of-3", ",aia=aplic-imsic -smp 6,sockets=2" NUMA_2("0-2", "3-5") },
	{ "riscv64", "aplic", ",aia=aplic -smp 4" },
	{ "riscv64", "plic", ",aia=none -smp 4" },
	{ "riscv64", "plic-aclint", ",aclint=on -smp 2" },
	{ "aarch64", "gicv2", ",gic-version=2 -smp 4" },
	{ "aarch64", "gicv3-its", ",gic-version=3,its=on -cpu cortex-a57 -smp 4" },
	{ "aarch64", "gicv3-smmu", ",gic-version=3,iommu=smmuv3 -cpu cortex-a57 -smp 2" },
};
#define QEMU_TREES	(sizeof(qemu_trees) / sizeof(qemu_trees[0]))

#endif
