// SPDX-License-Identifier: GPL-2.0
/* Recoveries as a table, for spreadsheets and databases */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "record/names.h"

void history_csv_header(FILE *f)
{
	fputs("row,time,host,boot,id,fid,pci_address,pchid,vendor,device,driver,pec,pec_name,"
	      "recoverer,outcome,reason,events,total_ns", f);
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++)
		fprintf(f, ",%s_ns", name_step(i));
	fputs(",policy,owner_pid,owner,experiment,arm\r\n", f);
}

/*
 * A cell of text, printable. A spreadsheet calculates what begins like a formula, also in
 * quotes, so an apostrophe comes before that; it says "text" there.
 */
static void put_text(FILE *f, const char *text)
{
	bool quoted = strpbrk(text, ",\"'\r\n ");

	fputc(',', f);
	if (*text && strchr("=+-@\t\r", *text)) {
		quoted = true;
		fputs("\"'", f);
	} else if (quoted) {
		fputc('"', f);
	}
	for (const char *c = text; *c; c++) {
		if (*c == '"')
			fputc('"', f);
		fputc(*c, f);
	}
	if (quoted)
		fputc('"', f);
}

static void put_device(FILE *f, const struct zrec_span *s)
{
	char address[SPAN_ADDRESS_LEN];

	if (!span_address(s, address)) {
		fputs(",,,,,", f);
		return;
	}
	fprintf(f, ",%s,0x%04x,0x%04x,0x%04x", address, s->pchid, s->vendor, s->device);
	put_text(f, text_shown_array(s->driver));
}

void history_csv_line(FILE *f, const struct history_recovery *r)
{
	const struct zrec_span *s = &r->full.span;
	const struct zrec_span_policy *policy = zrec_span_policy(s);
	char when[CLOCK_TEXT_LEN];

	fprintf(f, "%" PRId64 ",%s", r->row, clock_utc(r->wall_ns, when));
	put_text(f, text_shown_array(r->boot->host));
	put_text(f, text_shown_array(r->boot->boot_id));
	fprintf(f, ",%" PRIu64 ",0x%08x", s->id, s->fid);
	put_device(f, s);
	fprintf(f, ",0x%02x,%s,%s,%s,%s,%u,%" PRIu64, s->pec, name_pec(s->pec),
		s->recoverer == ZREC_BY_NOBODY ? "nobody" : name_recoverer(s->recoverer),
		name_outcome(s->outcome), name_reason(s->outcome, s->reason), s->events,
		s->total_ns);
	for (unsigned int i = 0; i < ZREC_NR_STEPS; i++)
		fprintf(f, ",%" PRIu64, s->step_ns[i]);
	put_text(f, policy ? text_shown_array(policy->policy) : "");
	if (s->owner_pid)
		fprintf(f, ",%u", s->owner_pid);
	else
		fputc(',', f);
	put_text(f, text_shown_array(s->owner_comm));
	put_text(f, text_shown_array(r->experiment));
	put_text(f, text_shown_array(r->arm));
	fputs("\r\n", f);
}
