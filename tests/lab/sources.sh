# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Debian's own apt sources of this machine. Source it after lib.sh.

# shellcheck source=/dev/null
. /etc/os-release
CODENAME=${VERSION_CODENAME:?this system has no VERSION_CODENAME in /etc/os-release}
DEBIAN=${VERSION_ID:-0}

# debian_targets: "URI suite" of each Debian source that apt is configured
# with. Suite and component tell them from other vendors' sources, and so does
# the origin once apt has seen the Release file.
debian_targets() {
	# the $() are apt's own
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)' \
		'Created-By: Packages' |
		awk -F'|' -v c="$CODENAME" '
			$2 != c && $2 != c "-updates" && $2 != c "-security" && $2 != c "-backports" { next }
			$3 != "main" || ($4 !~ /^Debian/ && $4 !~ /^\$/ && $4 != "") { next }
			!seen[$1 $2]++ { print $1, $2 }'
}

# debian_sources [OPTIONS]: the same as lines of a sources.list
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

backports_line() {
	local uri

	uri=$(debian_targets | awk -v c="$CODENAME" '$2 == c { print $1; exit }')
	[ -n "$uri" ] || die "apt has no Debian source for $CODENAME to derive $CODENAME-backports from"
	printf '%s' "$uri"
}
