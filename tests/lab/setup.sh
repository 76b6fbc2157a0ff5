#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything that demo, check and bench need, from nothing, and no kernel but those
# that are named (base, zrec, debug); with a warm cache a matter of seconds and
# without network.

. "$(dirname "$0")/lib.sh"

"$LAB/packages.sh"
"$LAB/sysroot.sh" >/dev/null
for kernel; do
	"$LAB/kernel.sh" "$kernel" >/dev/null
done
"$LAB/build.sh" s390x
"$LAB/image.sh" >/dev/null
say "the lab is ready"
