/* SPDX-License-Identifier: GPL-2.0 */
/*
 * policy-abi.h - what policy objects and zrec agree on
 *
 * The hook itself is the kernel's (asm/pci_recovery.h of the series). This is
 * what zrec adds to it: the event that a decision sees, the same live and in a
 * replay, and what zrec writes into an object before it is loaded. A changed layout
 * raises ZPCI_POLICY_ABI.
 */
#ifndef ZREC_POLICY_ABI_H
#define ZREC_POLICY_ABI_H

#include "zpci.h"

#define ZPCI_POLICY_ABI		1

#define ZPCI_POLICY_TEXT_LEN	120

/* zpci_recovery_ops.flags */
#define ZPCI_POLICY_SHADOW	1u

/* What the kernel puts for a limit that is 0, and takes at most */
#define ZPCI_WINDOW_S		600
#define ZPCI_WINDOW_S_MIN	60
#define ZPCI_WINDOW_S_MAX	86400
#define ZPCI_ISOLATIONS		3
#define ZPCI_ISOLATIONS_MAX	64
#define ZPCI_CLAMPS		10
#define ZPCI_CLAMPS_MAX		1000
#define ZPCI_FAILURES		5
#define ZPCI_FAILURES_MAX	64

#define ZPCI_DEADLINE_MIN_MS	1000
#define ZPCI_DEADLINE_MAX_MS	3600000

/* Platform resets in one recovery, at most */
#define ZPCI_ATTEMPTS_MAX	3

/*
 * What a decision sees: struct zpci_recovery of the kernel, in a layout that no
 * kernel changes. A replay passes it in as the context of the program.
 */
struct zpci_event_in {
	__zrec_u64 now_ns;		/* of a replay; live it is 0, see zpci_now() */
	__zrec_u64 id;
	__zrec_u64 faddr;
	__zrec_u64 events;
	__zrec_u64 recovered;
	__zrec_u64 failed;
	__zrec_u64 last_event_ns;
	__zrec_u32 fid;
	__zrec_u32 fh;
	__zrec_u32 uid;
	__zrec_u32 class_code;		/* 24 bits, base class in bits 16..23 */
	__zrec_u16 pec;
	__zrec_u16 pchid;
	__zrec_u16 vfn;
	__zrec_u16 vendor;
	__zrec_u16 device;
	__zrec_u16 domain;
	__zrec_u8 bus;
	__zrec_u8 devfn;
	__zrec_u8 pft;
	__zrec_u8 mediated;
	__zrec_u8 attempt;
	__zrec_u8 vote;			/* enum zpci_vote */
	__zrec_u8 pad[6];
	union {
		char driver[ZPCI_DRIVER_LEN];	/* padded with zeroes */
		__zrec_u64 driver_words[ZPCI_DRIVER_LEN / 8];
	};
};

_Static_assert(sizeof(struct zpci_event_in) == 96 + ZPCI_DRIVER_LEN,
	       "struct zpci_event_in has a hole");

/*
 * One call of a replay: context of the SEC("syscall") entry, which returns the verdict,
 * or an element of ZPCI_REPLAY_MAP, where the verdict is put
 */
struct zpci_replay {
	struct zpci_event_in event;
	__zrec_u32 member;		/* enum zpci_member */
	__zrec_u32 outcome;		/* of ZPCI_MEMBER_DONE: enum zpci_outcome */
	__zrec_u32 reason;		/* ... and enum zpci_reason */
	__zrec_u32 verdict;		/* of a batch: what the policy answers */
};

/*
 * Many calls in one: an array that zrec gives its size before it loads the object, and
 * maps. The entry makes the first so many of its calls, in their order.
 */
#define ZPCI_REPLAY_MAP		"zpci_calls"

struct zpci_replay_batch {
	__zrec_u32 nr;
	__zrec_u32 pad;
};

/* For which functions a policy decides; all others get the default */
enum zpci_canary_kind {
	ZPCI_CANARY_OFF,		/* all functions */
	ZPCI_CANARY_PERCENT,		/* those whose FID hashes below it */
	ZPCI_CANARY_FIDS,		/* those listed */
};

#define ZPCI_CANARY_FIDS_MAX	128
#define ZPCI_POLICY_SETUP_MAP	".rodata.policy"

/*
 * In every object that includes policy.h, as that map: text about the policy, and
 * what zrec chooses before it loads the object.
 */
struct zpci_policy_setup {
	__zrec_u32 abi;			/* ZPCI_POLICY_ABI */
	__zrec_u32 canary;		/* enum zpci_canary_kind */
	__zrec_u32 percent;		/* 0..100 */
	__zrec_u32 nr_fids;
	__zrec_u32 fid[ZPCI_CANARY_FIDS_MAX];
	char description[ZPCI_POLICY_TEXT_LEN];
};

/* 0..99, always the same for a FID: functions with neighbouring FIDs spread */
static inline __zrec_u32 zpci_canary_hash(__zrec_u32 fid)
{
	fid ^= fid >> 16;
	fid *= 0x7feb352du;
	fid ^= fid >> 15;
	fid *= 0x846ca68bu;
	fid ^= fid >> 16;
	return fid % 100;
}

#endif /* ZREC_POLICY_ABI_H */
