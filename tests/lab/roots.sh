# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Debian roots of our own, from this machine's apt sources, in namespaces of their own.
# Source it after lib.sh and sources.sh.

# in_namespace COMMAND...: mounts and processes of it end with it. Whoever is not
# root needs a range of user ids as well, for what Debian's packages own.
in_namespace() {
	local users=()

	if [ "$(id -u)" -ne 0 ]; then
		users=(--user --map-root-user --map-auto)
	fi
	unshare "${users[@]}" --mount --propagation private --pid --fork --kill-child "$@"
}

# namespaces DIR: what roots need, tried in that directory. Prints why not.
namespaces() {
	local said

	# a shell of its own expands $1
	# shellcheck disable=SC2016
	if ! said=$(in_namespace sh -c 'mount -t tmpfs zrec "$1" && mkdir "$1/proc" && mount -t proc proc "$1/proc" &&
		chroot / true' sh "$1" 2>&1); then
		said=${said##*$'\n'}
		printf 'no mount namespace or no chroot here (%s)\n' "${said:-unshare failed}"
		return 1
	fi
}

# release_sources RELEASE: the machine's own for that release, without backports
release_sources() {
	debian_sources | grep -v -e '-backports ' | sed "s/ $CODENAME\(\|-updates\|-security\) / $1\1 /"
}

# what the machine's apt needs to reach its sources: proxies and the like
apt_options() {
	apt-config dump | grep -E '^Acquire::(Check-|Languages|Retries|ForceIP|https?::)' | grep -v ' "";$' || true
}

# bootstrap RELEASE FILE SOURCES APT-CONF OPTION...: a root without documentation as a tar
bootstrap() {
	local release=$1 file=$2 sources=$3 conf=$4

	shift 4
	in_namespace mmdebstrap --quiet --mode=root --variant=apt \
		--aptopt="$conf" --aptopt='APT::Install-Recommends "false"' \
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		"$@" "$release" "$file" "$sources"
}

# devices ROOT: the few of them that programs expect
devices() {
	local name

	mount -t tmpfs -o mode=755 dev "$1/dev"
	for name in null zero full random urandom tty; do
		touch "$1/dev/$name"
		mount --bind "/dev/$name" "$1/dev/$name"
	done
	mkdir "$1/dev/shm" "$1/dev/pts"
	mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
	ln -s /proc/self/fd "$1/dev/fd"
	ln -s fd/0 "$1/dev/stdin"
	ln -s fd/1 "$1/dev/stdout"
	ln -s fd/2 "$1/dev/stderr"
}
