#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the benchmarks compare with. Prints the file's name.
#   notrace   a bzImage: the zrec kernel, its recovery code compiled without
#             tracepoints
#   nohook    a bzImage: the zrec kernel without the hook for policies
#   inject    a module that injects error events, for base and zrec

HERE=$(cd "$(dirname "$0")" && pwd)
. "$HERE/../lab/lib.sh"
. "$LAB/kernel-source.sh"

kmake() {
	make -C "$TREE" ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- KBUILD_BUILD_USER=zrec \
		KBUILD_BUILD_HOST=lab LOCALVERSION= "$@"
}

# tree NAME: its sources and objects as the kernel NAME was built from them
tree() {
	TREE=$CACHE/tree/$1
	[ -d "$TREE" ] || die "$TREE is missing: remove $CACHE/kernel, then the kernels are built anew"
	lock kernel
	LOG=$TREE/bench.log
}

# Objects that pass one of the series' tracepoints, as make variables
notrace_flags() {
	(cd "$TREE" && grep -lE '\<trace_(s390_zpci|vfio_pci)_' arch/s390/pci/*.c drivers/vfio/pci/*.c) |
		sed -E 's!.*/(.*)\.c$!CFLAGS_\1.o=-DNOTRACE!'
}

# variant NAME TEXT: with the flags of NAME_flags, without the option $OFF. In zrec's
# own tree: next time zrec is wanted, make sees that flags or configuration differ.
variant() {
	local name=$1 text=$2 zrec dir list flags

	zrec=$("$LAB/kernel.sh" zrec)
	dir=$CACHE/bench/$name-${zrec##*-}
	if [ ! -e "$dir" ]; then
		say "building the zrec kernel $text, to compare with"
		tree zrec
		touch "$TREE/.zrec-building"
		mapfile -t list < <(series_patches)
		patch_tree "$TREE" "${list[@]}"
		grep -v "^${OFF:-nothing}=" "$zrec/config" >"$TREE/.config"
		kmake olddefconfig >"$LOG" 2>&1
		mapfile -t flags < <("${name}_flags")
		kmake -j"$JOBS" "${flags[@]}" bzImage >>"$LOG" 2>&1 || die "it does not build (see $LOG)"
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"
		cp "$TREE/arch/s390/boot/bzImage" "$TREE/vmlinux" "$dir.tmp/"
		rm "$TREE/.zrec-building"
		find "$CACHE/bench" -maxdepth 1 -name "$name-*" ! -path "$dir.tmp" -exec rm -rf {} +
		mv "$dir.tmp" "$dir"
	fi
	printf '%s\n' "$dir/bzImage"
}

notrace() {
	variant notrace "without tracepoints"
}

nohook_flags() {
	:
}

nohook() {
	OFF=CONFIG_ZPCI_RECOVERY_BPF variant nohook "without the hook for policies"
}

# Both kernels have one version and one layout of modules, so one module does.
inject() {
	local base dir

	base=$("$LAB/kernel.sh" base)
	dir=$CACHE/bench/inject-$(cat "$HERE"/inject/* <(echo "$base") | key)
	if [ ! -e "$dir" ]; then
		say "building the module that injects errors into the base kernel"
		tree base
		rm -rf "$dir.tmp"
		mkdir -p "$dir.tmp"
		cp "$HERE"/inject/* "$dir.tmp/"
		{
			kmake modules_prepare
			# base exports no Module.symvers, since the lab builds no modules
			kmake M="$dir.tmp" KBUILD_MODPOST_WARN=1 modules
		} >"$LOG" 2>&1 || die "it does not build (see $LOG)"
		find "$CACHE/bench" -maxdepth 1 -name 'inject-*' ! -path "$dir.tmp" -exec rm -rf {} +
		mv "$dir.tmp" "$dir"
	fi
	printf '%s\n' "$dir/bench_inject.ko"
}

case ${1:-} in
notrace | nohook | inject) "$1" ;;
*)
	printf 'Usage: tests/bench/kernel.sh notrace|nohook|inject\n' >&2
	exit 1
	;;
esac
