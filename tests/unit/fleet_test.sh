#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs/fleet/: what Prometheus' own tool says, and whether every alert has its section and its
# tests, and every metric is exported. Arguments: docs/fleet, docs/metrics.md, tests/lab/prometheus.sh

fleet=$1 metrics=$2 promtool=$3 n=0 failed=0

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

if ! tool=$("$promtool" 2>&1); then
	report 0 "promtool # SKIP ${tool##*$'\n'}"
else
	said=$("$tool" check rules "$fleet/rules.yml" "$fleet/alerts.yml" 2>&1)
	report $? "promtool takes the rules" "$said"
	said=$("$tool" check config --syntax-only "$fleet/prometheus.yml" 2>&1)
	report $? "promtool takes the scrape job" "$said"
	said=$(cd "$fleet" && "$tool" test rules tests.yml tests-days.yml 2>&1)
	report $? "the alerts fire when they should, and then only" "$said"
fi
echo "1..$n"
exit $failed
