#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest's initramfs: busybox, bpftool, libraries and what the cross build
# installed (zrec and its test programs). Prints the file's name.

. "$(dirname "$0")/lib.sh"

LIBS=(c m dl pthread rt resolv gcc_s bpf elf z zstd cap jansson inih cmocka sqlite3 gsl gslcblas
	crypt microhttpd gnutls p11-kit idn2 unistring tasn1 nettle hogweed gmp ffi)
INSTALLED=$REPO/build/s390x-root

libraries() {
	local sysroot=$1 root=$2 lib file

	mkdir -p "$root/lib"
	for lib in "${LIBS[@]}"; do
		for file in "$sysroot"/{usr/lib,lib}/s390x-linux-gnu/"lib$lib.so".[0-9]*; do
			if [ -e "$file" ]; then
				cp -L "$file" "$root/lib/"
			fi
		done
	done
	cp -L "$sysroot"/lib/ld64.so.1 "$root/lib/"
}

# The newest change of anything that goes into the image
stamp() {
	{
		printf '%s\n' "$1" "${LIBS[@]}"
		find "$LAB/guest" "$0" -type f -printf '%p %s %T@\n'
		if [ -d "$INSTALLED" ]; then
			find "$INSTALLED" -printf '%p %s %T@\n'
		fi
	} | sort | key
}

build() {
	local sysroot=$1 root=$WORK/root

	mkdir -p "$root"/{bin,dev,etc,proc,sys,tmp,run,root,lab,host,usr/bin,usr/sbin,usr/lib/zrec/tests,var/lib}
	libraries "$sysroot" "$root"
	cp "$sysroot/bin/busybox" "$root/bin/"
	cp "$sysroot/usr/sbin/bpftool" "$root/usr/sbin/"
	cp -r "$LAB"/guest/. "$root/"
	if [ -d "$INSTALLED" ]; then
		cp -a "$INSTALLED"/. "$root/"
	fi
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnobody:x:65534:\n' >"$root/etc/group"
	(cd "$root" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --quiet --null -o -H newc -R 0:0) >"$WORK/image.cpio"
}

main() {
	local sysroot id image

	sysroot=$("$LAB/sysroot.sh")/root
	id=$(stamp "$sysroot")
	image=$CACHE/image/$id.cpio
	if [ ! -e "$image" ]; then
		need cpio cpio
		lock image
	fi
	if [ ! -e "$image" ]; then
		mkdir -p "$CACHE/image"
		WORK=$(mktemp -d "$CACHE/image/work.XXXXXX")
		trap 'rm -rf "$WORK"' EXIT
		build "$sysroot"
		mv "$WORK/image.cpio" "$image"
		# a run that is starting may still read the one before
		find "$CACHE/image" -name '*.cpio' ! -path "$image" -mmin +60 -delete
	fi
	printf '%s\n' "$image"
}

main
