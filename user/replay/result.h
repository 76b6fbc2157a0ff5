/* SPDX-License-Identifier: GPL-2.0 */
/*
 * result.h - what a replay found out about one policy, and how it is shown
 */
#ifndef ZREC_REPLAY_RESULT_H
#define ZREC_REPLAY_RESULT_H

#include <jansson.h>

#include "policy/kernel-rules.h"
#include "replay/known.h"
#include "replay/timeline.h"

/* With what the answers of a policy are compared */
enum replay_against {
	REPLAY_EFFECTIVE,	/* what took effect: an enforced policy's answer, or the default */
	REPLAY_RECORDED,	/* what this policy itself answered then, by its name */
	REPLAY_DEFAULT,		/* what the kernel does by itself */
};

/* A recovery to look at: "history show" has it */
struct replay_example {
	char host[HISTORY_HOST_LEN];
	char boot_id[HISTORY_ID_LEN];
	uint64_t id;
	int64_t wall_ns;
	int64_t at_ns;			/* of what it is an example of, likewise CLOCK_REALTIME */
};

#define REPLAY_EXAMPLES		3
#define REPLAY_MAX_DIFFERENCES	100
#define REPLAY_MAX_EJECTIONS	20
#define REPLAY_MAX_CHANGES	256

struct replay_difference {
	struct replay_example example[REPLAY_EXAMPLES];	/* the earliest, also of several boots */
	uint32_t member;
	uint32_t from;			/* a verdict, or ms of a deadline */
	uint32_t to;
	uint64_t nr;
};

/* Answers beside others to the same questions */
struct replay_comparison {
	uint64_t compared;
	uint64_t same;
	struct replay_difference *difference;
	size_t nr;
	uint64_t others;		/* differences beyond these */
};

/* 0 or -ENOMEM */
int replay_compare(struct replay_comparison *c, const struct replay_call *call, uint32_t from,
		   uint32_t to);
/* No more of them: brings them into the order of their first examples */
void replay_comparison_end(struct replay_comparison *c);
/* At that moment of CLOCK_MONOTONIC of its boot */
struct replay_example replay_example_of(const struct replay_recovery *r, uint64_t now_ns);
/*
 * Boots come one after the other, but what is shown is the earliest of all: puts @item into its
 * place among the first @room, if it is one of them. @nr came before it; each begins with a
 * struct replay_example. Of one moment, those that came first come first.
 */
void replay_keep_early(void *list, size_t room, uint64_t nr, const void *item, size_t size);

struct replay_ejection {
	struct replay_example in;
	enum kernel_budget budget;
};

/* Recoveries that take another way, of functions with one driver and after one PEC */
struct replay_change {
	struct replay_known_key key;
	enum replay_path path;
	uint64_t nr;
	uint64_t recorded[ZPCI_NR_OUTCOMES];	/* how they ended in the recording */
	struct replay_example example;
};

enum { REPLAY_OTHER_ANSWER = ZPCI_NR_VERDICTS, REPLAY_NR_ANSWERS };

struct replay_result {
	uint64_t answers[ZPCI_MEMBER_DONE][REPLAY_NR_ANSWERS];	/* of a deadline: none, reset: some */
	uint64_t clamps[ZPCI_MEMBER_DONE];
	struct replay_comparison comparison;
	uint64_t not_recorded;		/* answers that found no room in their record */
	struct replay_ejection ejection[REPLAY_MAX_EJECTIONS];	/* the earliest */
	uint64_t ejections;
	uint64_t after_ejection;	/* decisions left to the kernel then */
	struct replay_change *change;
	size_t nr_changes;
	uint64_t other_changes;		/* recoveries beyond these */
	uint64_t paths[REPLAY_NR_PATHS];	/* recoveries */
	uint64_t given_up;		/* functions */
	uint64_t failures;		/* that count against the budget */
	uint64_t untracked;
	uint64_t incomplete;		/* recoveries ... */
	uint64_t missing[REPLAY_NR_MISSING];	/* ... and why, each may be in several */
};

/* By which a recording can be known again */
struct replay_listed_boot {
	struct history_boot name;
	uint64_t recoveries;
};

#define REPLAY_LISTED_BOOTS	100

/* What a replay found in the recording */
struct replay_recording {
	const char *path;
	uint64_t recoveries;
	uint64_t decisions;		/* points at which policies are asked */
	uint64_t outcomes[ZPCI_NR_OUTCOMES];
	size_t boots;
	size_t hosts;
	uint64_t gap_recoveries;
	uint64_t gaps;
	int64_t first_wall_ns;
	int64_t last_wall_ns;
	struct replay_listed_boot boot[REPLAY_LISTED_BOOTS];
	size_t nr_listed;		/* the first of them that have recoveries */
	struct replay_listed_boot *listed;	/* the one at hand; NULL: there is no room for it */
};

/* "isolated", and as a sentence has it */
const char *replay_path_name(enum replay_path path);
const char *replay_path_text(enum replay_path path);
/* "effective" and so on; what a sentence says of it */
const char *replay_against_name(enum replay_against against);
const char *replay_against_text(enum replay_against against);
const char *replay_way_name(enum replay_way way);
/* "resets", of which so many ended well */
const char *replay_way_text(enum replay_way way);
/* True if how such a recovery ends follows from that alone */
bool replay_path_outcome_known(enum replay_path path);
/* True if the policy gives up the function */
bool replay_path_is_isolation(enum replay_path path);
/* Bits of enum replay_way that tell something about how it may end */
uint32_t replay_path_ways(enum replay_path path);
/* Recoveries of that result that take another way, and those with an unknown end */
uint64_t replay_result_away(const struct replay_result *r);
uint64_t replay_result_unknown(const struct replay_result *r);
/* What is counted of each policy, and how often it was; NULL: there are no more */
const char *replay_figure_text(size_t i);
uint64_t replay_figure(const struct replay_result *r, size_t i);

/* --- shown --- */

struct replay;

void replay_print_text(FILE *f, const struct replay *r);
/* A table in Markdown, a column for each policy */
void replay_print_what_if(FILE *f, const struct replay *r);
json_t *replay_recording_to_json(const struct replay *r);
json_t *replay_policy_to_json(const struct replay *r, size_t nr);
/* The first policy beside the second; NULL if there is no memory */
json_t *replay_between_to_json(const struct replay *r);

#endif /* ZREC_REPLAY_RESULT_H */
