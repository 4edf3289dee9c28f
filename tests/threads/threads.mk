# SPDX-License-Identifier: MIT
# The library on real threads, with TSan: make check-threads, make threads THREADS_SECONDS=600.

TSAN := -fsanitize=thread -O1
CC_tsan := $(GCC) $(HOSTED) $(TSAN)
SRC_tsan := $(call all_but,single $(NOT_FULL) x86 arm)
$(eval $(call variant,tsan))

THREADS := $(wildcard tests/threads/*.c)
THREADS_SECONDS ?= 60

$(B)/tsan/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call show,CC,$@)$(GCC) $(PLAIN_FLAGS) $(TSAN) -MMD -MP -c -o $@ $<

$(B)/tsan/threads: $(THREADS:%.c=$(B)/tsan/%.o) $(B)/tsan/libumsi.a
	$(call show,LINK,$@)$(GCC) $(PLAIN_FLAGS) $(TSAN) -o $@ $^ -lpthread

-include $(THREADS:%.c=$(B)/tsan/%.d)

.PHONY: threads check-threads
threads: $(B)/tsan/threads ## THREADS_SECONDS=60 of real threads under TSan
	$(B)/tsan/threads $(THREADS_SECONDS)

check-threads: $(B)/tsan/threads ## a few seconds of them
	$(B)/tsan/threads 4
