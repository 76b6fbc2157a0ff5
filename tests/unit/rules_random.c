// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "rules_random.h"

static const char *const drivers[] = {
	"nvme", "mlx5_core", "vfio-pci", "ism", "a-driver-of-23-letters-", "e1000e", "virtio-pci",
	"nvm",
};

#define NR_DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

static const char *const verdicts[] = { "default", "reset", "isolate" };
static const char *const members[] = { "event", "vote", "reset", "failed" };

static uint32_t some(struct ref *ref, uint32_t below)
{
	/* xorshift64* */
	ref->random ^= ref->random >> 12;
	ref->random ^= ref->random << 25;
	ref->random ^= ref->random >> 27;
	return (uint32_t)((ref->random * 2685821657736338717ull) >> 32) % below;
}

static bool overlaps(const struct ref_list *l, uint32_t lo, uint32_t hi)
{
	for (size_t i = 0; i < l->nr; i++)
		if (lo <= l->r[i].hi && l->r[i].lo <= hi)
			return true;
	return false;
}

static void add(struct ref_list *l, uint32_t lo, uint32_t hi)
{
	if (l->nr == REF_LIST || overlaps(l, lo, hi))
		return;
	l->r[l->nr].lo = lo;
	l->r[l->nr++].hi = hi;
}

static uint32_t some_fid(struct ref *ref, size_t rules)
{
	static const uint32_t special[] = { 0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

	if (!some(ref, 12))
		return special[some(ref, 6)];
	return some(ref, 40 + (uint32_t)rules * 8);
}

static void some_fids(struct ref *ref, struct ref_list *l, size_t rules)
{
	for (uint32_t i = 0, nr = 1 + some(ref, REF_LIST); i < nr; i++) {
		uint32_t lo = some_fid(ref, rules), hi = lo;

		if (some(ref, 2))
			hi += some(ref, 8);
		add(l, lo, hi < lo ? 0xffffffff : hi);
	}
}

static void some_devices(struct ref *ref, struct ref_list *l)
{
	for (uint32_t i = 0, nr = 1 + some(ref, 2); i < nr; i++) {
		uint32_t vendor = 0x8000 + some(ref, 3) * 0x7fff / 2, device = some(ref, 4) * 0x5555;

		if (some(ref, 3))
			add(l, vendor << 16 | device, vendor << 16 | device);
		else
			add(l, vendor << 16, vendor << 16 | 0xffff);
	}
}

static void some_classes(struct ref *ref, struct ref_list *l)
{
	uint32_t class_code = some(ref, 2) << 16 | some(ref, 3) << 8 | some(ref, 3);

	switch (some(ref, 3)) {
	case 0:
		add(l, class_code & 0xff0000, class_code | 0x00ffff);
		break;
	case 1:
		add(l, class_code & 0xffff00, class_code | 0x0000ff);
		break;
	default:
		add(l, class_code, class_code);
	}
}

static void some_match(struct ref *ref, struct ref_rule *rule, size_t rules, bool windows)
{
	rule->mediated = -1;
	if (some(ref, 3))
		some_fids(ref, &rule->fid, rules);
	if (!some(ref, 3))
		for (uint32_t i = 0, nr = 1 + some(ref, 3); i < nr; i++) {
			uint32_t driver = some(ref, NR_DRIVERS - 1);

			add(&rule->driver, driver, driver);
		}
	if (!some(ref, 4))
		some_devices(ref, &rule->device);
	if (!some(ref, 4))
		some_classes(ref, &rule->class_code);
	if (!some(ref, 3)) {
		uint32_t pec = 1 + some(ref, 0x12);

		add(&rule->pec, pec, some(ref, 2) ? pec : pec + some(ref, 5));
	}
	if (!some(ref, 4))
		rule->mediated = (int)some(ref, 2);
	if (!some(ref, 6)) {
		uint32_t attempt = some(ref, 3);

		add(&rule->attempt, attempt, attempt + some(ref, 4 - attempt));
	}
	if (windows && !some(ref, 2)) {
		rule->errors = 2 + some(ref, some(ref, 4) ? 4 : 31);
		rule->window_s = 1 + some(ref, some(ref, 2) ? 60 : 600);
	}
}

/* What is refused for a rule by itself is not what this is about */
static void some_verdicts(struct ref *ref, struct ref_rule *rule)
{
	bool before = !rule->attempt.nr || rule->attempt.r[0].lo == 0;
	bool after = !rule->attempt.nr || rule->attempt.r[0].hi > 0;
	bool last = rule->attempt.nr && rule->attempt.r[0].lo == 3;

	if (before) {
		rule->verdict[0] = rule->mediated == 1 ? some(ref, 2) * 2 : some(ref, 3);
		rule->verdict[1] = rule->mediated == 1 ? some(ref, 2) * 2 : some(ref, 3);
	}
	rule->verdict[2] = some(ref, 2) * 2;
	if (after && !last && rule->mediated != 1)
		rule->verdict[3] = some(ref, 2);
	if (before && rule->mediated)
		rule->deadline_s = some(ref, 3600);
}

void ref_generate(struct ref *ref, uint64_t seed, size_t rules, bool windows)
{
	memset(ref, 0, sizeof(*ref));
	ref->random = seed * 0x9e3779b97f4a7c15ull + 1;
	ref->now_ns = 1000000000000ull;
	ref->nr = rules;
	ref->rule = calloc(rules + 1, sizeof(*ref->rule));
	if (!ref->rule)
		abort();
	for (size_t i = 0; i < rules; i++) {
		some_match(ref, &ref->rule[i], rules, windows);
		some_verdicts(ref, &ref->rule[i]);
	}
	for (size_t i = 0; i < sizeof(ref->fid_pool) / sizeof(ref->fid_pool[0]); i++) {
		const struct ref_list *l = &ref->rule[rules ? some(ref, (uint32_t)rules) : 0].fid;

		/* At the edge of a range, or one off */
		ref->fid_pool[i] = l->nr && some(ref, 4) ?
			(some(ref, 2) ? l->r[0].lo : l->r[0].hi) + some(ref, 3) - 1 :
			some_fid(ref, rules);
	}
}

void ref_free(struct ref *ref)
{
	free(ref->rule);
	ref->rule = NULL;
}

/* --- as a file --- */

static void put_list(FILE *f, const char *key, const char *format, const struct ref_list *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		fprintf(f, "%s", i ? ", " : key);
		fprintf(f, format, l->r[i].lo);
		if (l->r[i].hi != l->r[i].lo) {
			fputc('-', f);
			fprintf(f, format, l->r[i].hi);
		}
	}
	if (l->nr)
		fputc('\n', f);
}

