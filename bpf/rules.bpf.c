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

/*
 * The rules as a file, for people: zrec reads it back from the kernel. No program
 * looks at it; libbpf binds all read-only maps of an object to its programs, so it
 * lives as long as they do.
 */
const volatile struct { char c[8]; } rules_text SEC(RULES_TEXT_MAP);

struct rules_history histories[RULES_HISTORIES] SEC(".bss.history");

/* Functions whose errors had no room; their windows never match */
__u64 untracked SEC(".bss.count");

/* There is one set of tables */
struct rules_self {
};

#define histories_of(self)	histories
#define untracked_of(self)	(&untracked)

/* The declared length is not the real one: the compiler must not rely on it */
#define table(self, name, type) ({						\
	const volatile type *p = (const volatile type *)&(name);		\
	asm("" : "+r"(p));							\
	p;									\
})

/*
 * The kernel's event, or that of a replay. Not copied, as most rule sets look at
 * little of it.
 */
struct rules_event {
	bool replayed;
	struct zpci_recovery *live;
	const struct zpci_event_in *recorded;
};

#define event_field(e, field)							\
	((e)->replayed ? (e)->recorded->field : (e)->live->field)
#define event_class(e)								\
	((e)->replayed ? (e)->recorded->class_code : (e)->live->class)
#define event_driver(e)								\
	((e)->replayed ? (e)->recorded->driver_words : zpci_driver_words((e)->live))
#define event_now(e)								\
	((e)->replayed ? zpci_now((e)->recorded) : bpf_ktime_get_ns())

#include "rules-decide.h"

ZPCI_POLICY("decides by a rule file");

#define RULES_MEMBER_PROG(entry, nr)						\
	SEC("struct_ops/" #entry)						\
	__u32 BPF_PROG(zpci_##entry, struct zpci_recovery *rec)			\
	{									\
		struct rules_event e = { .live = rec };				\
										\
		if (!zpci_in_canary(rec->fid))					\
			return ZPCI_VERDICT_DEFAULT;				\
		return decide((struct rules_self){ }, &e, nr);			\
	}

RULES_MEMBER_PROG(event, ZPCI_MEMBER_EVENT)
RULES_MEMBER_PROG(vote, ZPCI_MEMBER_VOTE)
RULES_MEMBER_PROG(reset, ZPCI_MEMBER_RESET)
RULES_MEMBER_PROG(failed, ZPCI_MEMBER_FAILED)
RULES_MEMBER_PROG(deadline, ZPCI_MEMBER_DEADLINE)

static __always_inline __u32 replay(const struct zpci_event_in *recorded, __u32 member)
{
	struct rules_event e = { .replayed = true, .recorded = recorded };

	return decide((struct rules_self){ }, &e, member);
}

ZPCI_REPLAY(replay);

SEC(".struct_ops.link")
struct zpci_recovery_ops rules = {
	ZPCI_ALL_MEMBERS,
	.name = "rules",
};
