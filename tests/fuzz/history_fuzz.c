// SPDX-License-Identifier: GPL-2.0
/*
 * An SQLite file of any bytes as a recording: the reader says no, with a reason, or what
 * it gives is what it promises: in order, within its bounds, and the same in either order.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keep/history.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

struct seen {
	size_t nr;
	int64_t wall_ns, row;
	bool newest, no_order;
};

#define must_end(text)	must(memchr((text), 0, sizeof(text)))

static void look_at_boot(const struct history_boot *boot)
{
	must_end(boot->machine_id);
	must_end(boot->host);
	must_end(boot->boot_id);
}

static int look(void *ctx, const struct history_recovery *r)
{
	const struct zrec_span_policy *p = zrec_span_policy(&r->full.span);
	struct seen *seen = ctx;
	bool later = r->wall_ns > seen->wall_ns || (r->wall_ns == seen->wall_ns && r->row > seen->row);

	must(!seen->nr || seen->no_order || later != seen->newest);
	seen->wall_ns = r->wall_ns;
	seen->row = r->row;
	seen->nr++;
	look_at_boot(r->boot);
	must_end(r->experiment);
	must_end(r->arm);
	must(r->full.span.abi == ZREC_ABI && (int64_t)r->full.span.tai_ns == r->wall_ns);
	must(!p || (p->nr <= ZREC_MAX_ANSWERS && p->nr_points <= ZREC_MAX_POINTS));
	return 0;
}

static int look_at_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	(void)ctx;
	look_at_boot(boot);
	must(gap->reason < HISTORY_NR_GAP_REASONS);
	return 0;
}

static int look_at_event(void *ctx, const struct history_policy_event *event)
{
	(void)ctx;
	look_at_boot(event->boot);
	must_end(event->policy);
	must_end(event->what);
	return 0;
}

static void read_all(struct history *h)
{
	const struct history_filter all = { 0 };
	struct seen oldest = { 0 }, newest = { .newest = true }, brief = { 0 }, arms = { .no_order = true },
		    by_boot = { .no_order = true };
	int err = history_each(h, &all, HISTORY_OLDEST_FIRST, look, &oldest);

	must(!err || *history_error(h));
	if (!history_each(h, &all, HISTORY_NEWEST_FIRST, look, &newest) && !err &&
	    !history_each_brief(h, &all, look, &brief))
		must(brief.nr == oldest.nr);
	/* A damaged index may have other rows than its table */
	history_each_arm(h, look, &arms);
	if (!err && !history_each_by_boot(h, &all, look, &by_boot))
		must(by_boot.nr == oldest.nr);
	history_each_gap(h, &all, look_at_gap, NULL);
	history_each_policy_event(h, &all, look_at_event, NULL);
}

static char path[] = "/tmp/zrec-fuzz.XXXXXX";

static void remove_file(void)
{
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct history *h;
	int err;

	if (fd < 0) {
		fd = mkstemp(path);
		must(fd >= 0 && !atexit(remove_file));
	}
	must(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size);
	err = history_open(&h, path);
	must(err != -ENOMEM);
	if (err)
		must(*history_error(h));
	else
		read_all(h);
	history_close(h);
	return 0;
}
