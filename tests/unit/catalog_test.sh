#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# systemd takes the message catalog, and has an entry for everything in docs/recoveries.md.
# Arguments: zrec.catalog, docs/recoveries.md

catalog=$1 page=$2 n=0 failed=0

# check NAME GOT WANT
check() {
	n=$((n + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		diff <(echo "$3") <(echo "$2") | sed 's/^/# /'
		failed=1
	fi
}

# shellcheck disable=SC2016 # the backquotes are those of Markdown
of_page=$(sed -n 's/ Severity [a-z]*\.//; s/^\(.*\)\. In the journal: `MESSAGE_ID=\(.*\)`$/\2 \1/p' "$page" | sort)
check "each entry of the page" \
	"$(sed -n '/^-- /{s///;N;s/\nSubject://;p}' "$catalog" | sort)" "$of_page"
# journalctl fills in fields with these names, and leaves nothing else between "@"
check "only fields that an entry has" "$(grep -o '@[^@ ]*@' "$catalog" | sort -u)" "$(printf '%s\n' \
	@ZPCI_ADDRESS@ @ZPCI_CAUSE@ @ZPCI_DRIVER@ @ZPCI_FID@ @ZPCI_ID@ @ZPCI_PEC@ @ZPCI_PEC_NAME@ \
	@ZPCI_POLICY@ @ZPCI_SEVERITY@ @ZPCI_SLOT@ | sort -u)"
check "lines of 80 columns before fields are filled in" \
	"$(grep -v '^Subject:' "$catalog" | grep -c '.\{90,\}')" 0

if command -v journalctl >/dev/null; then
	root=$(mktemp -d)
	trap 'rm -rf "$root"' EXIT
	mkdir -p "$root"/usr/lib/systemd/catalog "$root"/var/lib/systemd/catalog
	cp "$catalog" "$root/usr/lib/systemd/catalog/"
	check "systemd takes the catalog" \
		"$(journalctl --update-catalog --root "$root" 2>&1; echo $?)" 0
	check "systemd has each entry" \
		"$(journalctl --list-catalog --root "$root" | sed 's/ zrec: / /' | sort)" "$of_page"
	check "what systemd shows" \
		"$(journalctl --dump-catalog --root "$root" e8b19b93668f4f5b8a65184828c846c3 |
			grep -c '^Subject: A PCI function was lost: its reset failed$')" 1
else
	n=$((n + 1))
	echo "ok $n # SKIP no journalctl here: apt install systemd"
fi
echo "1..$n"
exit $failed
