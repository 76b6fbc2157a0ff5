#!/bin/sh
# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0
# In the guest: on a kernel that can, look for leaked memory. What there is, as
# TAP comments; that there is any, the kernel's log tells as well.

LEAKS=/sys/kernel/debug/kmemleak
[ -e $LEAKS ] || exit 0

# what is younger than 5 s, or changed since the scan before, is no suspect
sleep 6
for _ in 1 2 3; do
	echo scan >$LEAKS || echo "# $LEAKS: cannot scan"
done
sed 's/^/# /' $LEAKS
