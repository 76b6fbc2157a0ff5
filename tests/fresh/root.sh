#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/fresh/run does in one root, in namespaces of its own: what is mounted
# here nobody else sees. Prints "ok - WHAT", "not ok - WHAT" and "skip - WHY".
# Arguments: the directory of the root, the tar of a minimal one, the tar of the
# repository, a directory for downloaded packages, a guest's kernel, the steps

. "$(dirname "$0")/../lab/lib.sh"
. "$LAB/roots.sh"

ROOT=$1 MINIMAL=$2 REPOSITORY=$3 ARCHIVES=$4 KERNEL=$5
shift 5
LOG=$ROOT/tmp/fresh.log
# for one command; what hangs is a failure
SECONDS_MAX=2400
# as a person has it who has just logged in, with no word of this machine's cache
ENVIRONMENT=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	TERM=dumb "JOBS=$JOBS")

# minimal DIRECTORY: a root that apt can use, but for the devices
minimal() {
	local name

	# the devices are mounted instead
	tar -C "$1" -xpf "$MINIMAL" --numeric-owner --exclude='./dev/*'
	mount -t proc proc "$1/proc"
	# the packages of the last time; apt verifies them like those it downloads
	mkdir -p "$ARCHIVES/partial"
	mount --bind "$ARCHIVES" "$1/var/cache/apt/archives"
	for name in /etc/resolv.conf /etc/hosts; do
		[ ! -e "$name" ] || cp -L --remove-destination "$name" "$1$name"
	done
}

prepare() {
	local name

	minimal "$ROOT"
	mkdir "$ROOT/zrec"
	tar -C "$ROOT/zrec" -xf "$REPOSITORY" --no-same-owner
	devices "$ROOT"
	for name in http_proxy https_proxy no_proxy; do
		[ -z "${!name:-}" ] || ENVIRONMENT+=("$name=${!name}")
	done
}

# inside ROOT COMMAND...: into $LOG
inside() {
	local root=$1

	shift
	timeout -k 10 "$SECONDS_MAX" chroot "$root" env -i "${ENVIRONMENT[@]}" "$@" </dev/null >>"$LOG" 2>&1
}

# in_root COMMAND...: in the repository
in_root() {
	# the shell in there expands its arguments
	# shellcheck disable=SC2016
	inside "$ROOT" sh -c 'cd /zrec && exec "$@"' sh "$@"
}

step_packages() {
	in_root tests/lab/packages.sh || return 1
	# again, it has nothing to do, and needs no apt for that
	mv "$ROOT/usr/bin/apt-get" "$ROOT/usr/bin/apt-get.away"
	in_root tests/lab/packages.sh || return 1
	mv "$ROOT/usr/bin/apt-get.away" "$ROOT/usr/bin/apt-get"
	# what the guest has, in the QEMU that came
	in_root qemu-system-s390x -device zpci,help && in_root qemu-system-s390x -device nvme,help
}

step_native() {
	in_root tests/lab/build.sh native
}

step_unit() {
	in_root meson test -C build/native --print-errorlogs --num-processes "$JOBS" && return
	# why a test of cmocka failed is among its results, which meson shows to nobody
	in_root grep -A 6 '^not ok' build/native/meson-logs/testlog.txt
	return 1
}

step_guest() {
	in_root tests/lab/build.sh s390x && in_root tests/lab/image.sh
}

# s390x_lists: whether apt's sources have what the sysroot is made of
s390x_lists() {
	in_root mkdir -p /tmp/s390x/lists/partial /tmp/s390x/archives/partial && in_root touch /tmp/s390x/status &&
		in_root apt-get -q -o APT::Architecture=s390x -o APT::Architectures=s390x \
			-o Dir::State=/tmp/s390x -o Dir::State::status=/tmp/s390x/status \
			-o Dir::Cache=/tmp/s390x -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any update
}

# Not every mirror has the s390x packages of every release
step_foreign_guest() {
	if ! s390x_lists; then
		NO_GUEST="apt reads no s390x package lists: $(grep -m 1 '^E: ' "$LOG")"
		SKIP=$NO_GUEST
		return
	fi
	step_guest
}

# the demo, but for the building of the kernel
step_boot() {
	SKIP=$NO_GUEST
	[ -z "$SKIP" ] || return 0
	cp "$KERNEL" "$ROOT/tmp/bzImage"
	in_root tests/lab/run --kernel /tmp/bzImage --timeout 300 --add tests/lab/demo-guest.sh -- demo-guest.sh
}

