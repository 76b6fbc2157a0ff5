/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - rules decide in this program, by the code that decides in the kernel
 *
 * bpf/rules-decide.h, compiled into zrec: it needs no BPF and no rights, and works on
 * any machine. Each run has a memory of its own for the errors that its rules count.
 */
#ifndef ZREC_RULES_RUN_H
#define ZREC_RULES_RUN_H

#include <stdint.h>

#include "policy-abi.h"
#include "rules/rules.h"

struct rules_run;

/* Begins with no errors counted. @table stays the caller's and has to outlive it. 0 or -ENOMEM */
int rules_run_new(struct rules_run **ret, const struct rules_table *table);
void rules_run_free(struct rules_run *run);

/* One decision; event->now_ns is its time. Of ZPCI_MEMBER_DEADLINE milliseconds */
uint32_t rules_run_decide(struct rules_run *run, const struct zpci_event_in *event,
			  uint32_t member);

/* Errors of functions for which there was no room; their windows did not match */
uint64_t rules_run_untracked(const struct rules_run *run);

#endif /* ZREC_RULES_RUN_H */
