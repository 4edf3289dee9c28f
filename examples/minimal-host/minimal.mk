# SPDX-License-Identifier: MIT
# The smallest host. Its hooks are its own: machine/hooks.c stays out.

MINIMAL := $(B)/examples/minimal-host

.PHONY: minimal-host check-minimal

$(B)/asan/examples/minimal-host/%.o: examples/minimal-host/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(TEST_FLAGS) -MMD -MP -c -o $@ $<

$(MINIMAL): $(B)/asan/examples/minimal-host/main.o $(B)/asan/libumsi.a $(B)/asan/libumsi-single.a $(B)/asan/libmachine.a
	@mkdir -p $(@D)
	$(call show,LINK,$@)$(GCC) $(TEST_FLAGS) -o $@ $< \
		-Wl,--start-group $(B)/asan/libumsi.a $(B)/asan/libumsi-single.a $(B)/asan/libmachine.a \
		-Wl,--end-group -lpthread

# The same on a small profile of the library, and what such a profile is held to.
define small_profile
$(MINIMAL)-$(1): $(B)/asan/examples/minimal-host/main.o $(B)/$(1)/libumsi.a $(B)/$(1)/libumsi-single.a $(B)/asan/libmachine.a
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$(GCC) $(TEST_FLAGS) -o $$@ $$< \
		-Wl,--start-group $(B)/$(1)/libumsi.a $(B)/$(1)/libumsi-single.a $(B)/asan/libmachine.a \
		-Wl,--end-group -lpthread

$(B)/tests/$(1)/%: $(B)/asan/tests/small/%.o $(B)/$(1)/libumsi.a $(B)/asan/libmachine.a
	@mkdir -p $$(@D)
	$$(call show,LINK,$$@)$(GCC) $(TEST_FLAGS) -o $$@ $$< \
		-Wl,--start-group $(B)/$(1)/libumsi.a $(B)/asan/libmachine.a -Wl,--end-group -lpthread
endef
$(foreach profile,small least,$(eval $(call small_profile,$(profile))))

# Its set of ids is another implementation, held against the same model: what it promises too.
$(B)/tests/small/ids: $(B)/asan/tests/idspace/test_idspace.o $(B)/asan/tests/pattern.o $(B)/small/libumsi.a
	@mkdir -p $(@D)
	$(call show,LINK,$@)$(GCC) $(TEST_FLAGS) -o $@ $^ $(TEST_LIBS)

minimal-host: $(MINIMAL) ## the smallest host, and run it
	$(MINIMAL)

SMALL_TESTS := $(foreach profile,small least,$(MINIMAL)-$(profile) $(B)/tests/$(profile)/refusals $(B)/tests/$(profile)/churn)

check-minimal: $(MINIMAL) $(SMALL_TESTS) $(B)/tests/small/ids ## its size, its hooks, and that it works
	$(PYTHON) tests/minimal/check $(MINIMAL) $(B)/asan/examples/minimal-host/main.o
	for profile in small least; do \
		$(PYTHON) tests/minimal/check $(MINIMAL)-$$profile $(B)/asan/examples/minimal-host/main.o && \
		$(B)/tests/$$profile/refusals $$profile && $(B)/tests/$$profile/churn || exit 1; done
	for some in 'random*' 'every*' 'the_only*' 'the_largest*' 'mixed*' 'memory*'; do $(B)/tests/small/ids $$some || exit 1; done

-include $(B)/asan/examples/minimal-host/main.d
