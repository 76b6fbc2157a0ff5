// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "fake-ring.h"
#include "keep/boot.h"
#include "observe/observer.h"
#include "recorder-world.h"
#include "serve/policy-watch.h"

struct recorder_kernel kernel;
struct recorder_file file;

struct observer { int unused; };
struct writer { int unused; };

static struct observer observer;
static struct writer writer;

void recorder_world_begin(void)
{
	memset(&kernel, 0, sizeof(kernel));
	memset(&file, 0, sizeof(file));
	fake_ring_make(&kernel.ring);
	kernel.info.since_ns = 1;
}

void recoveries(uint64_t first, uint64_t last)
{
	for (uint64_t id = first; id <= last; id++) {
		const struct zrec_span span = { .abi = ZREC_ABI, .size = sizeof(span), .id = id };

		fake_ring_put(&kernel.ring, &span, sizeof(span), 0);
		kernel.stats.emitted++;
		kernel.stats.delivered++;
	}
}

void kill_recorder(struct recorder *r)
{
	int error = file.commit_error;

	file.commit_error = -EIO;
	recorder_close(r);
	file.commit_error = error;
}

int observer_open(struct observer **ret, const struct observer_opts *opts)
{
	(void)opts;
	kernel.observed = true;
	*ret = &observer;
	return kernel.open_error;
}

int observer_reuse(struct observer **ret)
{
	*ret = &observer;
	return 0;
}

int observer_dispatch(const void *data, const struct observer_reader *reader, void *ctx)
{
	const struct zrec_record *record = data;

	return record->flags & ZREC_RECORD_EXIT ? reader->policy_exit(ctx, data) : reader->span(ctx, data);
}

void observer_close(struct observer *o)
{
	(void)o;
}

int observer_claim_from(struct observer *o, int (*meanwhile)(void *ctx), void *ctx)
{
	(void)o;
	return meanwhile ? meanwhile(ctx) : 0;
}

int observer_fd(const struct observer *o)
{
	(void)o;
	return 7;
}

struct ring *observer_ring(struct observer *o)
{
	(void)o;
	return &kernel.ring;
}

bool observer_has_ended(const struct observer *o)
{
	(void)o;
	return kernel.ended;
}

void observer_read_removals(struct observer *o)
{
	(void)o;
}

const struct zrec_info *observer_info(const struct observer *o)
{
	(void)o;
	return &kernel.info;
}

int observer_stats(struct observer *o, struct zrec_stats *ret)
{
	(void)o;
	if (kernel.writing && !kernel.looks--)
		*kernel.writing &= ~BPF_RINGBUF_BUSY_BIT;
	*ret = kernel.stats;
	return 0;
}

int observer_missing(struct observer *o, const char *ret[OBSERVER_TRACEPOINTS_MAX])
{
	(void)o;
	for (int i = 0; i < kernel.missing; i++)
		ret[i] = "tracepoint";
	return kernel.missing;
}

void observer_warn_missing(struct observer *o)
{
	(void)o;
}

int observer_beat(struct observer *o)
{
	const char nothing[16] = "";

	(void)o;
	kernel.beats++;
	if (!kernel.beat_error)
		fake_ring_put(&kernel.ring, nothing, sizeof(nothing), BPF_RINGBUF_DISCARD_BIT);
	return kernel.beat_error;
}

int observer_check_record(const void *data, size_t size)
{
	const struct zrec_record *record = data;

	return size < record->size ? -EPROTO : 0;
}

void policy_watch_begin(struct policy_watch *w)
{
	*w = (struct policy_watch){ .fd = -1 };
}

void policy_watch_end(struct policy_watch *w)
{
	(void)w;
}

void policy_watch_look(struct policy_watch *w)
{
	(void)w;
}

int policy_watch_record(struct policy_watch *w, struct writer *wr, const struct history_boot *boot)
{
	(void)wr;
	(void)boot;
	w->now[0] = kernel.policy;
	file.policies++;
	return 0;
}

bool policy_watch_is_known(const struct policy_watch *w, int place)
{
	return !memcmp(&w->now[place], &w->known[place], sizeof(w->now[place]));
}

void policy_watch_recorded(struct policy_watch *w)
{
	memcpy(w->known, w->now, sizeof(w->known));
}

int observer_each_open(struct observer *o, observer_open_fn fn, void *ctx)
{
	int ret = 0;

	(void)o;
	for (size_t i = 0; !ret && i < kernel.nr_open; i++)
		ret = fn(ctx, &kernel.open[i]);
	return ret;
}

int writer_open(struct writer **ret, const char *path)
{
	(void)path;
	if (file.open_error)
		return file.open_error;
	*ret = &writer;
	return 0;
}

void writer_discard(struct writer *w)
{
	(void)w;
	file.discarded = true;
}

void writer_close(struct writer *w)
{
	writer_undo(w);
}

int writer_set_aside(const char *path)
{
	(void)path;
	file.aside = true;
	file.open_error = 0;
	return 0;
}

int writer_observation(struct writer *w, const struct history_boot *boot,
		       const struct zrec_info *info, int64_t since_wall_ns, struct writer_progress *ret)
{
	(void)w;
	(void)boot;
	(void)info;
	(void)since_wall_ns;
	*ret = file.progress;
	return 0;
}

int writer_span(struct writer *w, uint64_t position, const struct zrec_span *span, int64_t wall_ns,
		const struct writer_arm *arm)
{
	(void)w;
	(void)wall_ns;
	if (file.span_error)
		return file.span_error;
	usleep(file.slow_us);
	for (size_t i = 0; i < file.nr; i++)
		assert_int_not_equal(file.position[i], position);
	assert_true(file.nr < ROWS_MAX);
	file.position[file.nr] = position;
	file.arm[file.nr] = arm ? *arm : (struct writer_arm){ 0 };
	file.id[file.nr++] = span->id;
	return 0;
}

int writer_policy_event(struct writer *w, const struct history_policy_event *event)
{
	(void)w;
	(void)event;
	return 0;
}

int writer_gap(struct writer *w, const struct history_gap *gap)
{
	(void)w;
	file.gap[file.nr_gaps++] = *gap;
	return 0;
}

int writer_commit(struct writer *w, const struct writer_progress *progress)
{
	(void)w;
	if (file.commit_error)
		return file.commit_error;
	file.committed = file.nr;
	file.committed_gaps = file.nr_gaps;
	file.progress = *progress;
	return 0;
}

void writer_undo(struct writer *w)
{
	(void)w;
	file.nr = file.committed;
	file.nr_gaps = file.committed_gaps;
}

int writer_retain(struct writer *w, const struct writer_limits *limits, int64_t now_wall_ns,
		  uint64_t now_ns)
{
	(void)now_ns;
	file.retained_ns = now_wall_ns;
	(void)w;
	(void)limits;
	file.retained++;
	return 0;
}

uint64_t writer_wal_bytes(const struct writer *w)
{
	(void)w;
	return 0;
}

int writer_finish(struct writer *w)
{
	(void)w;
	return 0;
}
