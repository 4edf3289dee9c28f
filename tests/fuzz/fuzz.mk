# SPDX-License-Identifier: MIT
# Coverage-guided input: make fuzz FUZZ=api FUZZ_SECONDS=60 (api, config, acpi, fdt); what it has found is
# kept in tests/fuzz/corpus, replayed by make check-fuzz.

FUZZ ?= api
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := api config acpi fdt

FUZZ_FLAGS := $(PLAIN_FLAGS) -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Itests/fw -Wno-unused-command-line-argument
FUZZ_WITH_api := $(MACHINE)
FUZZ_WITH_config := tests/pci/fake_pci.c
FUZZ_WITH_acpi :=
FUZZ_WITH_fdt := tests/fw/read_all.c

$(B)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(CLANG) $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(B)/fuzz/libumsi.a: $(SRC:%.c=$(B)/fuzz/%.o)
	$(call show,AR,$@)rm -f $@ && ar rcs $@ $^

define fuzz_target
$(B)/fuzz/$(1)/fuzz: $(patsubst %.c,$(B)/fuzz/%.o,tests/fuzz/fuzz_$(1).c $(FUZZ_WITH_$(1))) $(B)/fuzz/libumsi.a
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$(CLANG) $(FUZZ_FLAGS) -o $$@ $$^ -lcmocka -lpthread

$(B)/fuzz/replay-$(1): $(B)/asan/tests/fuzz/fuzz_$(1).o $(B)/asan/tests/fuzz/replay.o \
		$(filter-out $(MACHINE:%.c=$(B)/asan/%.o),$(patsubst %.c,$(B)/asan/%.o,$(FUZZ_WITH_$(1)))) $(ARCHIVES)
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$$(link_test)
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_target,$(t))))

-include $(patsubst %.c,$(B)/fuzz/%.d,$(SRC) $(MACHINE) $(wildcard tests/fuzz/*.c) tests/pci/fake_pci.c tests/fw/read_all.c)

$(B)/asan/tests/fuzz/fuzz_fdt.o: TEST_FLAGS += -Itests/fw

.PHONY: fuzz check-fuzz
fuzz: $(B)/fuzz/$(FUZZ)/fuzz ## FUZZ=api|config|acpi|fdt, FUZZ_SECONDS=60 of coverage-guided input
	@mkdir -p $(B)/fuzz/$(FUZZ)/found
	cd $(B)/fuzz/$(FUZZ) && ./fuzz -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 found $(abspath tests/fuzz/corpus)/$(FUZZ)

check-fuzz: $(FUZZ_TARGETS:%=$(B)/fuzz/replay-%) ## every file of the fuzzers' corpora once
	@for t in $(FUZZ_TARGETS); do echo "$$t: $$($(B)/fuzz/replay-$$t tests/fuzz/corpus/$$t/*)" || exit 1; done
