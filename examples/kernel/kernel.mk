# SPDX-License-Identifier: MIT
# The bootable example kernel: included by the top-level Makefile.

ISA ?= riscv64
CPUS ?= 4
DISK ?= $(B)/kernel/disk.img
DISK_MIB ?= 64
KERNEL_PACKAGES := make gcc libc6-dev gcc-riscv64-linux-gnu binutils-riscv64-linux-gnu qemu-system-misc \
	gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu qemu-system-arm qemu-system-x86

K := examples/kernel
KB := $(B)/kernel/$(ISA)
KERNEL := $(KB)/kernel.elf
# QEMU's x86-64 machines have no device tree.
KERNEL_NOT_x86_64 := $(K)/core/tree.c
KERNEL_SRC := $(filter-out $(KERNEL_NOT_$(ISA)),$(wildcard $(K)/core/*.c $(K)/drivers/*.c \
	$(K)/arch/$(ISA)/*.c $(K)/arch/$(ISA)/*.S))
KERNEL_OBJ := $(patsubst $(K)/%,$(KB)/%.o,$(KERNEL_SRC))
KERNEL_FLAGS := -std=c11 -ffreestanding -fno-pic -fno-strict-aliasing -g -O2 $(WARN) \
	-Iinclude -I$(K) -I$(K)/arch/$(ISA)
KERNEL_CC_riscv64 := $(RISCV64)gcc -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany
KERNEL_CC_aarch64 := $(AARCH64)gcc -march=armv8-a -mgeneral-regs-only -mno-outline-atomics -mstrict-align
KERNEL_CC_x86_64 := $(GCC) -mno-red-zone -mgeneral-regs-only -fcf-protection=none -Wl,-z,noexecstack
KERNEL_CC := $(KERNEL_CC_$(ISA))

$(KB)/%.c.o: $(K)/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(KERNEL_CC) $(KERNEL_FLAGS) -MMD -MP -c -o $@ $<

$(KB)/%.S.o: $(K)/%.S
	@mkdir -p $(@D)
	$(call show,CC,$@)$(KERNEL_CC) $(KERNEL_FLAGS) -MMD -MP -c -o $@ $<

# The library is the same archive that the checks look at.
$(KERNEL): $(KERNEL_OBJ) $(B)/$(ISA)/libumsi.a $(K)/arch/$(ISA)/kernel.ld
	$(call show,LD,$@)$(KERNEL_CC) -nostdlib -static -no-pie -Wl,--build-id=none -Wl,-z,max-page-size=4096 \
		-Wl,--no-warn-rwx-segments -T $(K)/arch/$(ISA)/kernel.ld -o $@ $(KERNEL_OBJ) $(B)/$(ISA)/libumsi.a

-include $(KERNEL_OBJ:.o=.d)

$(B)/kernel/disk-image: $(K)/host/disk_image.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) -std=c11 -O2 $(WARN) -o $@ $<

$(B)/kernel/disk.img: $(B)/kernel/disk-image
	$(call show,DISK,$@)$(B)/kernel/disk-image make $@.part $(DISK_MIB)
	@mv $@.part $@

.PHONY: run run-all run-trace kernel kernel-files kernel-packages count-hotpath list-hotpath

kernel-packages:
	@tools/bootstrap $(KERNEL_PACKAGES)

kernel-files: $(KERNEL) $(DISK) $(B)/kernel/disk-image

kernel: kernel-packages ## the example kernel and its disk, not booted
	@$(MAKE) --no-print-directory kernel-files

# Passed on by name, so that a space in QEMU_ARGS survives.
RUN_ENV = ISA='$(ISA)' AIA='$(AIA)' SOCKETS='$(SOCKETS)' MSI='$(MSI)' SMMU='$(SMMU)' IR='$(IR)' CPUS='$(CPUS)' DISK='$(DISK)' BUILD='$(B)/kernel' KERNEL='$(KERNEL)' \
	QEMU_ARGS='$(QEMU_ARGS)' MONITOR='$(MONITOR)' TRACE='$(TRACE)' KERNEL_ARGS='$(KERNEL_ARGS)'

run: kernel ## boot the example kernel (CPUS=4 AIA=aplic SOCKETS=2 IR=vtd|amd MSI=v2m SMMU=on DISK= QEMU_ARGS= MONITOR=1 TRACE=1)
	@$(RUN_ENV) tools/run

# Each is what 'make run ISA=' is given, commas for spaces.
RUNS ?= riscv64 riscv64,AIA=aplic riscv64,SOCKETS=2 aarch64 aarch64,MSI=v2m x86_64 x86_64,IR=vtd x86_64,IR=amd
TABLE_COLUMNS := run cpus completions lost crc_errors spurious moves_loaded dynamic ipis_for_moves device_writes_for_moves foreign_arrived edu_moves edu_lost xhci_moves xhci_lost level_moves level_lost hpet hpet_moves hpet_lost shared_moves shared_lost

run-all: ## boot the example kernel of every ISA, each way it has (RUNS=); ends in one table
	@mkdir -p $(B)/kernel; all=$(B)/kernel/run-all.log; one=$(B)/kernel/run-one.log; bad=0; : >$$all; \
	for run in $(RUNS); do \
		$(MAKE) --no-print-directory run ISA=$$(echo $$run | sed 's/,/ /g') | tee $$one; \
		grep -q '^PASS' $$one || bad=1; \
		sed -n "s/^RESULT /RESULT run=$$run /p" $$one >>$$all; \
	done; \
	awk -v columns='$(TABLE_COLUMNS)' -f tools/result-table.awk $$all; exit $$bad

run-trace: kernel ## the same, holding each message that QEMU traces against a handler run
	@$(RUN_ENV) TRACE=1 tools/run

count-hotpath: kernel ## ISA= MSI=: instructions from message to handler and back, on one CPU; SHOW=1 lists them
	@$(RUN_ENV) CPUS=1 COUNT=1 tools/run
	@ISA=$(ISA) MSI=$(MSI) KERNEL='$(KERNEL)' BUILD='$(B)/bench' CROSS='$(CROSS_$(ISA))' tools/count-hotpath

CROSS_riscv64 := $(RISCV64)
CROSS_aarch64 := $(AARCH64)

# The functions between claim and handler, as the compiler left them.
HOTPATH ?= umsi_imsic_trap
list-hotpath: kernel ## disassembly of the dispatch functions
	@for f in $(HOTPATH); do $(RISCV64)objdump -d --no-show-raw-insn --disassemble=$$f $(KERNEL) | sed -n '/>:$$/,$$p'; done

boot-check:: kernel
	@$(RUN_ENV) CPUS=4 MONITOR= TRACE= tools/run

# The other instruction sets in short; what one of them traced, read by the command.
boot-check:: $(B)/umsi
	@$(MAKE) --no-print-directory run ISA=aarch64 CPUS=4 MONITOR= TRACE= KERNEL_ARGS='moves=500 dynamic=40 trace=256'
	@$(PYTHON) tests/tool/check --kernel $(B)/kernel/run-aarch64-4.log $(B)/umsi $(B)/tool
	@$(MAKE) --no-print-directory run ISA=x86_64 CPUS=4 MONITOR= TRACE= KERNEL_ARGS='moves=500 dynamic=40'
	@$(MAKE) --no-print-directory run ISA=riscv64 AIA=aplic CPUS=4 MONITOR= TRACE= KERNEL_ARGS='moves=500 dynamic=40 hotplug=2'
