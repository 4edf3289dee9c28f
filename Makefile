# SPDX-License-Identifier: MIT
# The library is sources.list; all below only compiles it in several ways.
# Objects live under build/<variant>/.

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

B := build
GCC ?= gcc
GXX ?= g++
CLANG ?= clang
CLANGXX ?= clang++
RISCV64 ?= riscv64-linux-gnu-
AARCH64 ?= aarch64-linux-gnu-
PYTHON ?= python3

# V=1 shows commands.
show = $(if $(V),,@echo '  $(1)' $(2);)

# ---- What there is ----------------------------------------------------

# The files of sources.list: of all sections but those named, or of one.
all_but = $(shell awk -v but=" $(1) " '/^\[/ { on = !index(but, " " substr($$0, 2, length($$0) - 2) " ") } \
	!/^(\#|\[|$$)/ && on' sources.list)
only = $(shell awk '/^\[/ { on = ($$0 == "[$(1)]") } !/^(\#|\[|$$)/ && on' sources.list)
NOT_FULL := least plain vector-plain
SRC := $(call all_but,single $(NOT_FULL))
SRC_SINGLE := $(call only,single)
MACHINE := $(wildcard machine/*.c machine/*/*.c)
TESTS := $(wildcard tests/*/test_*.c)
CAMPAIGN := $(filter-out tests/campaign/test_%,$(wildcard tests/campaign/*.c))

# ---- How it is compiled ------------------------------------------------

WARN := -Wall -Wextra -Werror
# -Wsign-conversion: no error, a negative number, gets into an unsigned one unseen.
LIB_FLAGS := -std=c11 -ffreestanding -fno-pic -g $(WARN) -Wsign-conversion -Iinclude -Isrc
HOSTED := -Iarch/hosted
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
PLAIN_FLAGS := -std=gnu11 -g -fno-pic -no-pie $(WARN) -Iinclude -Isrc -I. -Imachine $(HOSTED)
TEST_FLAGS := $(PLAIN_FLAGS) -O1 $(SANITIZE)
FAST_FLAGS := $(PLAIN_FLAGS) -O2
TEST_LIBS := -lcmocka -lfdt -lpthread
RV64 := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -nostdlib -Iarch/riscv64

X86_64 := -nostdlib -mno-red-zone -mgeneral-regs-only -Iarch/x86_64

A64 := -march=armv8-a -mgeneral-regs-only -mno-outline-atomics -mstrict-align -nostdlib -Iarch/aarch64

VARIANTS := asan hosted-gcc hosted-clang riscv64 riscv64-clang x86_64 x86_64-clang aarch64 aarch64-clang
CC_asan := $(GCC) $(HOSTED) -O1 $(SANITIZE)
CC_hosted-gcc := $(GCC) $(HOSTED) -O2
CC_hosted-clang := $(CLANG) $(HOSTED) -O2
CC_riscv64 := $(RISCV64)gcc $(RV64) -O2
# clang 14 has both extensions within its base set and knows no names for them.
CC_riscv64-clang := $(CLANG) --target=riscv64-unknown-elf -O2 \
	$(subst _zicsr_zifencei,,$(RV64)) -Wno-unused-command-line-argument
CC_x86_64 := $(GCC) $(X86_64) -O2
CC_x86_64-clang := $(CLANG) --target=x86_64-unknown-elf -O2 $(X86_64) -Wno-unused-command-line-argument
CC_aarch64 := $(AARCH64)gcc $(A64) -O2
CC_aarch64-clang := $(CLANG) --target=aarch64-unknown-elf $(A64) -O2 -Wno-unused-command-line-argument
# An instruction set compiles its own roots, and the firmware that describes them; the hosted seam plays them all.
SRC_riscv64 := $(call all_but,single $(NOT_FULL) x86 arm fdt-arm acpi acpi-x86 acpi-arm)
SRC_riscv64-clang := $(SRC_riscv64)
SRC_x86_64 := $(call all_but,single $(NOT_FULL) riscv arm fdt fdt-riscv fdt-arm acpi-arm)
SRC_x86_64-clang := $(SRC_x86_64)
SRC_aarch64 := $(call all_but,single $(NOT_FULL) riscv x86 vector vector-full fdt-riscv acpi-x86)
SRC_aarch64-clang := $(SRC_aarch64)
AR_aarch64 := $(AARCH64)ar
AR_aarch64-clang := $(AARCH64)ar
AR_riscv64 := $(RISCV64)ar
AR_riscv64-clang := $(RISCV64)ar

# The small profiles, for examples/minimal-host and bench/bench.mk.
CC_small := $(CC_asan) -DUMSI_TRACE=0 -DUMSI_PROFILE=UMSI_PROFILE_SMALL
NOT_SMALL := full vector-full least
SRC_small := $(call all_but,single $(NOT_SMALL))
CC_least := $(CC_asan) -DUMSI_TRACE=0 -DUMSI_PROFILE=UMSI_PROFILE_LEAST
NOT_LEAST := full vector-full moves
SRC_least := $(call all_but,single $(NOT_LEAST))

# Not among the checks: bench/bench.mk.
CC_bench := $(GCC) -Iarch/bench -mgeneral-regs-only -O2
SRC_bench := $(SRC_riscv64)

# One variant: its objects, the library, and the one-CPU hooks beside it.
define variant
$(B)/$(1)/src/%.o: src/%.c
	@mkdir -p $$(@D)
	$$(call show,CC,$$@)$$(CC_$(1)) $$(LIB_FLAGS) -MMD -MP -c -o $$@ $$<
$(B)/$(1)/libumsi.a: $(patsubst %.c,$(B)/$(1)/%.o,$(or $(SRC_$(1)),$(SRC))) sources.list
	@mkdir -p $$(@D) && rm -f $$@
	$$(call show,AR,$$@)$$(or $$(AR_$(1)),ar) rcs $$@ $$(filter %.o,$$^)
$(B)/$(1)/libumsi-single.a: $(SRC_SINGLE:%.c=$(B)/$(1)/%.o) sources.list
	@mkdir -p $$(@D) && rm -f $$@
	$$(call show,AR,$$@)$$(or $$(AR_$(1)),ar) rcs $$@ $$(filter %.o,$$^)
.PHONY: lib-$(1)
lib-$(1): $(B)/$(1)/libumsi.a $(B)/$(1)/libumsi-single.a
-include $(patsubst %.c,$(B)/$(1)/%.d,$(or $(SRC_$(1)),$(SRC)) $(SRC_SINGLE))
endef
$(foreach v,$(VARIANTS) small least bench,$(eval $(call variant,$(v))))

# ---- Targets -----------------------------------------------------------

.PHONY: all help lib-hosted variants tests test-programs check checks clean campaign overlap mutants fuzz-fdt scale
.PHONY: check-arrows check-corpus check-allocations check-headers check-symbols check-tool check-shrink check-trace-levels boot-check

all: lib-hosted lib-riscv64 lib-x86_64 $(B)/umsi ## the library, hosted and freestanding, and the umsi command

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lib-hosted: lib-asan ## the library on the hosted seam, with sanitizers

lib-riscv64: ## the library for RISC-V, freestanding

lib-x86_64: ## the library for x86-64, freestanding

lib-aarch64: ## the library for AArch64, freestanding

variants: $(VARIANTS:%=lib-%) ## every compiler and target

# The machine in a box, and everything that runs on it.
$(B)/asan/machine/%.o: machine/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(TEST_FLAGS) -MMD -MP -c -o $@ $<

$(B)/asan/libmachine.a: $(MACHINE:%.c=$(B)/asan/%.o)
	@mkdir -p $(@D) && rm -f $@
	$(call show,AR,$@)ar rcs $@ $^

$(B)/asan/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(TEST_FLAGS) -MMD -MP -c -o $@ $<

# The campaign once more without sanitizers: many times as fast.
FAST := $(MACHINE:%.c=$(B)/hosted-gcc/%.o) $(CAMPAIGN:%.c=$(B)/hosted-gcc/%.o)

$(B)/hosted-gcc/machine/%.o: machine/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(FAST_FLAGS) -MMD -MP -c -o $@ $<

$(B)/hosted-gcc/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(FAST_FLAGS) -MMD -MP -c -o $@ $<

$(B)/fast/campaign: $(FAST) $(B)/hosted-gcc/libumsi.a
	@mkdir -p $(@D)
	$(call show,LINK,$@)$(GCC) $(FAST_FLAGS) -o $@ $^ -lpthread

-include $(FAST:.o=.d)

# The command: the campaign's engine under another front, with stories, traces and shrinking.
ENGINE := $(filter-out tests/campaign/campaign.c,$(CAMPAIGN))
TOOL := $(wildcard tools/umsi/*.c)
SYSTEMS := $(filter-out tests/ims/test_%,$(wildcard tests/ims/*.c)) tests/own/host.c tests/own/router.c $(wildcard examples/ims/*.c)
TOOL_OBJECTS := $(TOOL:%.c=$(B)/hosted-gcc/%.o) $(SYSTEMS:%.c=$(B)/hosted-gcc/%.o) $(ENGINE:%.c=$(B)/hosted-gcc/%.o) $(MACHINE:%.c=$(B)/hosted-gcc/%.o)

$(B)/hosted-gcc/tools/umsi/%.o: tools/umsi/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(FAST_FLAGS) -Itests/campaign -MMD -MP -c -o $@ $<

$(B)/hosted-gcc/examples/ims/%.o: examples/ims/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) -std=c11 -ffreestanding -g -O2 $(WARN) -Iinclude -MMD -MP -c -o $@ $<

$(B)/umsi: $(TOOL_OBJECTS) $(B)/hosted-gcc/libumsi.a
	@mkdir -p $(@D)
	$(call show,LINK,$@)$(GCC) $(FAST_FLAGS) -o $@ $^ -lyaml -lpthread

-include $(patsubst %.c,$(B)/hosted-gcc/%.d,$(TOOL) $(SYSTEMS))

# The same with a bug planted by hand (docs/finding-a-bug.md): its object stands before the archive's.
BUG := tests/mutants/R7-no-marker.patch
BUGGY := src/vector/trap.c

$(B)/tool/umsi-with-a-bug: $(BUG) $(BUGGY) $(TOOL_OBJECTS) $(B)/hosted-gcc/libumsi.a
	@mkdir -p $(@D) && rm -rf $(B)/tool/bug && mkdir -p $(B)/tool/bug/$(dir $(BUGGY)) && cp $(BUGGY) $(B)/tool/bug/$(BUGGY)
	@patch -s -p1 -d $(B)/tool/bug --fuzz=0 < $(BUG)
	$(call show,CC,$@)$(CC_hosted-gcc) $(LIB_FLAGS) -c -o $(B)/tool/bug.o $(B)/tool/bug/$(BUGGY)
	$(call show,LINK,$@)$(GCC) $(FAST_FLAGS) -o $@ $(TOOL_OBJECTS) $(B)/tool/bug.o $(B)/hosted-gcc/libumsi.a -lyaml -lpthread

check-tool: $(B)/umsi ## the umsi command: answers, determinism, traces as babeltrace2 reads them
	$(PYTHON) tests/tool/check $(B)/umsi $(B)/tool

scale: $(B)/umsi ## a million interrupts on 4,096 CPUs in the machine, and a thousand beside them (minutes)
	$(B)/umsi scale --interrupts 1000
	$(B)/umsi scale

check-shrink: $(B)/tool/umsi-with-a-bug ## a bug planted by hand is found, made small, repeated from its line
	$(PYTHON) tests/tool/check --shrink $< $(B)/tool

TEST_PROGRAMS := $(TESTS:%.c=$(B)/%)
ARCHIVES := $(B)/asan/libumsi.a $(if $(MACHINE),$(B)/asan/libmachine.a)
link_test = $(GCC) $(TEST_FLAGS) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(ARCHIVES) -Wl,--end-group $(TEST_LIBS)

# A room's other files are shared by all its tests.
define test_program
$(1:%.c=$(B)/%): $(B)/asan/$(1:.c=.o) $(B)/asan/tests/pattern.o \
		$(patsubst %.c,$(B)/asan/%.o,$(filter-out $(dir $(1))test_%,$(wildcard $(dir $(1))*.c))) $(ARCHIVES)
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$$(link_test)
endef
$(foreach t,$(TESTS),$(eval $(call test_program,$(t))))

# Drivers that bring a message store of their own, as a host compiles them.
IMS_DRIVERS := $(wildcard examples/ims/*.c)
$(patsubst %.c,$(B)/%,$(wildcard tests/ims/test_*.c)): $(IMS_DRIVERS:%.c=$(B)/asan/%.o) $(B)/asan/tests/own/host.o $(B)/asan/tests/own/router.o

$(B)/asan/examples/ims/%.o: examples/ims/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) -std=c11 -ffreestanding -g -O1 $(WARN) $(SANITIZE) -Iinclude -MMD -MP -c -o $@ $<

-include $(patsubst %.c,$(B)/asan/%.d,$(MACHINE) tests/pattern.c $(wildcard tests/*/*.c) $(IMS_DRIVERS))

