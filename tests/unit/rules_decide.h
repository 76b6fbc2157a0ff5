/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules_decide.h - the decision of bpf/rules.bpf.c as a function of this program
 *
 * So it is tested on machines where there is no BPF to run it in.
 */
#ifndef RULES_DECIDE_TEST_H
#define RULES_DECIDE_TEST_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "rules/rules-int.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

static const struct rules_head *rules_head;
static const struct rules_rule *rules_rules;
static const struct rules_interval *rules_intervals;
static const struct rules_driver *rules_drivers;
static const uint64_t *rules_sets;
static struct rules_history histories[RULES_HISTORIES];
static uint64_t untracked;

#define table(pointer, type) ((const type *)(const void *)(pointer))

#define rules_event			zpci_event_in
#define event_field(e, field)		((e)->field)
#define event_class(e)			((e)->class_code)
#define event_driver(e)			((e)->driver_words)
#define event_now(e)			((e)->now_ns)

#define bpf_loop(nr, callback, ctx, flags) do {				\
	for (uint64_t turn = 0; turn < (nr) && !callback(turn, ctx); turn++) \
		;							\
} while (0)

#include "rules-decide.h"

static inline void decide_by(const struct rules_table *t)
{
	rules_head = &t->head;
	rules_rules = t->rules;
	rules_intervals = t->intervals;
	rules_drivers = t->drivers;
	rules_sets = t->sets;
	memset(histories, 0, sizeof(histories));
	untracked = 0;
}

#endif /* RULES_DECIDE_TEST_H */
