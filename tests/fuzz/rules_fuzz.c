// SPDX-License-Identifier: GPL-2.0
/*
 * Rule files of any bytes: the parser says no, or what it says yes to can be
 * printed, parsed again, compiled, and decided by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/run.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static char *print(const struct rules *rules)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	must(f);
	rules_print(rules, f);
	must(!fclose(f));
	return text;
}

/* Events that come from the file as well: its bytes, cut into numbers */
static void decide_some(struct rules_run *run, const uint8_t *data, size_t size)
{
	struct zpci_event_in e = { .now_ns = 1000000000000ull };

	for (size_t at = 0; at + 16 <= size && at < 256; at += 16) {
		memcpy(&e.fid, data + at, 4);
		memcpy(&e.class_code, data + at + 4, 4);
		memcpy(&e.pec, data + at + 8, 2);
		memcpy(&e.vendor, data + at + 10, 2);
		memcpy(e.driver, data + at, 8);
		e.mediated = data[at + 12] & 1;
		e.attempt = data[at + 13];
		e.vote = data[at + 14];
		e.class_code &= 0xffffff;
		e.now_ns += data[at + 15] * 1000000000ull;
		for (uint32_t member = 0; member < ZPCI_MEMBER_DONE; member++) {
			uint32_t verdict = rules_run_decide(run, &e, member);

			must(member == ZPCI_MEMBER_DEADLINE ? verdict <= ZPCI_DEADLINE_MAX_MS :
			     verdict <= ZPCI_VERDICT_ISOLATE);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules *rules = NULL, *again = NULL;
	struct rules_table *t = NULL;
	struct rules_run *run = NULL;
	char *errors = NULL, *first, *second;
	size_t len;
	FILE *f = open_memstream(&errors, &len);
	int err;

	must(f);
	err = rules_parse("fuzz", (const char *)data, size, &rules, f);
	must(!fclose(f));
	/* No file is refused without a reason, and none taken with one */
	must(!err == !len);
	free(errors);
	if (err)
		return 0;
	first = print(rules);
	must(!rules_parse("again", first, strlen(first), &again, stderr));
	second = print(again);
	must(!strcmp(first, second));
	must(!rules_compile(rules, &t));
	must(!rules_run_new(&run, t));
	decide_some(run, data, size);
	rules_run_free(run);
	free(first);
	free(second);
	rules_table_free(t);
	rules_free(rules);
	rules_free(again);
	return 0;
}
