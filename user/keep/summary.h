/* SPDX-License-Identifier: GPL-2.0 */
/*
 * summary.h - what many recoveries come to, by function, driver, PEC or host
 */
#ifndef ZREC_KEEP_SUMMARY_H
#define ZREC_KEEP_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/record.h"
#include "record/span.h"

enum summary_by {
	SUMMARY_BY_FUNCTION,	/* a FID of one host, all of its lives */
	SUMMARY_BY_DRIVER,
	SUMMARY_BY_PEC,
	SUMMARY_BY_HOST,
	SUMMARY_NR_BY
};

/* Up to so many durations are kept as they are; beyond that, a histogram is smaller */
#define SUMMARY_EXACT	512

struct summary_host {
	char machine_id[HISTORY_ID_LEN];
	char host[HISTORY_HOST_LEN];		/* as it was called last */
};

struct summary_row {
	uint32_t host;				/* of a function or host: index into hosts */
	uint32_t fid;				/* of a function */
	uint16_t pec;				/* of a PEC */
	char driver[ZPCI_DRIVER_LEN];		/* of a driver */
	uint32_t uid;				/* of a function with a PCI device, as the next */
	char pci_address[SPAN_ADDRESS_LEN];	/* after summary_finish(); "": it had none */
	uint64_t count;				/* of all outcomes */
	uint64_t outcome[ZPCI_NR_OUTCOMES];	/* those that this version knows */
	uint64_t relapses;			/* recoveries that an error of the function followed soon */
	uint64_t timed;				/* durations: not of what was ignored or dropped */
	uint64_t *exact;			/* up to SUMMARY_EXACT of them */
	size_t nr_exact;
	struct zrec_hist *hist;			/* of all, if there are more */
	bool has_place;				/* the next is known: where it was last */
	uint16_t domain;
	uint8_t bus, devfn;
};

/* The last error of one life of a function */
struct summary_life {
	uint64_t end_ns;			/* CLOCK_MONOTONIC; 0: it was not recovered */
	uint32_t row;				/* that it is counted in, or SUMMARY_NO_ROW */
};

#define SUMMARY_NO_ROW	UINT32_MAX

struct summary_boot {
	uint32_t host;
};

/* Boots that were looked up lately, by where they are in memory */
#define SUMMARY_NEAR	256			/* a power of two */

struct summary_near {
	const struct history_boot *boot;
	char boot_id[HISTORY_ID_LEN];
	uint32_t index;
};

struct summary_table;

/* Zero-initialise but for by and relapse_ns, free with summary_free() */
struct summary {
	enum summary_by by;
	uint64_t relapse_ns;
	struct summary_row *rows;
	size_t nr_rows;
	struct summary_host *hosts;
	size_t nr_hosts;
	int64_t first_ns, last_ns;		/* wall clock of the first and the last counted */
	uint64_t count, relapses;		/* of all rows */
	/* inside */
	struct summary_table *by_boot, *by_key, *by_life;
	struct summary_life *lives;
	size_t nr_lives;
	struct summary_table *by_host;
	struct summary_boot *boot;
	size_t nr_boots;
	struct summary_near near[SUMMARY_NEAR];
};

/*
 * Adds one, the oldest first. @counted: it is one of those that are asked for; others
 * are only looked at for relapses. 0 or -ENOMEM.
 */
int summary_add(struct summary *s, const struct history_recovery *r, bool counted);

/* When all are added: those rows come first that have most recoveries */
void summary_finish(struct summary *s);

/* After summary_finish(). Exact up to SUMMARY_EXACT durations, then at most 0.8 % off; @q as for hist_quantile() */
uint64_t summary_quantile(const struct summary_row *row, unsigned int q);

void summary_free(struct summary *s);

#endif /* ZREC_KEEP_SUMMARY_H */
