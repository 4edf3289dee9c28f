# SPDX-License-Identifier: MIT
# Benchmarks: included by the top-level Makefile.

BENCH_PACKAGES := make gcc libc6-dev libyaml-dev valgrind python3
BENCH_SRC := $(wildcard bench/*.c)
BENCH_FLAGS := -std=gnu11 -O2 -g -fno-pic -no-pie $(WARN) -Iinclude -Isrc -Ibench -Iarch/bench

$(B)/bench/bench/%.o: bench/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(BENCH_FLAGS) -MMD -MP -c -o $@ $<

$(B)/bench/suite: $(BENCH_SRC:%.c=$(B)/bench/%.o) $(B)/bench/libumsi.a
	$(call show,LINK,$@)$(GCC) $(BENCH_FLAGS) -o $@ $^

-include $(BENCH_SRC:%.c=$(B)/bench/%.d)

# ---- Text at -Os, by ISA: all of the library that it has, and the smallest useful part. ----

SIZES := riscv64 x86_64 aarch64
SIZE_TOOL_riscv64 := $(RISCV64)
SIZE_TOOL_x86_64 :=
SIZE_TOOL_aarch64 := $(AARCH64)
SIZE_ROOT_riscv64 := umsi_imsic_create umsi_imsic_trap
SIZE_ROOT_x86_64 := umsi_lapic_create umsi_lapic_trap
SIZE_ROOT_aarch64 := umsi_gic_create umsi_gic_trap
# Of each root's sections, those it does without in a small profile.
BARE_BUT_riscv64 := x86 arm fdt-arm fdt fdt-riscv acpi acpi-x86 acpi-arm own
BARE_BUT_x86_64 := riscv arm fdt fdt-riscv fdt-arm acpi acpi-x86 acpi-arm own
BARE_BUT_aarch64 := riscv x86 vector vector-plain fdt fdt-riscv fdt-arm acpi acpi-x86 acpi-arm own
# What a host and a driver call to have an MSI-X interrupt and to give it back; and to move it.
LEAST_CALLS := umsi_init umsi_cpu_online umsi_device_add umsi_device_remove umsi_pci_msix_create \
	umsi_irq_alloc umsi_irq_request umsi_irq_release umsi_irq_free umsi_irq_enable umsi_irq_disable
SMALL_CALLS := $(LEAST_CALLS) umsi_irq_set_affinity
# What a host that counts its bytes compiles with. Kernels do not unwind by tables;
# RISC-V has one prologue and one epilogue for all functions, from libgcc (counted).
SIZE_FLAGS := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
SIZE_FLAGS_riscv64 := -msave-restore -malign-data=natural
SIZE_FLAGS_x86_64 := -mpreferred-stack-boundary=3
SIZE_FLAGS_aarch64 := -fomit-frame-pointer

define size_of_isa
$(B)/bench/size/$(1)/src/%.o: src/%.c
	@mkdir -p $$(@D)
	$$(call show,CC,$$@)$$(patsubst -O2,-Os,$$(CC_$(1))) $$(LIB_FLAGS) $$(SIZE_FLAGS) $$(SIZE_FLAGS_$(1)) -MMD -MP -c -o $$@ $$<

$(B)/bench/size/$(1)/small/src/%.o: src/%.c
	@mkdir -p $$(@D)
	$$(call show,CC,$$@)$$(patsubst -O2,-Os,$$(CC_$(1))) $$(LIB_FLAGS) $$(SIZE_FLAGS) $$(SIZE_FLAGS_$(1)) -DUMSI_TRACE=0 -DUMSI_PROFILE=UMSI_PROFILE_SMALL -MMD -MP -c -o $$@ $$<

$(B)/bench/size/$(1)/least/src/%.o: src/%.c
	@mkdir -p $$(@D)
	$$(call show,CC,$$@)$$(patsubst -O2,-Os,$$(CC_$(1))) $$(LIB_FLAGS) $$(SIZE_FLAGS) $$(SIZE_FLAGS_$(1)) -DUMSI_TRACE=0 -DUMSI_PROFILE=UMSI_PROFILE_LEAST -MMD -MP -c -o $$@ $$<

SIZE_OBJ_$(1) := $$(patsubst %.c,$(B)/bench/size/$(1)/%.o,$$(SRC_$(1)))
SMALL_OBJ_$(1) := $$(patsubst %.c,$(B)/bench/size/$(1)/small/%.o,$$(call all_but,single $(NOT_SMALL) $$(BARE_BUT_$(1))))
LEAST_OBJ_$(1) := $$(patsubst %.c,$(B)/bench/size/$(1)/least/%.o,$$(call all_but,single $(NOT_LEAST) $$(BARE_BUT_$(1))))
$(B)/bench/size/$(1)/sizes: $$(SIZE_OBJ_$(1)) $$(SMALL_OBJ_$(1)) $$(LEAST_OBJ_$(1)) tools/bench-sizes sources.list
	$$(call show,SIZE,$(1))TOOL=$$(SIZE_TOOL_$(1)) \
		LIBGCC=$$(shell $$(firstword $$(CC_$(1))) -print-libgcc-file-name) tools/bench-sizes $(B)/bench/size/$(1) \
		$$(SIZE_OBJ_$(1)) -- small "$$(SMALL_CALLS) $$(SIZE_ROOT_$(1))" $$(SMALL_OBJ_$(1)) \
		-- least "$$(LEAST_CALLS) $$(SIZE_ROOT_$(1))" $$(LEAST_OBJ_$(1)) >$$@
-include $$(SIZE_OBJ_$(1):.o=.d) $$(SMALL_OBJ_$(1):.o=.d) $$(LEAST_OBJ_$(1):.o=.d)
endef
$(foreach isa,$(SIZES),$(eval $(call size_of_isa,$(isa))))

.PHONY: bench bench-linux bench-linux-text bench-record bench-plot bench-files bench-packages check-budgets

bench-packages:
	@tools/bootstrap $(BENCH_PACKAGES)

bench-files: $(B)/bench/suite $(B)/umsi $(SIZES:%=$(B)/bench/size/%/sizes) $(SIZES:%=$(B)/bench/counted/stack-%)

bench: bench-packages ## BENCH_ARGS= ('--help' says which): instructions, times, bytes, in one table
	@$(MAKE) --no-print-directory bench-files
	@BUILD=$(B) tools/bench --json $(B)/bench/bench.json $(BENCH_ARGS)

check-budgets: ## what is counted in seconds, held against its targets and bench/recorded.json
	@tools/bootstrap $(BENCH_PACKAGES)
	@$(MAKE) --no-print-directory bench-files
	@$(MAKE) --no-print-directory count-hotpath ISA=riscv64 | grep COUNT
	@BUILD=$(B) tools/bench --quick --budgets

bench-record: bench-packages ## writes bench/recorded.json and bench/recorded-full.json: the figures to be held to
	@$(MAKE) --no-print-directory bench-files
	@for isa in riscv64 x86_64 aarch64; do $(MAKE) --no-print-directory count-hotpath ISA=$$isa; done
	@$(MAKE) --no-print-directory count-hotpath ISA=aarch64 MSI=v2m
	@BUILD=$(B) tools/bench --quick --json bench/recorded.json
	@BUILD=$(B) tools/bench --json bench/recorded-full.json
	@test ! -e $(B)/bench/linux.tsv || cp $(B)/bench/linux.tsv bench/linux/recorded.tsv
	@test ! -e $(B)/bench/linux-text.tsv || cp $(B)/bench/linux-text.tsv bench/linux/recorded-text.tsv

bench-plot: ## docs/performance-*.svg from bench/recorded-full.json
	@tools/bootstrap gnuplot-nox python3
	@tools/bench-plot

bench-linux-text: ## text of Debian's Linux for the same work, by ISA (fetches its source by apt, compiles some 60 objects for each)
	@BUILD=$(B) tools/bench-linux-text

bench-linux: ## the same work on Debian's packaged Linux in the same emulator (x86-64; fetches it by apt)
	@BUILD=$(B) tools/bench-linux

# ---- Stack between a root's trap entry and the handler: the way of a message is in line in it. ----

STACK_riscv64 := imsic_trap:umsi_imsic_trap
STACK_x86_64 := lapic_trap:umsi_lapic_trap_at
STACK_aarch64 := gicv3_trap:umsi_gicv3_trap

$(B)/bench/counted/stack-%: $(wildcard src/root/*_trap.c src/*/*.h arch/*/*.h)
	@mkdir -p $(@D) $(B)/bench/stack/$*
	$(call show,STACK,$*)$(CC_$*) $(LIB_FLAGS) -fstack-usage -c -o $(B)/bench/stack/$*/trap.o \
		src/root/$(word 1,$(subst :, ,$(STACK_$*))).c
	@awk -v isa=$* -v f=$(word 2,$(subst :, ,$(STACK_$*))) -F '[:\t]' \
		'$$4 == f { printf "path.stack\t%s\t%d\tbytes\n", isa, $$5 }' $(B)/bench/stack/$*/trap.su >$@
