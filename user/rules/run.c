// SPDX-License-Identifier: GPL-2.0
/* What bpf/rules-decide.h needs of its includer, where that is a program and not BPF */
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdlib.h>

#include "rules/rules-int.h"
#include "rules/run.h"

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

struct rules_run {
	const struct rules_table *tables;
	struct rules_history *histories;	/* NULL: no rule counts errors */
	uint64_t untracked;
};

struct rules_self {
	struct rules_run *run;
};

#define rules_event			zpci_event_in
#define event_field(e, field)		((e)->field)
#define event_class(e)			((e)->class_code)
#define event_driver(e)			((e)->driver_words)
#define event_now(e)			((e)->now_ns)

#define histories_of(self)		((self).run->histories)
#define untracked_of(self)		(&(self).run->untracked)

/* The tables by the names that they have in the kernel */
#define table_rules_head(t)		(&(t)->head)
#define table_rules_rules(t)		((t)->rules)
#define table_rules_intervals(t)	((t)->intervals)
#define table_rules_drivers(t)		((t)->drivers)
#define table_rules_sets(t)		((t)->sets)
#define table(self, name, type)		((const type *)(const void *)table_##name((self).run->tables))

#define bpf_loop(nr, callback, ctx, flags) do {					\
	for (uint64_t turn = 0; turn < (nr) && !callback(turn, ctx); turn++)	\
		;								\
} while (0)

#include "rules-decide.h"

int rules_run_new(struct rules_run **ret, const struct rules_table *table)
{
	struct rules_run *run = calloc(1, sizeof(*run));

	if (!run)
		return -ENOMEM;
	run->tables = table;
	/* As many as in the kernel, and by the same hash; memory is only used where it is touched */
	if (table->head.windows) {
		run->histories = calloc(RULES_HISTORIES, sizeof(*run->histories));
		if (!run->histories) {
			free(run);
			return -ENOMEM;
		}
	}
	*ret = run;
	return 0;
}

void rules_run_free(struct rules_run *run)
{
	if (!run)
		return;
	free(run->histories);
	free(run);
}

uint32_t rules_run_decide(struct rules_run *run, const struct zpci_event_in *event,
			  uint32_t member)
{
	if (member > ZPCI_MEMBER_DEADLINE)
		return ZPCI_VERDICT_DEFAULT;
	return decide((struct rules_self){ run }, event, member);
}

uint64_t rules_run_untracked(const struct rules_run *run)
{
	return run->untracked;
}
