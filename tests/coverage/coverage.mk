# SPDX-License-Identifier: MIT
# Branches of the library that tests and a short campaign take: make coverage.
# Conditions that were seen to decide, each alone: make coverage-mcdc.
# Only src/ is instrumented; machine, tests and campaign are those of the fast build.

# MC/DC: Clang has it since 18; 19 no longer limits a decision to six conditions.
CLANG_MCDC ?= clang-19
LLVM_MCDC ?= 19
MCDC_PACKAGES := clang-19 llvm-19 libclang-rt-19-dev

CC_coverage := $(GCC) $(HOSTED) -O0 --coverage -fprofile-update=atomic
CC_mcdc := $(CLANG_MCDC) $(HOSTED) -O0 -fprofile-instr-generate -fprofile-update=atomic -fcoverage-mapping -fcoverage-mcdc
LINK_coverage := $(GCC) $(PLAIN_FLAGS) --coverage
LINK_mcdc := $(CLANG_MCDC) -no-pie -fprofile-instr-generate
$(eval $(call variant,coverage))
$(eval $(call variant,mcdc))

COVERAGE_MACHINE := $(MACHINE:%.c=$(B)/hosted-gcc/%.o)
COVERAGE_SYSTEMS := $(patsubst %.c,$(B)/hosted-gcc/%.o,$(filter-out tests/ims/%,$(SYSTEMS)))
coverage_link = $(LINK_$(1)) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(B)/$(1)/libumsi.a $(B)/$(1)/libmachine.a -Wl,--end-group $(TEST_LIBS)

# One test program of one way to count.
define coverage_program
$(2:%.c=$(B)/$(1)/bin/%): $(B)/hosted-gcc/$(2:.c=.o) $(B)/hosted-gcc/tests/pattern.o \
		$(patsubst %.c,$(B)/hosted-gcc/%.o,$(filter-out $(dir $(2))test_%,$(wildcard $(dir $(2))*.c))) \
		$(B)/$(1)/libumsi.a $(B)/$(1)/libmachine.a
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$$(call coverage_link,$(1))
endef

# All programs of one way to count. The campaign has all of the library, so that llvm-cov sees all of it there.
define coverage_programs
$(B)/$(1)/libmachine.a: $(COVERAGE_MACHINE)
	@mkdir -p $$(@D) && rm -f $$@
	$$(call show,AR,$$@)ar rcs $$@ $$^
$(foreach t,$(TESTS),$(eval $(call coverage_program,$(1),$(t))))
# What the tests of tests/ims need of other folders.
$(patsubst %.c,$(B)/$(1)/bin/%,$(filter tests/ims/%,$(TESTS))): $(COVERAGE_SYSTEMS)
$(B)/$(1)/bin/campaign: $(CAMPAIGN:%.c=$(B)/hosted-gcc/%.o) $(B)/hosted-gcc/tests/coverage/exit_$(1).o \
		$(B)/$(1)/libumsi.a $(B)/$(1)/libmachine.a
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$$(LINK_$(1)) -o $$@ $$(filter %.o,$$^) -Wl,--wrap=_exit \
		-Wl,--whole-archive $(B)/$(1)/libumsi.a -Wl,--no-whole-archive $(B)/$(1)/libmachine.a $(TEST_LIBS)
.PHONY: $(1)-programs
$(1)-programs: $(TESTS:%.c=$(B)/$(1)/bin/%) $(B)/$(1)/bin/campaign
endef
$(eval $(call coverage_programs,coverage))
$(eval $(call coverage_programs,mcdc))

-include $(patsubst %.c,$(B)/hosted-gcc/%.d,tests/pattern.c $(wildcard tests/*/*.c))

COVERAGE_SEEDS ?= 300

.PHONY: coverage coverage-mcdc
coverage: coverage-programs ## branches of core, msi, vector, idspace that tests and COVERAGE_SEEDS=300 stories take
	$(PYTHON) tools/coverage --build $(B)/coverage --seeds $(COVERAGE_SEEDS) --reasons tests/coverage/reasons $(TESTS:%.c=$(B)/coverage/bin/%)

coverage-mcdc: ## MC/DC of the library's rooms by the same runs: conditions seen to decide alone
	@tools/bootstrap $(MCDC_PACKAGES)
	@$(MAKE) --no-print-directory mcdc-programs
	$(PYTHON) tools/coverage-mcdc --build $(B)/mcdc --llvm $(LLVM_MCDC) --seeds $(COVERAGE_SEEDS) $(TESTS:%.c=$(B)/mcdc/bin/%)
