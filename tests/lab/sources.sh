# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Debian's own apt sources of this machine. Source it after lib.sh.

# shellcheck source=/dev/null
. /etc/os-release
CODENAME=${VERSION_CODENAME:?this system has no VERSION_CODENAME in /etc/os-release}
DEBIAN=${VERSION_ID:-0}

# apt's view of its sources; apt only names those whose lists it has
VIEW=()

# debian_targets: "URI suite" of each Debian source that apt is configured
# with. Suite, component and origin tell them from other vendors' sources.
debian_targets() {
	# the $() are apt's own
	# shellcheck disable=SC2016
	apt-get "${VIEW[@]}" indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)' \
		'Created-By: Packages' |
		awk -F'|' -v c="$CODENAME" '
			$2 != c && $2 != c "-updates" && $2 != c "-security" && $2 != c "-backports" { next }
			$3 == "main" && $4 ~ /^Debian/ && !seen[$1 $2]++ { print $1, $2 }'
}

# private_view DIR: lists of our own, for a system whose lists were deleted.
# Another vendor's source that fails is not our concern.
private_view() {
	if [ -n "$(debian_targets)" ]; then
		return 0
	fi
	mkdir -p "$1/partial"
	VIEW=(-o Dir::State::lists="$1" -o APT::Sandbox::User="$(id -un)")
	apt-get -q "${VIEW[@]}" update >&2 || true
}

# debian_sources: the same as lines of a sources.list
debian_sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg options=

	if [ -e "$keyring" ]; then
		options="[signed-by=$keyring] "
	fi
	debian_targets | awk -v o="$options" '{ print "deb " o $1, $2, "main" }'
}

# backports_needed: Debian 12 has qemu and libbpf that are too old
backports_needed() {
	[ "${DEBIAN%%.*}" -lt 13 ]
}

has_backports() {
	debian_targets | grep -q " $CODENAME-backports\$"
}

# backports_source: a line for it, derived from the source of the release
backports_source() {
	local line

	line=$(debian_sources | sed -n "s/ $CODENAME main\$/ $CODENAME-backports main/p" | head -n 1)
	[ -n "$line" ] || die "apt has no Debian source for $CODENAME to derive $CODENAME-backports from"
	printf '%s\n' "$line"
}
