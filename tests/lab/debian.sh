#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debian.sh [PACKAGE...]: Debian for s390x with systemd and with these packages, from
# this machine's apt sources, as a disk for tests/lab/run --disk. The packages are
# unpacked here and installed in the guest, so nothing here has to run programs for
# s390x. Prints the name of the file; who uses it makes a copy.

. "$(dirname "$0")/lib.sh"
. "$LAB/sources.sh"
. "$LAB/roots.sh"

DISKS=$CACHE/debian
FILES=$LAB/debian
SIZE=1G
PACKAGES=(systemd systemd-sysv udev usr-is-merged busybox-static "$@")

sources() {
	release_sources "$CODENAME"
	if backports_needed; then
		backports_source
	fi
}

# What Debian 12 has in backports alone; all else comes from the release
preferences() {
	if backports_needed; then
		printf 'Package: src:libbpf\nPin: release n=%s-backports\nPin-Priority: 500\n' "$CODENAME"
	fi
}

# unpack DIR: essential packages and those of the list, none of them installed
unpack() {
	# mmdebstrap and its shell expand these
	# shellcheck disable=SC2016
	bootstrap "$CODENAME" "$1" "$WORK/sources.list" "$WORK/apt.conf" --variant=extract \
		--architectures=s390x --include='?essential' --include="$(printf '%s,' "${PACKAGES[@]}")" \
		--setup-hook='mkdir -p "$1/etc/apt/preferences.d" "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib"' \
		--setup-hook='ln -s usr/bin usr/sbin usr/lib "$1"' \
		--setup-hook="copy-in $WORK/preferences /etc/apt/preferences.d" \
		--extract-hook='rm -rf "$1"/usr/share/doc "$1"/usr/share/man "$1"/usr/share/locale' \
		--extract-hook='mkdir -p "$1/opt/lab"' \
		--extract-hook="copy-in $FILES/lab-command $FILES/configure /opt/lab" \
		--extract-hook="copy-in $FILES/lab.service $FILES/lab.target /etc/systemd/system" \
		--extract-hook='echo zrec >"$1/etc/hostname"' \
		--skip=check/qemu,cleanup/apt/cache,output/dev
}

# make_disk FILE
make_disk() {
	local root=$WORK/root

	say "making Debian $DEBIAN for s390x with systemd: unpacking"
	if ! unpack "$root" >"$WORK/log" 2>&1; then
		grep -m 1 -E '^E: ' "$WORK/log" >&2 || tail -n 1 "$WORK/log" >&2
		die "cannot unpack Debian for s390x"
	fi
	# the file is there already, or mke2fs says on stdout that it makes it
	truncate -s "$SIZE" "$1"
	in_namespace mke2fs -q -t ext4 -d "$root" "$1"
	say "making Debian $DEBIAN for s390x with systemd: installing in the guest"
	if ! "$LAB/run" --disk "$1" --append init=/opt/lab/lab-command --nvme 0 --timeout 1800 -- \
		/opt/lab/configure >"$WORK/log" 2>&1; then
		tail -n 40 "$WORK/log" >&2
		die "cannot install Debian for s390x"
	fi
}

# Its files belong to the user ids of the namespace.
remove_work() {
	in_namespace rm -rf --one-file-system "$WORK"
}

main() {
	local id why disk

	need mmdebstrap mmdebstrap
	need mke2fs e2fsprogs
	need unshare util-linux
	mkdir -p "$DISKS"
	lock debian
	WORK=$(mktemp -d "$DISKS/work.XXXXXX")
	trap remove_work EXIT
	why=$(namespaces "$WORK") || die "$why"
	private_view "$WORK/lists"
	sources >"$WORK/sources.list"
	apt_options >"$WORK/apt.conf"
	preferences >"$WORK/preferences"
	id=$(cat "$0" "$FILES"/* "$WORK"/{sources.list,apt.conf,preferences} \
		<(printf '%s\n' "${PACKAGES[@]}" && mmdebstrap --version) | key)
	disk=$DISKS/$id.img
	if [ ! -e "$disk" ]; then
		make_disk "$WORK/new.img"
		mv "$WORK/new.img" "$disk"
		# another checkout may still use the one before
		find "$DISKS" -name '*.img' ! -path "$disk" -mtime +7 -delete
	fi
	printf '%s\n' "$disk"
}

main