$(B)/tests/campaign/campaign: $(CAMPAIGN:%.c=$(B)/asan/%.o) $(ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK,$@)$(link_test)

test-programs: $(TEST_PROGRAMS) $(if $(CAMPAIGN),$(B)/tests/campaign/campaign $(B)/fast/campaign)

tests: test-programs ## unit tests, with sanitizers
	$(PYTHON) tools/tally --tests $(TEST_PROGRAMS)

SEEDS ?= 20000

campaign: $(B)/fast/campaign ## SEEDS=20000 seeded runs of everything at once, on each kind of machine
	$(B)/fast/campaign --matrix --seeds $(SEEDS)
	$(B)/fast/campaign --matrix --isa x86 --seeds $(SEEDS)
	$(B)/fast/campaign --matrix --isa arm --seeds $(SEEDS)
	$(B)/fast/campaign --matrix --isa arm3 --seeds $(SEEDS)

OVERLAP_SEEDS ?= 100000

overlap: $(B)/fast/campaign ## OVERLAP_SEEDS=100000 runs on each kind of machine: each pair of operations overlaps 1,000 times; goes on where it stopped
	for isa in riscv x86 arm arm3; do $(B)/fast/campaign --matrix --least 1000 --isa $$isa \
		--seeds $(OVERLAP_SEEDS) --cursor $(B)/overlap-$$isa || exit 1; done