static unsigned int put_rule(FILE *f, const struct ref_rule *rule)
{
	unsigned int lines = 0;

	put_list(f, "fid = ", "0x%x", &rule->fid);
	put_list(f, "pec = ", "%u", &rule->pec);
	put_list(f, "class = ", "0x%06x", &rule->class_code);
	put_list(f, "attempt = ", "%u", &rule->attempt);
	lines += (rule->fid.nr > 0) + (rule->pec.nr > 0) + (rule->class_code.nr > 0) +
		 (rule->attempt.nr > 0);
	for (size_t i = 0; i < rule->device.nr; i++) {
		fprintf(f, "%s%04x:", i ? " " : "device = ", rule->device.r[i].lo >> 16);
		if (rule->device.r[i].lo == rule->device.r[i].hi)
			fprintf(f, "%04x", rule->device.r[i].lo & 0xffff);
		else
			fputc('*', f);
	}
	lines += rule->device.nr && fputc('\n', f);
	for (size_t i = 0; i < rule->driver.nr; i++)
		fprintf(f, "%s%s", i ? " " : "driver = ", drivers[rule->driver.r[i].lo]);
	lines += rule->driver.nr && fputc('\n', f);
	if (rule->mediated >= 0)
		lines += fprintf(f, "mediated = %s\n", rule->mediated ? "yes" : "no") > 0;
	if (rule->errors)
		lines += fprintf(f, "errors-in-window = %u in %us\n", rule->errors,
				 rule->window_s) > 0;
	for (size_t i = 0; i < 4; i++)
		if (rule->verdict[i])
			lines += fprintf(f, "%s = %s\n", members[i], verdicts[rule->verdict[i]]) > 0;
	if (rule->deadline_s)
		lines += fprintf(f, "deadline = %us\n", rule->deadline_s) > 0;
	return lines;
}

char *ref_text(struct ref *ref)
{
	unsigned int line = 3;
	size_t len;
	char *text;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		abort();
	fputs("[policy]\nname = random\n", f);
	for (size_t i = 0; i < ref->nr; i++) {
		struct ref_rule *rule = &ref->rule[i];

		rule->line = rule->shadowed ? 0 : line;
		if (rule->shadowed)
			continue;
		fprintf(f, "[rule %zu]\n", i);
		line += 1 + put_rule(f, rule);
	}
	if (fclose(f))
		abort();
	return text;
}

struct rules *ref_parse(struct ref *ref)
{
	struct rules *rules = NULL;

	/* A hundred are told in one turn */
	for (int turn = 0; turn < 16; turn++) {
		char *text = ref_text(ref), *errors = NULL;
		size_t len;
		FILE *f = open_memstream(&errors, &len);
		int err;

		assert_non_null(f);
		err = rules_parse("random", text, strlen(text), &rules, f);
		fclose(f);
		for (char *s = errors; err && *s; s = strchr(s, '\n') + 1) {
			unsigned int line;

			if (!strncmp(s, "random: and ", 12))
				continue;
			if (sscanf(s, "random:%u: rule '%*[0-9]' can never match", &line) != 1)
				fail_msg("%s\n%s", s, text);
			for (size_t i = 0; i < ref->nr; i++)
				if (ref->rule[i].line == line)
					ref->rule[i].shadowed = true;
		}
		free(text);
		free(errors);
		if (!err)
			return rules;
	}
	fail_msg("rules without the shadowed ones are refused");
	return NULL;
}

