// SPDX-License-Identifier: GPL-2.0
/*
 * rules.bpf.c - decides by a rule file, which zrec compiles into its tables
 *
 * When it is unsure, it leaves the decision to the kernel: with no rule that
 * matches, with a function whose errors it could not keep count of. What the
 * kernel would clamp it does not answer.
 *
 * The tables (rules-abi.h) are read-only before the program runs, so the verifier
 * knows what a rule set does not use, and takes that code out.
 */
#include "policy.h"
#include "rules-abi.h"

const volatile struct rules_head rules_head SEC(".rodata.head");

/*
 * Given their size by the loader; never empty, so that a map can hold them. Not
 * declared as arrays: libbpf would then adjust the type information of the object
 * to the new size, which moves it away under what it remembers of the struct_ops
 * map (seen with 1.4).
 */
const volatile struct rules_rule rules_rules SEC(".rodata.rules");
const volatile struct rules_interval rules_intervals SEC(".rodata.intervals");
const volatile struct rules_driver rules_drivers SEC(".rodata.drivers");
const volatile struct { __u64 word; } rules_sets SEC(".rodata.sets");

struct rules_history histories[RULES_HISTORIES] SEC(".bss.history");

/* Functions whose errors had no room; their windows never match */
__u64 untracked SEC(".bss.count");

/* The declared length is not the real one: the compiler must not rely on it */
#define table(name, type) ({							\
	const volatile type *p = (const volatile type *)&(name);		\
	asm volatile("" : "+r"(p));						\
	p;									\
})

#include "rules-decide.h"

ZPCI_POLICY("decides by a rule file");

ZPCI_ON_ALL(decide);

ZPCI_REPLAY(decide);

SEC(".struct_ops.link")
struct zpci_recovery_ops rules = {
	ZPCI_ALL_MEMBERS,
	.name = "rules",
};
