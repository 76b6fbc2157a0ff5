/* SPDX-License-Identifier: GPL-2.0 */
/*
 * what-if-int.h - the sections of a page that compares policies
 */
#ifndef ZREC_REPORT_WHAT_IF_INT_H
#define ZREC_REPORT_WHAT_IF_INT_H

#include "report/parts.h"
#include "report/what-if.h"

/* What the page calls a policy: its name, with a number if another one has the same */
#define WHAT_IF_NAME_LEN	128
const char *what_if_name_into(const struct replay *r, size_t nr, char buf[WHAT_IF_NAME_LEN]);
#define what_if_name(r, nr)	what_if_name_into(r, nr, (char[WHAT_IF_NAME_LEN]){ 0 })

/* What its answers are beside: "what took effect" */
const char *what_if_against(const struct replay *r, size_t nr);

/* A section each, from its heading on */
void what_if_put_summary(const struct html *h, const struct replay *r,
			 const struct what_if_about *about);
void what_if_put_figures(const struct html *h, const struct replay *r);
void what_if_put_members(const struct html *h, const struct replay *r);
void what_if_put_differences(const struct html *h, const struct replay *r);
void what_if_put_changes(const struct html *h, const struct replay *r);
void what_if_put_ejections(const struct html *h, const struct replay *r);
void what_if_put_lacks(const struct html *h, const struct replay *r);
void what_if_put_source(const struct html *h, const struct replay *r,
			const struct what_if_about *about);

#endif /* ZREC_REPORT_WHAT_IF_INT_H */