mutants: ## plant each bug of tests/mutants in a copy; something must notice
	$(PYTHON) tools/mutants $(MUTANTS)

check-arrows: ## no include line against the direction of the rooms
	$(PYTHON) tools/check-arrows

check-corpus: ## each row of the bug corpus has a scenario and a mutant, or a reason
	$(PYTHON) tools/check-corpus

check-allocations: lib-hosted-gcc ## each public function: its memory fails in a test, or it asks for none
	$(PYTHON) tools/check-allocations $(B)/hosted-gcc

check-headers: ## each public header alone, C11 and C++17, after a hostile prelude
	$(PYTHON) tools/check-headers "$(GCC)" "$(CLANG)" "$(GXX)" "$(CLANGXX)"

check-symbols: lib-riscv64 lib-aarch64 lib-x86_64 ## the library needs only the hooks, and has no mutable data
	$(PYTHON) tools/check-symbols $(RISCV64) $(B)/riscv64
	$(PYTHON) tools/check-symbols $(AARCH64) $(B)/aarch64
	$(PYTHON) tools/check-symbols "" $(B)/x86_64

# All of the library with none, and with all, of its trace points (src/core/trace.h).
check-trace-levels: ## trace points compile out without a rest, and in
	@for level in 0 2; do \
		mkdir -p $(B)/trace$$level; \
		for f in $(SRC_riscv64); do \
			$(CC_riscv64) $(LIB_FLAGS) -DUMSI_TRACE=$$level -c -o $(B)/trace$$level/$$(echo $$f | tr / _).o $$f || exit 1; \
		done; \
	done
	@! $(RISCV64)nm -A $(B)/trace0/*.o | grep -E 'U umsi_trace_write(_irq)?$$'
	@$(RISCV64)nm $(B)/trace2/src_core_run.c.o | grep -qE 'U umsi_trace_write(_irq)?$$'
	@echo "no trace point is left with UMSI_TRACE=0"

boot-check:: ## a short boot of the example kernels, where there are any

-include examples/kernel/kernel.mk
-include examples/minimal-host/minimal.mk
include bench/bench.mk
include models/models.mk
include tests/coverage/coverage.mk
include tests/threads/threads.mk
include tests/fuzz/fuzz.mk

PACKAGES := make patch gcc g++ clang python3 valgrind spin libcmocka-dev libfdt-dev libyaml-dev babeltrace2 gcc-riscv64-linux-gnu gcc-aarch64-linux-gnu qemu-system-misc qemu-system-arm qemu-system-x86 ipxe-qemu
# With sanitizers, and without.
CAMPAIGN_SEEDS ?= 300
FAST_SEEDS ?= 5000

check: ## everything: what CI runs; ends in one line of counts
	@tools/bootstrap $(PACKAGES)
	@$(MAKE) --no-print-directory -j$(shell nproc) checks

checks:
	@MAKEFLAGS= MAKE="$(MAKE) --no-print-directory -j$(shell nproc)" $(PYTHON) tools/tally --first test-programs \
		--step variants --step check-arrows --step check-corpus --step check-models --step models-quick --step check-allocations --step check-headers --step check-symbols \
		$(if $(CAMPAIGN),--run "$(B)/tests/campaign/campaign --seeds $(CAMPAIGN_SEEDS)" \
			--run "$(B)/fast/campaign --seeds $(FAST_SEEDS)" \
			--run "$(B)/tests/campaign/campaign --isa x86 --seeds $(CAMPAIGN_SEEDS)" \
			--run "$(B)/fast/campaign --isa x86 --seeds $(FAST_SEEDS)" \
			--run "$(B)/tests/campaign/campaign --isa arm --seeds $(CAMPAIGN_SEEDS)" \
			--run "$(B)/fast/campaign --isa arm --seeds $(FAST_SEEDS)" \
			--run "$(B)/tests/campaign/campaign --isa arm3 --seeds $(CAMPAIGN_SEEDS)" \
			--run "$(B)/fast/campaign --isa arm3 --seeds $(FAST_SEEDS)") \
		--step check-tool --step check-shrink --step check-trace-levels --step check-threads --step check-fuzz --step boot-check --step check-minimal --step check-budgets --tests $(TEST_PROGRAMS)

clean: ## remove build/
	rm -rf $(B)
