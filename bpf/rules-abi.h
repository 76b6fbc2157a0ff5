/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rules-abi.h - a compiled rule file: what user/rules/compile.c writes and
 * bpf/rules.bpf.c reads
 *
 * A rule is a bit. Each dimension (FID, driver, ...) sorts its value into a class,
 * and has for each class the set of rules that allow it. The rules that match are
 * the intersection of those sets, and the first of them wins. So the work grows with
 * the dimensions in use, not with the rules.
 *
 * Each part of variable length is a map of its own. It gets its size before the object
 * is loaded, and does not change afterwards. Everything is in the byte order of the
 * machine.
 */
#ifndef ZREC_RULES_ABI_H
#define ZREC_RULES_ABI_H

#include "policy-abi.h"

/* The map that has the rules as text, in the one canonical form, with a NUL behind it */
#define RULES_TEXT_MAP		".rodata.text"

#define RULES_MAX		1024
#define RULES_WORDS_MAX		(RULES_MAX / 64)

/* Dimensions whose classes are ranges of a number */
enum rules_dim {
	RULES_DIM_FID,
	RULES_DIM_DEVICE,	/* vendor << 16 | device */
	RULES_DIM_CLASS,
	RULES_DIM_PEC,
	RULES_NR_DIMS
};

/* From here to the next one's start; sorted, the first starts at 0 */
struct rules_interval {
	__zrec_u32 start;
	__zrec_u32 set;		/* its set begins at rules_sets[set] */
};

/*
 * Of the intervals of a dimension: where they begin, and the first step of the
 * search. There are 2 * step of them, the last one repeated; 0: no rule asks.
 */
struct rules_dim_index {
	__zrec_u32 first;
	__zrec_u32 step;
};

#define RULES_STEP_SHIFT	12
#define RULES_STEP_MAX		(1 << RULES_STEP_SHIFT)

struct rules_driver {
	__zrec_u64 name[ZPCI_DRIVER_LEN / 8];
	__zrec_u32 set;
	__zrec_u32 pad;
};

/* Attempts as far as they make a difference, then the same for mediated functions */
#define RULES_NR_STATES		8
#define RULES_ATTEMPT_LAST	3	/* 3 and more */

struct rules_head {
	__zrec_u32 nr_rules;
	__zrec_u32 words;		/* 64-bit words in a set */
	__zrec_u32 nr_intervals;	/* entries in rules_intervals, and so on */
	__zrec_u32 set_mask;		/* rules_sets has a power of two of words, minus 1 */
	__zrec_u32 nr_drivers;		/* a power of two, 0: no rule asks */
	__zrec_u32 driver_set;		/* of all drivers that are not in the table */
	__zrec_u64 driver_seed;		/* makes the hash perfect */
	__zrec_u32 uses_state;
	__zrec_u32 windows;		/* rules with errors-in-window */
	__zrec_u64 max_window_ns;
	__zrec_u32 state_set[RULES_NR_STATES];
	struct rules_dim_index dim[RULES_NR_DIMS];
};

/*
 * In a set of more than one word, a word before the others says which of them
 * are not 0.
 */
#define RULES_SET_LEN(words)	((words) > 1 ? (words) + 1 : 1)

struct rules_rule {
	__zrec_u64 window_ns;		/* within that time ... */
	__zrec_u32 window_errors;	/* ... so many errors; 0: whatever */
	__zrec_u32 deadline_ms;
	__zrec_u8 verdict[4];		/* by enum zpci_member, but deadline */
	__zrec_u32 pad;
};

_Static_assert(sizeof(struct rules_rule) == 24, "struct rules_rule has a hole");
_Static_assert(sizeof(struct rules_head) % 8 == 0, "struct rules_head has a hole");

/* Error times of a function */
#define RULES_WINDOW_ERRORS_MAX	32	/* a power of two */
#define RULES_HISTORIES		1024	/* a power of two */
#define RULES_HISTORY_PROBES	4

struct rules_history {
	__zrec_u64 owner;		/* FID + 1; 0: free */
	__zrec_u64 events;		/* counted; the last went to at_ns[(events - 1) % ...] */
	__zrec_u64 at_ns[RULES_WINDOW_ERRORS_MAX];
};

/* The one slot of a driver's name in a table of @size */
static inline __zrec_u32 rules_driver_slot(const __zrec_u64 *name, __zrec_u64 seed, __zrec_u32 size)
{
	__zrec_u64 hash = (name[0] ^ seed) * 0x9e3779b97f4a7c15ull;

	hash = (hash ^ name[1] ^ (hash >> 29)) * 0xbf58476d1ce4e5b9ull;
	hash = (hash ^ name[2] ^ (hash >> 32)) * 0x94d049bb133111ebull;
	return (__zrec_u32)(hash >> 40) & (size - 1);
}

#endif /* ZREC_RULES_ABI_H */
