# SPDX-License-Identifier: MIT
# Branches of the library that tests and a short campaign take: make coverage.
# Only src/ is instrumented; machine, tests and campaign are those of the fast build.

CC_coverage := $(GCC) $(HOSTED) -O0 --coverage -fprofile-update=atomic
$(eval $(call variant,coverage))

COVERAGE_MACHINE := $(MACHINE:%.c=$(B)/hosted-gcc/%.o)
COVERAGE_TESTS := $(TESTS:%.c=$(B)/coverage/bin/%)
COVERAGE_ARCHIVES := $(B)/coverage/libumsi.a $(B)/coverage/libmachine.a
COVERAGE_LINK = $(GCC) $(PLAIN_FLAGS) --coverage -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(COVERAGE_ARCHIVES) -Wl,--end-group $(TEST_LIBS)

$(B)/coverage/libmachine.a: $(COVERAGE_MACHINE)
	@mkdir -p $(@D) && rm -f $@
	$(call show,AR,$@)ar rcs $@ $^

define coverage_program
$(1:%.c=$(B)/coverage/bin/%): $(B)/hosted-gcc/$(1:.c=.o) $(B)/hosted-gcc/tests/pattern.o \
		$(patsubst %.c,$(B)/hosted-gcc/%.o,$(filter-out $(dir $(1))test_%,$(wildcard $(dir $(1))*.c))) \
		$(COVERAGE_ARCHIVES)
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$$(COVERAGE_LINK)
endef
$(foreach t,$(TESTS),$(eval $(call coverage_program,$(t))))

# What the tests of tests/ims need of other folders.
$(filter $(B)/coverage/bin/tests/ims/%,$(COVERAGE_TESTS)): \
		$(patsubst %.c,$(B)/hosted-gcc/%.o,$(filter-out tests/ims/%,$(SYSTEMS)))

-include $(patsubst %.c,$(B)/hosted-gcc/%.d,tests/pattern.c $(wildcard tests/*/*.c))

$(B)/coverage/bin/campaign: $(CAMPAIGN:%.c=$(B)/hosted-gcc/%.o) $(B)/hosted-gcc/tests/coverage/exit.o $(COVERAGE_ARCHIVES)
	@mkdir -p $(@D)
	$(call show,LINK,$@)$(COVERAGE_LINK) -Wl,--wrap=_exit

COVERAGE_SEEDS ?= 300

.PHONY: coverage coverage-programs
coverage-programs: $(COVERAGE_TESTS) $(B)/coverage/bin/campaign

coverage: coverage-programs ## branches of core, msi, vector, idspace that tests and COVERAGE_SEEDS=300 stories take
	$(PYTHON) tools/coverage --build $(B)/coverage --seeds $(COVERAGE_SEEDS) --reasons tests/coverage/reasons $(COVERAGE_TESTS)
