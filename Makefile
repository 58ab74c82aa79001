# SPDX-License-Identifier: GPL-2.0-or-later
# tidegate: `make` builds build/tidegate; `make test` runs every rung of the test ladder; `make help` lists the rest.
BUILD      ?= build
CC         := gcc
CLANG      ?= clang
BPFTOOL    ?= bpftool
VERSION    := 0.1.0
ARCH       := x86

PACKAGES   := libbpf libxdp jansson libmnl libpcap libconfuse libsystemd libmicrohttpd ncursesw sqlite3 libpq libnftables
CFLAGS     ?= -O2 -g
USER_FLAGS := -std=gnu11 -Wall -Wextra -Werror -Wno-unknown-pragmas -fno-strict-aliasing -MMD -MP \
	      -DTG_VERSION='"$(VERSION)"' -Ibpf -Iuser -I$(BUILD) $(shell pkg-config --cflags $(PACKAGES))
LDLIBS     := $(shell pkg-config --libs $(PACKAGES)) -lcap-ng -lelf -lz
BPF_CFLAGS := -O2 -g --target=bpf -mcpu=v3 -std=gnu11 -Wall -Wextra -Werror -fno-strict-aliasing \
	      -D__TARGET_ARCH_$(ARCH) -Ibpf -I. -MMD -MP

USER_SRC   := $(wildcard user/*.c user/*/*.c)
USER_OBJ   := $(USER_SRC:user/%.c=$(BUILD)/user/%.o) $(BUILD)/user/web/status.html.o
# The last one is for lint, which reads all of tests/bench.
SKELETONS  := $(BUILD)/tidegate.skel.h $(BUILD)/prepare.skel.h $(BUILD)/tests/bench/sender.skel.h

PREFIX     ?= /usr/local
MAN        := $(BUILD)/tidegate.8 $(BUILD)/tidegate.conf.5 $(BUILD)/tidegate-databases.7

.SECONDARY:
.PHONY: all install libraries lint check check-bpf check-model check-net matrix check-flood flood check-pxe check-virt check-vm check-vm-daemon check-stress stress soak fuzz bench check-bench test clean help
all: $(BUILD)/tidegate $(MAN) ## build build/tidegate and its manual pages
install: all ## to PREFIX (/usr/local): binary, manual pages, bash completion, rules for Prometheus, Grafana dashboard, systemd unit
	install -D -m 755 $(BUILD)/tidegate $(DESTDIR)$(PREFIX)/sbin/tidegate
	install -D -m 644 $(BUILD)/tidegate.8 $(DESTDIR)$(PREFIX)/share/man/man8/tidegate.8
	install -D -m 644 $(BUILD)/tidegate.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/tidegate.conf.5
	install -D -m 644 $(BUILD)/tidegate-databases.7 $(DESTDIR)$(PREFIX)/share/man/man7/tidegate-databases.7
	install -D -m 644 tools/completions/tidegate.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tidegate
	install -D -m 644 tools/prometheus/tidegate.rules.yml $(DESTDIR)$(PREFIX)/share/tidegate/prometheus/tidegate.rules.yml
	install -D -m 644 tools/grafana/tidegate.json $(DESTDIR)$(PREFIX)/share/tidegate/grafana/tidegate.json
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,/usr/local,$(PREFIX),' tools/systemd/tidegate.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/tidegate.service
	install -D -m 644 tools/systemd/tidegate.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/tidegate.conf
	install -D -m 644 tools/systemd/tidegate.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/tidegate.conf

$(MAN): $(BUILD)/%: docs/%.scd
	@mkdir -p $(@D)
	scdoc < $< > $@.tmp
	mv $@.tmp $@

$(BUILD)/tidegate: $(USER_OBJ)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The same as one object, for tests that use parts of it.
$(BUILD)/user.o: $(USER_OBJ)
	ld -r -o $@ $^

$(BUILD)/user/%.o: user/%.c | $(SKELETONS)
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) $(CFLAGS) -c -o $@ $<

