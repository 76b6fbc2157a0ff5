#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything that demo, check and bench need, from nothing; with a warm cache
# a matter of seconds and without network.

. "$(dirname "$0")/lib.sh"

"$LAB/packages.sh"
"$LAB/sysroot.sh" >/dev/null
"$LAB/kernel.sh" base >/dev/null
"$LAB/kernel.sh" zrec >/dev/null
"$LAB/build.sh" s390x
"$LAB/image.sh" >/dev/null
say "the lab is ready"