step_fuzz() {
	in_root tests/fuzz/run 1
}

step_install() {
	in_root make install DESTDIR=/tmp/installed || return 1
	in_root /tmp/installed/usr/local/sbin/zrec --version || return 1
	in_root ls /tmp/installed/usr/local/share/man/man8/zrec.8 \
		/tmp/installed/usr/local/share/bash-completion/completions/zrec
}

step_deb() {
	in_root env DEB_BUILD_OPTIONS=nocheck make deb
}

# debs [NAME]...: the package files of these names, or of all but those for debuggers
debs() {
	find "$ROOT/zrec/build/deb" -name '*.deb' ! -name '*-dbgsym_*' "$@"
}

# plain: names of installed files, without what a compression or a place of one's own adds
plain() {
	sed -E 's#^\.?/usr/(local/)?##; s#\.gz$##; s#^lib(64|/[a-z0-9_]+-linux-gnu)/zrec/#LIB/zrec/#
		s#/site-functions/#/vendor-completions/#' | sort -u
}

# be_installed: make install, if that is no step of today
be_installed() {
	[ -e "$ROOT/tmp/installed" ] || step_install
}

# what make install installs
installed_files() {
	(cd "$ROOT/tmp/installed" && find . ! -type d) | plain
}

# deb_files: what is in the packages, but for what each of Debian's has
deb_files() {
	debs -exec dpkg-deb --fsys-tarfile {} ';' | tar -tf - --ignore-zeros | grep -v '/$' | plain |
		grep -v -e '^share/lintian/' -e '^share/doc/[a-z-]*/changelog.Debian$' -e '^share/doc/[a-z-]*/copyright$'
}

# same_files WHAT WHAT: in one and in the other, else the difference is in $LOG
same_files() {
	diff <("$1") <("$2") >>"$LOG" && [ -n "$("$1")" ]
}

# Also all manual pages: their list is in meson.build
step_lists() {
	be_installed && same_files installed_files deb_files && same_files manual_pages installed_pages
}

manual_pages() {
	(cd "$ROOT/zrec/docs/man" && printf '%s\n' *.scd | sed 's/\.scd$//' | sort)
}

installed_pages() {
	(cd "$ROOT/tmp/installed/usr/local/share/man" && find . -type f -printf '%f\n' | sort)
}

# clean_root: into $CLEAN a root that has nothing of ours, but apt's lists
clean_root() {
	local backports=/etc/apt/sources.list.d/zrec-backports.list

	CLEAN=$ROOT/clean NEWER=()
	if [ -e "$ROOT$backports" ]; then
		# shellcheck source=/dev/null
		NEWER=(-t "$(. "$ROOT/etc/os-release" && printf '%s' "$VERSION_CODENAME")-backports")
	fi
	[ ! -e "$CLEAN" ] || return 0
	mkdir "$CLEAN"
	minimal "$CLEAN"
	mount --rbind "$ROOT/dev" "$CLEAN/dev"
	[ ! -e "$ROOT$backports" ] || cp "$ROOT$backports" "$CLEAN$backports"
	cp "$ROOT/zrec/tests/data/two-hosts.jsonl" "$CLEAN/tmp"
	inside "$CLEAN" apt-get -q update
}

# what every installation has to do
packages_work() {
	inside "$CLEAN" sh -e -c 'cd /root
		zrec --version
		zrec-exporter --version
		rm -f h.db
		zrec history import -o h.db /tmp/two-hosts.jsonl
		zrec history --file h.db
		zrec replay h.db --policy isolate-flapping
		test -e /usr/include/zrec/policy.h
		test -e /usr/share/zrec/fleet/rules.yml'
}

# packages_left: fails if anything of zrec is in the clean root, whose names are in $LOG
packages_left() {
	# shellcheck disable=SC2016
	inside "$CLEAN" sh -c 'left=$(find / -xdev \( -path /tmp -o -path /var/cache/apt -o -path /etc/apt \) -prune -o -name "*zrec*" -print)
		echo "$left"
		test -z "$left"'
}

# The units that the packages enable, by the links of systemd; nothing else is enabled
units_enabled() {
	inside "$CLEAN" sh -e -c 'cd /etc/systemd/system
		test -L multi-user.target.wants/zrec.service
		test -L multi-user.target.wants/zrec-policy.service
		test -L sockets.target.wants/zrec-exporter.socket
		test ! -e multi-user.target.wants/zrec-exporter.service'
}

