/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules_random.h - random rules and events, and what the rules say about them
 *
 * The matcher goes by docs/rules.md, rule by rule, and shares no code with the
 * compiler or with the program in the kernel.
 */
#ifndef RULES_RANDOM_H
#define RULES_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy-abi.h"
#include "rules/rules.h"

#define REF_LIST	4

struct ref_range {
	uint32_t lo, hi;
};

struct ref_list {
	size_t nr;
	struct ref_range r[REF_LIST];
};

struct ref_rule {
	struct ref_list fid, device, class_code, pec, driver, attempt;
	int mediated;			/* -1: does not ask */
	unsigned int errors;		/* 0: does not ask */
	unsigned int window_s;
	unsigned int verdict[4];
	unsigned int deadline_s;
	bool shadowed;			/* the lint says that it never matches */
	unsigned int line;
};

#define REF_TIMES 4096

struct ref {
	struct ref_rule *rule;
	size_t nr;
	uint64_t random;
	uint64_t now_ns;
	uint32_t fid_pool[48];
	/* Every error event so far */
	size_t nr_times;
	uint32_t time_fid[REF_TIMES];
	uint64_t time_ns[REF_TIMES];
};

/* Some rules of few values each, for which many events match */
void ref_generate(struct ref *ref, uint64_t seed, size_t rules, bool windows);
void ref_free(struct ref *ref);

/* As a file, without the rules that are shadowed; to be freed */
char *ref_text(struct ref *ref);

/*
 * Parsed, without the rules that the lint says are shadowed: ref_decide() will
 * tell if one of these would have decided
 */
struct rules *ref_parse(struct ref *ref);

/* Some event, likely to be at the edge of a rule */
void ref_event(struct ref *ref, struct zpci_event_in *event, uint32_t *member);

/* The verdict; -1 if a rule would decide of which the lint says that it cannot */
int64_t ref_decide(struct ref *ref, const struct zpci_event_in *event, uint32_t member);

#endif /* RULES_RANDOM_H */