/* --- events, and what is to happen --- */

void ref_event(struct ref *ref, struct zpci_event_in *e, uint32_t *member)
{
	uint32_t vendor = 0x8000 + some(ref, 3) * 0x7fff / 2;

	memset(e, 0, sizeof(*e));
	ref->now_ns += 1 + (some(ref, 3) ? some(ref, 1000000) : some(ref, 60) * 1000000000ull);
	e->now_ns = ref->now_ns;
	e->fid = ref->fid_pool[some(ref, sizeof(ref->fid_pool) / sizeof(ref->fid_pool[0]))];
	e->vendor = (uint16_t)vendor;
	e->device = (uint16_t)(some(ref, 4) * 0x5555 + !some(ref, 5));
	e->class_code = some(ref, 2) << 16 | some(ref, 3) << 8 | some(ref, 3);
	e->pec = (uint16_t)(1 + some(ref, 0x18));
	e->mediated = (uint8_t)some(ref, 2);
	e->attempt = (uint8_t)some(ref, 5);
	e->vote = (uint8_t)some(ref, 7);
	strncpy(e->driver, drivers[some(ref, NR_DRIVERS)], sizeof(e->driver) - 1);
	*member = some(ref, 3) ? ZPCI_MEMBER_EVENT : some(ref, 5);
}

static bool in_list(const struct ref_list *l, uint32_t n)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->r[i].lo <= n && n <= l->r[i].hi)
			return true;
	return !l->nr;
}

static uint32_t driver_number(const char *name)
{
	for (uint32_t i = 0; i < NR_DRIVERS; i++)
		if (!strcmp(drivers[i], name))
			return i;
	return NR_DRIVERS;
}

static bool errors_in_window(const struct ref *ref, const struct ref_rule *rule,
			     const struct zpci_event_in *e)
{
	unsigned int errors = 0;

	for (size_t i = 0; i < ref->nr_times; i++)
		if (ref->time_fid[i] == e->fid &&
		    e->now_ns - ref->time_ns[i] <= rule->window_s * 1000000000ull)
			errors++;
	return errors >= rule->errors;
}

static bool matches(const struct ref *ref, const struct ref_rule *rule,
		    const struct zpci_event_in *e)
{
	if (!in_list(&rule->fid, e->fid) ||
	    !in_list(&rule->device, (uint32_t)e->vendor << 16 | e->device) ||
	    !in_list(&rule->class_code, e->class_code) || !in_list(&rule->pec, e->pec) ||
	    !in_list(&rule->driver, driver_number(e->driver)) ||
	    !in_list(&rule->attempt, e->attempt > 3 ? 3 : e->attempt))
		return false;
	if (rule->mediated >= 0 && rule->mediated != e->mediated)
		return false;
	return !rule->errors || errors_in_window(ref, rule, e);
}

/* The table of the design: what is never answered, since it would be clamped */
static uint32_t clamp(const struct zpci_event_in *e, uint32_t member, uint32_t verdict)
{
	bool ok = true;

	if (member == ZPCI_MEMBER_EVENT && verdict == ZPCI_VERDICT_RESET)
		ok = !e->mediated;
	if (member == ZPCI_MEMBER_VOTE && verdict == ZPCI_VERDICT_RESET)
		ok = !e->mediated && (e->vote == 1 || e->vote == 2);
	if (member == ZPCI_MEMBER_FAILED && verdict == ZPCI_VERDICT_RESET)
		ok = !e->mediated && e->attempt < 3 && e->vote != 4;
	return ok ? verdict : ZPCI_VERDICT_DEFAULT;
}

int64_t ref_decide(struct ref *ref, const struct zpci_event_in *e, uint32_t member)
{
	if (member == ZPCI_MEMBER_EVENT && ref->nr_times < REF_TIMES) {
		ref->time_fid[ref->nr_times] = e->fid;
		ref->time_ns[ref->nr_times++] = e->now_ns;
	}
	for (size_t i = 0; i < ref->nr; i++) {
		const struct ref_rule *rule = &ref->rule[i];

		if (!matches(ref, rule, e))
			continue;
		if (rule->shadowed)
			return -1;
		if (member == ZPCI_MEMBER_DEADLINE)
			return e->mediated ? rule->deadline_s * 1000u : 0;
		return clamp(e, member, rule->verdict[member]);
	}
	return ZPCI_VERDICT_DEFAULT;
}
