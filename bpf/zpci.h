/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zpci.h - the kernel's words, for bpf/, user/ and policies
 *
 * The values are those of the kernel series (asm/pci_recovery.h), which never
 * change there: new ones are added at the end. user/record/names.c spells them.
 */
#ifndef ZREC_ZPCI_H
#define ZREC_ZPCI_H

#ifndef __bpf__
#include <stdint.h>
typedef uint8_t __zrec_u8;
typedef uint16_t __zrec_u16;
typedef uint32_t __zrec_u32;
typedef int32_t __zrec_s32;
typedef uint64_t __zrec_u64;
typedef int64_t __zrec_s64;
#else
typedef unsigned char __zrec_u8;
typedef unsigned short __zrec_u16;
typedef unsigned int __zrec_u32;
typedef int __zrec_s32;
typedef unsigned long long __zrec_u64;
typedef long long __zrec_s64;
#endif

#define ZPCI_CCDF_LEN		32	/* struct zpci_ccdf_err of the kernel */
#define ZPCI_DRIVER_LEN		24	/* longer driver names are cut */
#define ZPCI_POLICY_NAME_LEN	32	/* with the end of the string */
#define ZPCI_EXIT_TEXT_LEN	64	/* longer texts are cut */

/* Byte offsets into the CCDF, all fields big-endian; arch/s390/include/asm/pci.h */
#define ZPCI_CCDF_FH		4	/* u32 */
#define ZPCI_CCDF_FID		8	/* u32 */
#define ZPCI_CCDF_FADDR		16	/* u64 */
#define ZPCI_CCDF_PEC		30	/* u16 */

/* The timed parts of a recovery */
enum zpci_step {
	ZPCI_STEP_REFRESH,
	ZPCI_STEP_LOCK,
	ZPCI_STEP_ERROR_DETECTED,
	ZPCI_STEP_UNBLOCK_MMIO,
	ZPCI_STEP_MMIO_ENABLED,
	ZPCI_STEP_UNBLOCK_DMA,
	ZPCI_STEP_RESET,
	ZPCI_STEP_SLOT_RESET,
	ZPCI_STEP_RESUME,
	ZPCI_STEP_USER,
	ZPCI_STEP_USER_RESET,
	ZPCI_STEP_IO_FAILURE,
	ZPCI_STEP_QUEUE,	/* until the event is looked at; no kernel sends it yet */
	ZPCI_NR_STEPS
};

/* How a recovery ends, and what becomes of events that no recovery follows */
enum zpci_outcome {
	ZPCI_OUTCOME_RECOVERED,
	ZPCI_OUTCOME_FAILED,
	ZPCI_OUTCOME_ISOLATED,
	ZPCI_OUTCOME_ABANDONED,
	ZPCI_OUTCOME_IGNORED,
	ZPCI_OUTCOME_DROPPED,	/* the kernel has an event of its own for it */
	ZPCI_NR_OUTCOMES
};

/* Why; of a dropped event it is enum zpci_drop_reason */
enum zpci_reason {
	ZPCI_REASON_NONE,
	ZPCI_REASON_PERMANENT,
	ZPCI_REASON_ALREADY_FAILED,
	ZPCI_REASON_NO_DRIVER,
	ZPCI_REASON_NO_SUPPORT,
	ZPCI_REASON_DRIVER_GAVE_UP,
	ZPCI_REASON_RESET_FAILED,
	ZPCI_REASON_MEASUREMENT,
	ZPCI_REASON_POLICY,
	ZPCI_REASON_DEADLINE,
	ZPCI_NR_REASONS
};

enum zpci_drop_reason {
	ZPCI_DROP_UNKNOWN_FUNCTION,
	ZPCI_DROP_REFRESH_FAILED,
	ZPCI_DROP_STALE_HANDLE,
	ZPCI_DROP_NO_DEVICE,
	ZPCI_DROP_CHANNEL_OVERFLOW,
	ZPCI_NR_DROP_REASONS
};

/* What happens to the queue of errors that user space has not read yet */
enum zpci_pending_action {
	ZPCI_PENDING_STORED,
	ZPCI_PENDING_OVERFLOW,
	ZPCI_PENDING_READ,
	ZPCI_PENDING_DISCARDED,
};

/* The decisions that a policy is asked for, and the one call that answers nothing */
enum zpci_member {
	ZPCI_MEMBER_EVENT,
	ZPCI_MEMBER_VOTE,
	ZPCI_MEMBER_RESET,
	ZPCI_MEMBER_FAILED,
	ZPCI_MEMBER_DEADLINE,
	ZPCI_MEMBER_DONE,
	ZPCI_NR_MEMBERS
};

/* A policy's answer; to ZPCI_MEMBER_DEADLINE it is milliseconds instead */
enum zpci_verdict {
	ZPCI_VERDICT_DEFAULT,
	ZPCI_VERDICT_RESET,
	ZPCI_VERDICT_ISOLATE,
	ZPCI_NR_VERDICTS
};

/* enum pci_ers_result of the kernel: the driver's answer */
enum zpci_vote {
	ZPCI_VOTE_NOT_YET,
	ZPCI_VOTE_NONE,
	ZPCI_VOTE_CAN_RECOVER,
	ZPCI_VOTE_NEED_RESET,
	ZPCI_VOTE_DISCONNECT,
	ZPCI_VOTE_RECOVERED,
	ZPCI_VOTE_NO_AER_DRIVER,
	ZPCI_NR_VOTES
};

/* How a policy ended */
enum zpci_policy_exit {
	ZPCI_POLICY_EXIT_NONE,
	ZPCI_POLICY_EXIT_DETACHED,
	ZPCI_POLICY_EXIT_REPLACED,
	ZPCI_POLICY_EXIT_BUDGET,
	ZPCI_POLICY_EXIT_KILLED,
	ZPCI_NR_POLICY_EXITS
};

#endif /* ZREC_ZPCI_H */