# The packages where nothing else of ours is: what they depend on is all that they need
step_package() {
	clean_root || return 1
	debs -exec cp -t "$CLEAN/tmp" {} +
	inside "$CLEAN" sh -c 'DEBIAN_FRONTEND=noninteractive exec apt-get -q -y --no-install-recommends "$@" /tmp/*.deb' \
		sh "${NEWER[@]}" install || return 1
	packages_work && units_enabled || return 1
	inside "$CLEAN" sh -c 'mkdir -p /var/lib/zrec /etc/zrec && touch /var/lib/zrec/history.db /etc/zrec/policy.conf' &&
		inside "$CLEAN" apt-get -q -y purge 'zrec*' && packages_left
}

step_rpm() {
	in_root env RPMBUILD_OPTIONS="--without check" make rpm || return 1
	be_installed && same_files installed_files rpm_files && scripts_name_units && rpm_installs
}

# A macro that this rpmbuild lacks may not leave a script without its units
scripts_name_units() {
	local unit scripts

	scripts=$(rpms | sed "s|^$ROOT||" | xargs chroot "$ROOT" rpm -qp --scripts) || return 1
	for unit in "$ROOT"/tmp/installed/usr/local/lib/systemd/system/*; do
		grep -q " preset .*${unit##*/} " <<<"$scripts" || return 1
	done
}

# rpms: the package files, but for the source and what is for debuggers
rpms() {
	find "$ROOT/zrec/build/rpm" -name '*.rpm' ! -name '*.src.rpm' ! -name '*-debug*'
}

rpm_files() {
	rpms | sed "s|^$ROOT||" | xargs chroot "$ROOT" rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' 2>>"$LOG" |
		sed -n 's|^[^d][^ ]* ||p' | grep -v '/\.build-id/' | plain
}

# Installed and removed again by rpm, in the clean root, which has the libraries since step_package
rpm_installs() {
	[ -e "$ROOT/clean" ] || step_package || return 1
	inside "$CLEAN" sh -c 'DEBIAN_FRONTEND=noninteractive exec apt-get -q -y --no-install-recommends "$@" rpm' \
		sh "${NEWER[@]}" install || return 1
	rpms | xargs cp -t "$CLEAN/tmp"
	# what they need is there, but this rpm does not know it
	inside "$CLEAN" groupdel zrec && inside "$CLEAN" sh -c 'exec rpm --install --nodeps /tmp/*.rpm' && packages_work &&
		inside "$CLEAN" getent group zrec || return 1
	inside "$CLEAN" rpm --erase zrec zrec-exporter zrec-fleet zrec-policies-devel && packages_left
}

step_demo() {
	SKIP=$NO_GUEST
	[ -n "$SKIP" ] || in_root make demo
}

declare -A WHAT=(
	[packages]="packages.sh installs what it says, once"
	[native]="zrec builds for this machine"
	[unit]="the unit tests pass"
	[guest]="sysroot, zrec and image for the guest build"
	[foreign_guest]="sysroot, zrec and image for the guest build"
	[boot]="the guest boots, the demo runs"
	[fuzz]="the fuzzer builds and runs"
	[install]="make install DESTDIR=... installs zrec, which runs"
	[deb]="make deb builds packages that lintian likes"
	[lists]="the packages have what make install installs, and all manual pages"
	[package]="the packages install where nothing else is, work, and purge leaves nothing"
	[rpm]="make rpm builds packages with the same files, which rpm installs and removes"
	[demo]="make demo, from an empty cache"
)

NO_GUEST=
prepare >&2
# No network is no fault of ours
if ! in_root apt-get -q -o APT::Update::Error-Mode=any update; then
	printf 'skip - apt cannot read its sources: %s\n' "$(grep -m 1 '^E: ' "$LOG" || tail -n 1 "$LOG")"
	exit
fi
for step; do
	start=$SECONDS SKIP=
	: >"$LOG"
	if ! "step_$step"; then
		printf 'not ok - %s\n' "${WHAT[$step]}"
		# what was compiled without a word says nothing of the failure
		grep -vE '^\[[0-9]+/[0-9]+\] ' "$LOG" | tail -n 60 | sed 's/^/# /'
		# the others would only fail for the same reason
		exit
	fi
	printf 'ok - %s\n# %d s\n' "${WHAT[$step]}${SKIP:+ # SKIP $SKIP}" $((SECONDS - start))
done
