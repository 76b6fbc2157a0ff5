# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The whole series also builds where something that it uses or belongs to is
# not there. Only the touched objects, as in build.sh.

# off SYMBOL...: a fragment that turns these off
off() {
	printf 'CONFIG_%s=n\n' "$@"
}

# is_off SYMBOL...: kconfig may turn on again what another symbol selects
is_off() {
	local symbol

	for symbol; do
		if grep "^CONFIG_$symbol=" "$TREE/.config"; then
			return 1
		fi
	done
}

# objects SKIP: the touched ones without those that match
objects() {
	touched_objects "${PATCHES[@]}" | grep -v -E "$1"
}

whole_series() {
	series_tree "$@"
	patch_tree "$TREE" "${PATCHES[@]}"
}

# without SKIP SYMBOL...: the symbols off, and the objects that are not built then
without() {
	local skip=$1 list

	shift
	whole_series
	configure <(off "$@")
	is_off "$@"
	mapfile -t list < <(objects "$skip")
	kmake -j"$JOBS" KCFLAGS=-Werror "${list[@]}"
}

# The symbols that a vfio-pci of this series needs from the kernel; that it has
# them is otherwise seen by distributions only, where vfio-pci is a module.
module_finds_symbols() {
	local nm=${TOOLS}nm list module=drivers/vfio/pci/vfio-pci-core.o

	whole_series
	configure <(printf 'CONFIG_%s=m\n' VFIO_PCI VFIO_PCI_CORE)
	grep -qx CONFIG_VFIO_PCI_CORE=m "$TREE/.config"
	mapfile -t list < <(objects '^drivers/vfio/')
	kmake -j"$JOBS" KCFLAGS=-Werror "${list[@]}" drivers/vfio/pci/
	cd "$TREE" || return
	{
		cut -f 2 "$BASE_TREE/vmlinux.symvers"
		"$nm" "${list[@]}" | sed -n 's/.* __export_symbol_//p'
	} | LC_ALL=C sort -u >"$WORK/exported"
	"$nm" -u "$module" | awk '{ print $2 }' | LC_ALL=C sort -u >"$WORK/used"
	[ -s "$WORK/used" ]
	LC_ALL=C comm -13 "$WORK/exported" "$WORK/used" >"$WORK/missing"
	sed 's/^/not exported: /' "$WORK/missing"
	[ ! -s "$WORK/missing" ]
}

# x86 SYMBOL...: what is not s390's own, with the symbols on
x86() {
	# shellcheck disable=SC2034 # for kmake
	local TREE=$CACHE/tree/series-x86 MACHINE=x86_64 TOOLS='' list symbol

	# nothing that was generated for s390
	whole_series --exclude=./.config --exclude=./include/config --exclude=./include/generated
	configure_with <(printf 'CONFIG_%s=y\n' "$@")
	for symbol; do
		grep -x "CONFIG_$symbol=y" "$TREE/.config"
	done
	mapfile -t list < <(objects '^arch/|s390|zdev')
	printf '%s\n' "${list[@]}"
	kmake -j"$JOBS" KCFLAGS=-Werror "${list[@]}"
}

TRACERS=(FTRACE BPF_EVENTS KPROBES KPROBE_EVENTS UPROBE_EVENTS FPROBE BLK_DEV_IO_TRACE TRACING TRACEPOINTS)
VFIO_X86=(PCI MMU IOMMU_SUPPORT VFIO VFIO_PCI)

check_once ${#PATCHES[@]} "builds without tracepoints" without '^$' "${TRACERS[@]}"
check_once ${#PATCHES[@]} "builds without VFIO_PCI_ZDEV_KVM" without zdev VFIO_PCI_ZDEV_KVM
check_once ${#PATCHES[@]} "builds without vfio" without '^drivers/vfio/' VFIO
check_once ${#PATCHES[@]} "builds without ZPCI_INJECT" without inject ZPCI_INJECT
check_once ${#PATCHES[@]} "vfio-pci as a module finds all its symbols" module_finds_symbols
check_once ${#PATCHES[@]} "builds for x86, without tracepoints" x86 "${VFIO_X86[@]}"
check_once ${#PATCHES[@]} "builds for x86, with tracepoints" x86 "${VFIO_X86[@]}" FTRACE ENABLE_DEFAULT_TRACERS TRACEPOINTS