# The status page as it is, between _binary_user_web_status_html_start and …_end.
$(BUILD)/user/web/status.html.o: user/web/status.html
	@mkdir -p $(@D)
	$(LD) -r -b binary -z noexecstack -o $@ $<

# The objects that are embedded; BTF stays, debug line tables go.
$(BUILD)/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@.full $< -MF $(BUILD)/$*.bpf.d -MT $@
	$(BPFTOOL) gen object $@ $@.full

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $(notdir $*) > $@.tmp
	mv $@.tmp $@

# The programs of the benchmarks, and what floods with them.
$(BUILD)/tests/bench/%.bpf.o: tests/bench/programs/%.bpf.c tests/bench/sender.h
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@.full $< -MF $(BUILD)/tests/bench/$*.bpf.d -MT $@
	$(BPFTOOL) gen object $@ $@.full

$(BUILD)/tests/bench/sender: tests/bench/sender.c tests/bench/sender_frames.c $(BUILD)/tests/bench/sender.skel.h \
			     tests/bench/sender.h tests/bench/sender_frames.h
	$(CC) -D_GNU_SOURCE $(USER_FLAGS) $(CFLAGS) -o $@ $(filter %.c,$^) -lbpf -lelf -lz

# For tests that link what tidegate is made of.
libraries:
	@echo $(LDLIBS)

lint: ## format, static analysis, boundary rules
	tools/lint
check: ## native unit tests and a short fuzz; no root, seconds
	tests/native/run
check-bpf: ## verifier gate and case table on XDP and TC; root
	tests/kernel/run
check-model: ## an independent model of docs/tracker.md against the native core, XDP and TC; root
	tests/model/run
soak: ## the same with 10 million packets of a new seed (SEED=N repeats one); root, minutes
	tests/model/run --packets 10000000 --workers 2 --seed $${SEED:-$$(date +%s)}
fuzz: ## SECONDS=3600 of libFuzzer for each of tests/fuzz/fuzz_*.c (TARGET=part of a name), JOBS=1 at a time
	tests/fuzz/run --seconds $(or $(SECONDS),3600) --jobs $(or $(JOBS),1) $(TARGET)
check-net: all ## namespaces with real servers and clients; root
	tests/net/run
matrix: all ## transfers beside netfilter in all 1,080 combinations of place, rules, peers, way; root, an hour
	TIDEGATE_MATRIX=whole tests/net/run --together test_netfilter.py -k test_transfer
check-flood: all $(BUILD)/tests/bench/sender ## new clients during floods, in short; root
	tests/flood/run --short
flood: all $(BUILD)/tests/bench/sender ## the same with 200 clients, and beside nftables and no firewall; root, 20 minutes
	tests/flood/run
check-pxe: all ## a machine in QEMU boots from its network ROM through tidegate; root
	tests/pxe/run
check-virt: all ## beside the real libvirtd, its networks and guests, firewalld and Docker; root
	tests/virt/run
check-vm: all ## programs, transfers and the dispatcher on Debian's kernels 6.1 and 6.12, in QEMU; root
	tests/vm/run
check-vm-daemon: all ## the daemon and VLANs on them; root
	tests/vm/run --daemon
check-stress: all ## 50 downloads and 12 uploads at once over links with netem, in QEMU; root
	STRESS_SHARE=4 tests/stress/run
stress: all ## the same with 200 downloads and 50 uploads; root
	tests/stress/run
check-bench: all ## what a packet costs in the programs, against the committed baseline; root, seconds
	tests/bench/run --check program
bench: all ## what it costs, as ratios, and whether that is more than before; root, about 5 minutes
	tests/bench/run
test: all ## everything; root
	tools/run-tests
clean: ## remove build/
	rm -rf $(BUILD)
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | sort

-include $(wildcard $(BUILD)/user/*.d $(BUILD)/user/*/*.d $(BUILD)/*.bpf.d)
