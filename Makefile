# SPDX-License-Identifier: GPL-2.0
# The commands a person types. The work is done by meson and tests/lab/.

DIR ?= kernel-series/linux
PREFIX ?= /usr/local

.PHONY: help demo check check-all check-debug fuzz bench shell install deb rpm kernel-tree kernel-series clean

help:
	@echo 'make demo           two real PCI error recoveries in an s390x guest: watched, recorded, reported'
	@echo 'make check          all tests but the longest; the last line is "N passed, N failed"'
	@echo 'make check-all      these and the longest: hours'
	@echo 'make check-debug    the guest tests on a kernel that checks itself (KASAN, lockdep, ...)'
	@echo 'make fuzz           all that reads what others wrote, each for FUZZ_SECONDS=3600'
	@echo 'make bench          the figures, in guest instructions'
	@echo 'make shell          a shell in the guest (KERNEL=base|zrec|debug)'
	@echo 'make install        zrec on this machine (PREFIX=$(PREFIX), DESTDIR=)'
	@echo 'make deb            Debian packages in build/deb/ (ARCH=s390x: cross-built)'
	@echo 'make rpm            RPM packages in build/rpm/'
	@echo 'make kernel-tree    the series as a git tree (DIR=$(DIR))'
	@echo 'make kernel-series  that tree back into kernel-series/6.12/'
	@echo 'make clean          build/; what took long stays in ~/.cache/zrec'

demo:
	@tests/lab/setup.sh zrec
	@rm -rf build/demo
	@mkdir -p build/demo
	@tests/lab/run --dir build/demo --add tests/lab/demo-guest.sh -- demo-guest.sh
	@printf '\nTo look at:\n'
	@printf '  %-24s %s\n' build/demo/report.html 'the page: open it in a browser' \
		build/demo/metrics.prom 'the scrape' build/demo/case.jsonl 'the recording'

check:
	@tests/lab/check.sh

check-all:
	@tests/lab/check.sh all

check-debug:
	@tests/lab/check.sh debug

fuzz:
	@tests/lab/packages.sh
	@tests/fuzz/run $(or $(FUZZ_SECONDS),3600)

bench:
	@tests/lab/setup.sh base zrec
	@tests/bench/run

shell:
	@tests/lab/setup.sh $(or $(KERNEL),zrec)
	@tests/lab/run --kernel $(or $(KERNEL),zrec) --interactive

install:
	@meson setup $(if $(wildcard build/install),--reconfigure) build/install \
		--prefix $(PREFIX) --buildtype release
	@meson install -C build/install

deb:
	@packaging/deb.sh $(ARCH)

rpm:
	@packaging/rpm.sh

kernel-tree:
	@kernel-series/tree make $(DIR)

kernel-series:
	@kernel-series/tree export $(DIR)

clean:
	rm -rf build
