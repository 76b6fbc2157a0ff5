#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# s390x libraries, headers and guest programs, from Debian's own s390x
# packages, through a private apt root: the system's architectures, lists and
# packages stay as they are. Prints the directory of the result.

. "$(dirname "$0")/lib.sh"
. "$LAB/sources.sh"

PACKAGES=(libc6 libc6-dev libgcc-s1 zlib1g-dev libzstd-dev libcap-dev
	libjansson-dev libinih-dev libcmocka-dev libsqlite3-dev libgsl-dev libmicrohttpd-dev
	libcurl4-gnutls-dev
	busybox-static)
# These are too old in Debian 12 itself; bpftool wants its own libelf.
NEWER=(libelf-dev libbpf-dev libbpf1 bpftool linux-libc-dev)

private_apt() {
	local apt=$WORK/apt

	apt-get -qq \
		-o Dir::State="$apt/state" -o Dir::State::status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o Dir::Etc::sourcelist="$apt/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Architecture=s390x -o APT::Architectures=s390x \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none "$@"
}

download() {
	local apt=$WORK/apt names

	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
	: >"$apt/status"
	private_view "$apt/host-lists"
	debian_sources >"$apt/sources.list"
	if backports_needed && ! has_backports; then
		backports_source >>"$apt/sources.list"
	fi
	say "sysroot: reading Debian's s390x package lists"
	private_apt update >&2 || say "not all s390x package lists could be read (network? a mirror without s390x?)"
	names=("${PACKAGES[@]}")
	if backports_needed; then
		names+=("${NEWER[@]/%//$CODENAME-backports}")
	else
		names+=("${NEWER[@]}")
	fi
	say "sysroot: downloading ${#names[@]} packages and what they depend on"
	private_apt install --download-only --no-install-recommends -y "${names[@]}" >&2 ||
		die "cannot download the s390x packages"
}

# Links such as /lib/x86.so would point into the host: make them relative.
relative_links() {
	local link target

	while IFS= read -r link; do
		target=$(readlink "$link")
		ln -snfr "$1$target" "$link"
	done < <(find "$1" -type l -lname '/*')
}

# merge_usr ROOT: /lib and the like are links into /usr, as on every installed
# system; packages of Debian 13 rely on it, those of Debian 12 have files in both
merge_usr() {
	local dir

	for dir in bin lib sbin; do
		mkdir -p "$1/usr/$dir"
		if [ -d "$1/$dir" ]; then
			cp -a "$1/$dir/." "$1/usr/$dir/"
			rm -rf "${1:?}/$dir"
		fi
		ln -s "usr/$dir" "$1/$dir"
	done
}

unpack() {
	local root=$WORK/root deb

	mkdir -p "$root"
	for deb in "$WORK"/apt/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$root"
		dpkg-deb -f "$deb" Package Version >>"$WORK/packages"
	done
	merge_usr "$root"
	relative_links "$root"
	rm -rf "$root"/usr/share/{doc,man,locale,lintian,bash-completion} "$WORK/apt"
}

# A compiler and a pkg-config that see the sysroot and nothing of the host.
# Debian's cross gcc would look into /usr/s390x-linux-gnu first, hence
# -isystem and -L.
wrappers() {
	mkdir -p "$WORK/bin"
	cat >"$WORK/bin/cc" <<'END'
#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
exec s390x-linux-gnu-gcc --sysroot="$root" -isystem "$root/usr/include/s390x-linux-gnu" \
	-isystem "$root/usr/include" -L"$root/usr/lib/s390x-linux-gnu" "$@"
END
	cat >"$WORK/bin/pkg-config" <<'END'
#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_PATH=
export PKG_CONFIG_LIBDIR="$root/usr/lib/s390x-linux-gnu/pkgconfig:$root/usr/share/pkgconfig"
exec pkg-config "$@"
END
	cat >"$WORK/bin/run" <<'END'
#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
exec qemu-s390x -L "$root" "$@"
END
	chmod +x "$WORK"/bin/*
}

cross_file() {
	cat >"$WORK/cross.ini" <<END
[binaries]
c = '$DIR/bin/cc'
ar = 's390x-linux-gnu-ar'
strip = 's390x-linux-gnu-strip'
objcopy = 's390x-linux-gnu-objcopy'
pkgconfig = '$DIR/bin/pkg-config'
pkg-config = '$DIR/bin/pkg-config'
exe_wrapper = '$DIR/bin/run'

[properties]
needs_exe_wrapper = true

[host_machine]
system = 'linux'
cpu_family = 's390x'
cpu = 's390x'
endian = 'big'
END
}

# A sysroot that cannot build and run a libbpf program is not kept.
prove() {
	cat >"$WORK/prove.c" <<'END'
#include <bpf/libbpf.h>
#include <stdio.h>
int main(void)
{
	return libbpf_major_version() < 1 || puts(libbpf_version_string()) < 0;
}
END
	# shellcheck disable=SC2046
	"$WORK/bin/cc" -o "$WORK/prove" "$WORK/prove.c" $("$WORK/bin/pkg-config" --cflags --libs libbpf)
	"$WORK/bin/run" "$WORK/prove" >/dev/null || die "the new sysroot cannot run a libbpf program"
	rm "$WORK/prove" "$WORK/prove.c"
}

main() {
	local id

	id=$(cat "$0" "$LAB/sources.sh" <(printf '%s %s\n' "$CODENAME" "$CACHE") | key)
	DIR=$CACHE/sysroot/$id
	if [ ! -e "$DIR" ]; then
		need s390x-linux-gnu-gcc gcc-s390x-linux-gnu
		need qemu-s390x qemu-user
		need pkg-config pkg-config
		lock sysroot
	fi
	if [ ! -e "$DIR" ]; then
		WORK=$DIR.tmp
		rm -rf "$WORK"
		mkdir -p "$WORK"
		download
		say "sysroot: unpacking"
		unpack
		wrappers
		cross_file
		prove
		mv "$WORK" "$DIR"
		# another checkout may still use the one before
		find "$CACHE/sysroot" -mindepth 1 -maxdepth 1 ! -path "$DIR" -mtime +7 -exec rm -rf {} +
	fi
	printf '%s\n' "$DIR"
}

main
