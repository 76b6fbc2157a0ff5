#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Installs what the build, the lab and the tests need from Debian 12 or 13; with names
# of sets as arguments, what these need as well. Does nothing, and needs no network,
# when all of it is there.

. "$(dirname "$0")/lib.sh"

PACKAGES=(
	bc bison clang-19 cpio e2fsprogs flex gcc gcc-s390x-linux-gnu
	git kmod libc6-dev libc6-dev-s390x-cross libcap-dev libclang-rt-19-dev
	libcmocka-dev libcrypt-dev libcurl4-gnutls-dev libelf-dev libgnutls28-dev libgsl-dev
	libmicrohttpd-dev
	libjansson-dev libsqlite3-dev libssl-dev linux-source-6.12 make meson mmdebstrap ninja-build openssl
	pahole perl pkg-config python3 qemu-user scdoc shellcheck sparse xz-utils
	uidmap zlib1g-dev
)
# What only one suite or one command needs
declare -A SETS=(
	[deb]="build-essential debhelper dpkg-dev fakeroot lintian"
	[bench]="prometheus-node-exporter"
	[rpm]="debugedit rpm rpmlint"
	[browser]="chromium fonts-dejavu-core poppler-utils"
	# Prometheus itself is unpacked only: prometheus.sh
	[fleet]="python3-jsonschema"
)
# package and the oldest version that will do; Debian 12 has both in backports
NEWER=("qemu-system-s390x 1:10" "libbpf-dev 1:1.4")
# what apt would otherwise take from the release itself, and then give up
declare -A WITH=([qemu-system-s390x]="qemu-system-common qemu-system-data" [libbpf-dev]=libbpf1)

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# missing: which packages, one a line
missing() {
	local installed package version have

	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' \
		"${PACKAGES[@]}" "${NEWER[@]%% *}" 2>/dev/null | sed -n 's/^installed //p' || true)
	for package in "${PACKAGES[@]}"; do
		grep -q "^$package " <<<"$installed" || printf '%s\n' "$package"
	done
	for package in "${NEWER[@]}"; do
		read -r package version <<<"$package"
		have=$(sed -n "s/^$package //p" <<<"$installed")
		if [ -z "$have" ] || dpkg --compare-versions "$have" lt "$version"; then
			printf '%s\n' "$package"
		fi
	done
}

may_change_sources() {
	local answer

	if [ "${YES:-0}" = 1 ] || [ ! -t 0 ] || [ ! -t 2 ]; then
		return 0
	fi
	printf 'Debian %s needs %s-backports for qemu and libbpf. Add it to apt as %s? [y/N] ' \
		"$DEBIAN" "$CODENAME" "$1" >&2
	read -r answer
	[[ $answer == [yY]* ]]
}

add_backports() {
	local file=/etc/apt/sources.list.d/zrec-backports.list line

	line=$(backports_source)
	may_change_sources "$file" ||
		die "not added; qemu-system-s390x >= 10 and libbpf-dev >= 1.4 have to come from elsewhere"
	printf '# for zrec: qemu-system-s390x >= 10, libbpf >= 1.4\n%s\n' "$line" |
		as_root tee "$file" >/dev/null
	say "wrote $file: $line"
	printf '%s\n' "$line" >>"$LIST"
}

# Only Debian's own sources: another vendor's that fails is not our concern.
debian_apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o Dir::Etc::sourcelist="$LIST" -o Dir::Etc::sourceparts=/dev/null \
		-o APT::Get::List-Cleanup=0 -o DPkg::Lock::Timeout=600 "$@"
}

# from_where PACKAGE...: the newer ones with the suite they are in
from_where() {
	local package with

	for package; do
		if backports_needed && [ -n "${WITH[$package]:-}" ]; then
			for with in $package ${WITH[$package]}; do
				printf '%s/%s-backports\n' "$with" "$CODENAME"
			done
		else
			printf '%s\n' "$package"
		fi
	done
}

install_packages() {
	local names

	. "$LAB/sources.sh"
	need apt-get apt
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
		die "missing packages, and neither root nor sudo to install them: $*"
	fi
	say "installing: $*"
	as_root apt-get -q update >&2 ||
		say "some of apt's sources fail: going on with Debian's own"
	LIST=$(mktemp --suffix=.list)
	trap 'rm -f "$LIST"' EXIT
	debian_sources >"$LIST"
	chmod a+r "$LIST"
	if backports_needed && ! has_backports; then
		add_backports
		debian_apt update >&2 || die "cannot read the package list of $CODENAME-backports"
	fi
	mapfile -t names < <(from_where "$@")
	debian_apt install --no-install-recommends "${names[@]}" >&2 ||
		die "cannot install: ${names[*]}"
}

main() {
	local list name

	for name; do
		[ -n "${SETS[$name]:-}" ] || die "no such set of packages: $name (there is: ${!SETS[*]})"
		# shellcheck disable=SC2206 # several words
		PACKAGES+=(${SETS[$name]})
	done
	command -v dpkg-query >/dev/null || die "the set-up is for Debian 12 and 13 (no dpkg here)"
	mapfile -t list < <(missing)
	if [ ${#list[@]} -gt 0 ]; then
		install_packages "${list[@]}"
		mapfile -t list < <(missing)
		[ ${#list[@]} -eq 0 ] || die "installed, but still missing or too old: ${list[*]}"
	fi
}

main "$@"
