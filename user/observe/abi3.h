/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi3.h - what the observation of zrec 0.1.0 had in its maps
 *
 * Layouts of the past, which nothing changes any more. Steps, outcomes, reasons and
 * members had the values that they have now, but other came right after io_failure.
 */
#ifndef ZREC_ABI3_H
#define ZREC_ABI3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zrec.h"

#define ABI3			3
#define ABI3_STEP_OTHER		12
#define ABI3_NR_STEPS		13
#define ABI3_NR_LOST		3	/* the first ones of enum zrec_lost */
#define ABI3_COUNTER_SLOTS	1024
#define ABI3_OPEN_SLOTS		512
#define ABI3_MAX_ANSWERS	6
#define ABI3_RECORD_EXIT	(1u << 31)

struct abi3_info {
	uint32_t abi;
	uint32_t span_size;
	uint32_t shards;
	uint32_t ring_bytes;
	uint64_t since_ns;
	char version[24];
};

struct abi3_span {
	uint16_t abi;
	uint16_t size;
	uint32_t flags;
	uint64_t id;
	uint64_t begin_ns;
	uint64_t total_ns;
	uint64_t step_ns[ABI3_NR_STEPS];
	uint64_t step_at_ns[ABI3_NR_STEPS];
	int32_t step_result[ABI3_NR_STEPS];
	uint16_t step_count[ABI3_NR_STEPS];
	uint16_t pec;
	uint32_t fid;
	uint32_t fh;
	uint32_t uid;
	uint32_t class_code;
	uint16_t vendor;
	uint16_t device;
	uint16_t domain;
	uint8_t bus;
	uint8_t devfn;
	uint16_t pchid;
	uint8_t pft;
	uint8_t outcome;
	uint8_t reason;
	uint8_t recoverer;
	uint8_t pending_max;
	uint8_t pad0;
	uint32_t events;
	uint32_t reads;
	uint32_t overflows;
	uint32_t reset_tries;
	uint32_t reset_failures;
	int32_t drop_rc;
	uint8_t ccdf[ZPCI_CCDF_LEN];
	char driver[ZPCI_DRIVER_LEN];
};

struct abi3_answer {
	char policy[ZPCI_POLICY_NAME_LEN];
	uint64_t ns;
	uint32_t dflt;
	uint32_t verdict;
	uint32_t effective;
	uint8_t member;
	uint8_t shadow;
	uint8_t pad[2];
};

struct abi3_span_policy {
	char policy[ZPCI_POLICY_NAME_LEN];
	uint64_t ns;
	uint32_t decisions;
	uint32_t shadow_decisions;
	uint32_t nr;
	uint32_t unlisted;
	struct abi3_answer answer[ABI3_MAX_ANSWERS];
};

struct abi3_full_span {
	struct abi3_span span;
	struct abi3_span_policy policy;
};

struct abi3_policy_exit {
	uint16_t abi;
	uint16_t size;
	uint32_t flags;
	uint64_t at_ns;
	uint32_t kind;
	uint32_t code;
	char policy[ZPCI_POLICY_NAME_LEN];
	char text[ZPCI_EXIT_TEXT_LEN];
};

struct abi3_stats {
	uint64_t emitted;
	uint64_t delivered;
	uint64_t lost[ABI3_NR_LOST];
	uint64_t unsummed[3];		/* driver, function or PEC, counter */
	uint64_t joined;
	uint64_t mediation_starts;
	uint64_t mediation_stops;
	uint64_t read_failures;
	uint64_t policy_exits;
	uint64_t policy_exits_lost;
};

struct abi3_open {
	uint64_t id;
	uint64_t last_ns;
	uint64_t step;
	struct abi3_span span;
	struct abi3_span_policy policy;
};

/* Its histograms had the buckets that ours have, and a count of their own */
struct abi3_driver_hists {
	uint32_t state;
	uint32_t pad;
	char driver[ZPCI_DRIVER_LEN];
	struct zrec_hist step[ABI3_NR_STEPS];
	struct zrec_hist total;
};

#define ABI3_HIST_BY_FUNCTION	2
#define ABI3_HIST_BY_PEC	3

struct abi3_key_hist {
	uint64_t tag;			/* (by + 1) << 32 | FID or PEC, 0: free */
	struct zrec_hist hist;
};

struct abi3_counter {
	uint64_t tag;			/* FID << 32 | PEC << 16 | (outcome + 1), 0: free */
	uint64_t count;
};

_Static_assert(sizeof(struct abi3_info) == 48 && sizeof(struct abi3_span) == 432 &&
	       sizeof(struct abi3_full_span) == 824 && sizeof(struct abi3_policy_exit) == 120 &&
	       sizeof(struct abi3_stats) == 112 && sizeof(struct abi3_open) == 848,
	       "a layout of the past has changed");

/* All of its maps but the ring buffer, copied; free with abi3_free(), also after an error */
struct abi3 {
	struct abi3_info info;
	struct abi3_stats stats;
	struct abi3_counter *counters;	/* ABI3_COUNTER_SLOTS */
	struct abi3_open *open;		/* ABI3_OPEN_SLOTS */
	struct abi3_driver_hists *drivers;
	struct abi3_key_hist *keys;
	size_t nr_drivers;
	size_t nr_keys;
};

/*
 * Puts the shards of each driver and each key into one of them. A recovery that is taken
 * out has its total and its steps in the same shard; afterwards nobody can tell in which.
 */
void abi3_fold(struct abi3 *old);

/* @maps is its directory of maps, open; what is read is folded. 0 or a negative errno */
int abi3_read(struct abi3 *ret, int maps);
void abi3_free(struct abi3 *old);
int abi3_read_info(struct abi3_info *ret, int maps);
int abi3_read_stats(struct abi3_stats *ret, int maps);

/* How far its ring buffer has been written, and read; positions that only grow */
int abi3_ring(int maps, uint64_t *written, uint64_t *read);

/* True if it had not seen the end of this recovery */
bool abi3_is_open(const struct abi3 *old, uint64_t id);

/*
 * Calls @fn for each record from a position on, read or not, in their order, until it
 * returns other than 0, which is then returned. Nothing is marked as read. -ERANGE: what
 * was there has been overwritten.
 */
typedef int (*abi3_record_fn)(void *ctx, const void *record, size_t size);
int abi3_each_record(int maps, uint64_t from, abi3_record_fn fn, void *ctx);

/* Takes it out of all sums, since both observations have counted it */
void abi3_take_out(struct abi3 *old, const struct abi3_span *s);

void abi3_convert_span(struct zrec_full_span *ret, const struct abi3_span *s, size_t size);
void abi3_convert_exit(struct zrec_policy_exit *ret, const struct abi3_policy_exit *e);

#endif /* ZREC_ABI3_H */
