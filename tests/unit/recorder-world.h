/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recorder-world.h - what the recorder has around it, as a test has it: the kernel's side and
 * the file. recorder-world.c stands for the observer, the writer and the policies.
 */
#ifndef RECORDER_WORLD_H
#define RECORDER_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "keep/writer.h"
#include "observe/ring.h"
#include "serve/policy-watch.h"
#include "serve/recorder.h"

#define ROWS_MAX	512

/* The kernel's side, which outlives every recorder */
struct recorder_kernel {
	struct ring ring;
	struct zrec_stats stats;
	struct zrec_info info;
	bool ended;
	bool observed;			/* somebody has begun to observe, or tried to */
	int open_error;
	uint32_t *writing;		/* the header of a record that is not complete, */
	int looks;			/* ... for so many looks at the counts */
	struct zrec_open open[8];	/* recoveries that are under way */
	size_t nr_open;
	struct policy_place_name policy;	/* that is enforced */
	int missing;			/* links of the observation */
	int beats, beat_error;
};

extern struct recorder_kernel kernel;

/* The file, which does so too */
struct recorder_file {
	uint64_t id[ROWS_MAX], position[ROWS_MAX];
	struct writer_arm arm[ROWS_MAX];
	size_t nr, committed;
	size_t policies;		/* how often those in force were written */
	struct history_gap gap[16];
	size_t nr_gaps, committed_gaps;
	struct writer_progress progress;
	int open_error, span_error, commit_error;
	useconds_t slow_us;		/* a row */
	bool aside, discarded;
	size_t retained;		/* how often old rows were looked for */
	int64_t retained_ns;		/* the moment that what is too old was looked for */
};

extern struct recorder_file file;

/* Nothing has happened yet. End with ring_close(&kernel.ring) */
void recorder_world_begin(void);
/* Recoveries with these ids end, and are in the ring */
void recoveries(uint64_t first, uint64_t last);
/* As kill -9 leaves it: what was not committed is gone, and nothing is said any more */
void kill_recorder(struct recorder *r);

#endif /* RECORDER_WORLD_H */
