/* SPDX-License-Identifier: GPL-2.0 */
/*
 * open.h - show a recovery that is still under way
 */
#ifndef ZREC_RECORD_OPEN_H
#define ZREC_RECORD_OPEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "record/function.h"
#include "record/span.h"
#include "zrec.h"

/* A look at an open recovery at one moment, with what sysfs knows of the function */
struct open_recovery {
	uint64_t id;
	int64_t wall_ns;			/* of the error event */
	uint64_t age_ns;			/* since then */
	uint64_t step_age_ns;			/* in the step at hand */
	uint64_t deadline_left_ns;		/* a policy's for user space; see has_deadline */
	bool has_deadline;
	uint32_t fid;
	uint32_t uid;
	uint32_t life;				/* 0: not known */
	uint32_t events;
	uint32_t unread;			/* errors that user space has not read */
	uint32_t owner_pid;			/* 0: not known */
	uint16_t pec;
	uint8_t recoverer;			/* enum zrec_recoverer; BY_NOBODY: not known yet */
	uint8_t step;				/* enum zpci_step or ZREC_STEP_OTHER */
	char pci_address[FUNCTION_ADDRESS_LEN];	/* "": the function has none */
	char driver[ZPCI_DRIVER_LEN];		/* "": none is bound */
	char owner_comm[ZREC_COMM_LEN];
	char policy[ZPCI_POLICY_NAME_LEN];	/* that was asked in it, "": none */
};

/* @now_ns is CLOCK_MONOTONIC */
void open_recovery_fill(struct open_recovery *ret, const struct zrec_open *open,
			const struct function_list *functions, uint64_t now_ns,
			int64_t tai_offset_ns);

/* In the columns of span_print_header() */
void open_recovery_print(FILE *f, const struct open_recovery *r);

/* NULL only when out of memory */
json_t *open_recovery_to_json(const struct open_recovery *r);

#endif /* ZREC_RECORD_OPEN_H */
