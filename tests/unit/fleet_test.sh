#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/fleet/: what the tools of Prometheus say, and whether every alert has its section and its
# tests, and every metric is exported. With ZREC_LONG=1 in the environment, as in make check-all,
# also what those of Debian unstable say, which are of the next major version.
# Arguments: docs/fleet, docs/metrics.md, tests/lab/prometheus.sh

fleet=$1 metrics=$2 prometheus=$3 n=0 failed=0

# report STATUS TEXT [REMARK]
report() {
	n=$((n + 1))
	[ -z "${3:-}" ] || printf '# %s\n' "${3//$'\n'/$'\n# '}"
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# names REGEX FILE...: what matches, each once
names() {
	grep -ohE "$@" | sort -u
}

missing=''
mapfile -t alerts < <(sed -n 's/.*- alert: //p' "$fleet/alerts.yml")
for alert in "${alerts[@]}"; do
	grep -qx "### $alert" "$fleet/README.md" || missing+=" section:$alert"
	grep -q "README.md#${alert,,}\"" "$fleet/alerts.yml" || missing+=" runbook:$alert"
	grep -A 3 "alertname: $alert\$" -h "$fleet"/tests*.yml | grep -q exp_labels || missing+=" test:$alert"
done
[ -z "$missing" ]
report $? "every alert has a section, and a test in which it fires" "$missing"

missing=''
for metric in $(names '\bzrec_[a-z_]+' "$fleet/rules.yml" "$fleet"/*.yml); do
	base=$(sed -E 's/_(bucket|count|sum)$//' <<<"$metric")
	grep -qE "\`($metric|$base)\`" "$metrics" && continue
	# the middle of a recorded name
	grep -qE ":$metric:|:$base:" "$fleet/rules.yml" || missing+=" $metric"
done
[ -z "$missing" ]
report $? "every metric is exported" "$missing"

missing=''
for alert in $(names 'Zrec[A-Za-z]*(\.\*)?' <(grep matchers "$fleet/alertmanager.yml")); do
	printf '%s\n' "${alerts[@]}" | grep -qxE "$alert" || missing+=" $alert"
done
[ -z "$missing" ]
report $? "Alertmanager's example names alerts that exist" "$missing"

# skip TEXT REASON: with ZREC_CI nothing may be missing
skip() {
	if [ -n "${ZREC_CI:-}" ]; then
		report 1 "$1" "$2"
	else
		report 0 "$1 # SKIP $2"
	fi
}

# rules VERSION [OPTION]: of prometheus.sh
rules() {
	local tool said

	if ! tool=$("$prometheus" "${@:2}" promtool 2>&1); then
		skip "promtool of $1" "${tool##*$'\n'}"
		return
	fi
	said=$("$tool" check rules "$fleet/rules.yml" "$fleet/alerts.yml" 2>&1)
	report $? "promtool of $1 takes the rules" "$said"
	said=$("$tool" check config --syntax-only "$fleet/prometheus.yml" 2>&1)
	report $? "promtool of $1 takes the scrape job" "$said"
	said=$(cd "$fleet" && "$tool" test rules tests.yml tests-days.yml 2>&1)
	report $? "by promtool of $1, the alerts fire when they should, and then only" "$said"
}

# goes_to SEVERITY RECEIVER
goes_to() {
	[ "$("$tool" config routes test --config.file="$fleet/alertmanager.yml" alertname=ZrecStorm severity="$1" 2>/dev/null)" = "$2" ]
}

rules "this Debian"
[ -z "${ZREC_LONG:-}" ] || rules "Debian unstable" --unstable
if ! tool=$("$prometheus" amtool 2>&1); then
	skip amtool "${tool##*$'\n'}"
else
	said=$("$tool" check-config "$fleet/alertmanager.yml" 2>&1)
	report $? "amtool takes the example" "$said"
	goes_to critical page && goes_to warning ticket && goes_to info digest
	report $? "severities go to their receivers"
fi
echo "1..$n"
exit $failed
