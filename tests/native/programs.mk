# SPDX-License-Identifier: GPL-2.0-or-later
# Test programs out of objects that they share: each source is compiled once for each set of flags, and again when it or
# a header of it has changed. For build_programs() in tests/native/build.sh, which sets:
#   SOURCES   FILE.c…: each becomes a program, OUT/FILE followed by SUFFIX
#   COMPILE   compiler and flags, of programs and objects alike; CFLAGS are for objects only
#   OBJECTS   directory of the objects of these flags
#   LIBRARIES, PACKAGES   what every program is linked with, by options and by pkg-config

# The rest of the line "// KEY: …" among a source's first: $(call head_line,SOURCE,KEY).
head_line = $(shell sed -n '1,8s|^// $2: *||p' $1)
# A name that fits no file stays, so that it is missed.
sources_of = $1 $(foreach word,$(call head_line,$1,sources),$(or $(wildcard $(word)),$(word)))
program_of = $(OUT)/$(basename $(notdir $1))$(SUFFIX)

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all again
all: $(foreach source,$(SOURCES),$(call program_of,$(source)))

# A source that is no longer linked is seen by the list alone.
define program
$1: $(3:%.c=$(OBJECTS)/%.o)
	@rm -f $$@
	$$(COMPILE) -o $$@ $$(filter %.o,$$^) $$(LIBRARIES) $$(shell pkg-config --libs $$(PACKAGES) $(call head_line,$2,packages))
	@echo '$3' >$$@.sources
ifneq ($$(file <$1.sources),$3)
$1: again
endif
endef
$(foreach source,$(SOURCES),$(eval $(call program,$(call program_of,$(source)),$(source),$(call sources_of,$(source)))))

$(OBJECTS)/%.o: %.c
	@mkdir -p $(@D)
	$(COMPILE) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(OBJECTS) -name '*.d' 2>/dev/null)
