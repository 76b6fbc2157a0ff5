// SPDX-License-Identifier: GPL-2.0
/* Times, numbers and names as the whole page writes them */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/names.h"
#include "report/report-int.h"

const char *report_time(int64_t wall_ns, char buf[CLOCK_TEXT_LEN])
{
	clock_utc(wall_ns, buf);
	/* 2026-11-21T02:24:55.753123456Z */
	if (strlen(buf) >= 20 && buf[10] == 'T') {
		buf[10] = ' ';
		strcpy(buf + 19, " UTC");
	}
	return buf;
}

const char *report_count(uint64_t n, char buf[REPORT_COUNT_LEN])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

const char *report_pec(unsigned int pec, char buf[REPORT_PEC_LEN])
{
	if (strcmp(name_pec(pec), "unknown"))
		snprintf(buf, REPORT_PEC_LEN, "%s", name_pec(pec));
	else
		snprintf(buf, REPORT_PEC_LEN, "0x%02x", pec);
	return buf;
}

const char *report_outcome_class(unsigned int outcome)
{
	return outcome < ZPCI_NR_OUTCOMES ? name_outcome(outcome) : "unknown";
}

bool report_many_hosts(const struct report *r)
{
	for (size_t i = 1; i < r->nr_rows; i++)
		if (strcmp(r->rows[i].boot->machine_id, r->rows[0].boot->machine_id) ||
		    strcmp(r->rows[i].boot->host, r->rows[0].boot->host))
			return true;
	return false;
}
