// SPDX-License-Identifier: GPL-2.0
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/clock.h"
#include "base/fault.h"
#include "observe/heartbeat.h"
#include "observe/hooks.h"
#include "observe/load.h"
#include "base/log.h"
#include "observe/observer.h"
#include "observe/own.h"
#include "observe/pins.h"
#include "observe/reader.h"
#include "observe/takeover.h"

/* How long a zrec watch has to become a client of the recorder */
#define HAND_OVER_MS		5000
#define HAND_OVER_NAP_MS	50

struct observer {
	struct bpffs fs;
	int map_fd[NR_OBSERVER_MAPS];	/* -1: not opened yet */
	struct reader ring;		/* if we are the reader */
	struct zrec_info info;
	uint32_t abi;			/* of what another version observes */
	int heartbeat;			/* its program, or why there is none */
	const struct observer_reader *reader;	/* of the observer_poll() that runs */
	void *ctx;
};

static int map_fd(struct observer *observer, enum observer_map map)
{
	int fd = observer->map_fd[map];

	if (fd >= 0)
		return fd;
	/* A reader of the ring buffer writes its position back */
	fd = pins_get_map(&observer->fs, map_pin_name(map), map == MAP_SPANS ? 0 : BPF_F_RDONLY);
	if (fd >= 0)
		observer->map_fd[map] = fd;
	return fd;
}

/* The only value of a map that is a data section */
static int read_section(struct observer *observer, enum observer_map map, void *ret, size_t size)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), key = 0;
	int fd = map_fd(observer, map);

	if (fd < 0)
		return fd;
	if (bpf_map_get_info_by_fd(fd, &info, &len) < 0)
		return -errno;
	if (info.value_size != size)
		return -EPROTO;
	return bpf_map_lookup_elem(fd, &key, ret) < 0 ? -errno : 0;
}

/* The ABI of an observation of any version: each has that number first */
static uint32_t abi_of(struct observer *observer)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), key = 0;
	int fd = map_fd(observer, MAP_INFO);
	uint32_t *value, abi = 0;

	if (fd < 0 || bpf_map_get_info_by_fd(fd, &info, &len) < 0 || info.value_size < sizeof(abi))
		return 0;
	value = malloc(info.value_size);
	if (value && !bpf_map_lookup_elem(fd, &key, value))
		abi = *value;
	free(value);
	return abi;
}

/* -EPROTO: another version observes; -ESTALE: an older one, from which this can take over */
static int join(struct observer *observer)
{
	struct zrec_info *info = &observer->info;
	int err = read_section(observer, MAP_INFO, info, sizeof(*info));

	if (!err && info->abi == ZREC_ABI && info->span_size == sizeof(struct zrec_span)) {
		log_debug("joined the observation in %s, begun by zrec %.*s", observer->fs.path,
			  (int)sizeof(info->version), info->version);
		return 0;
	}
	if (err && err != -EPROTO)
		return err;
	observer->abi = abi_of(observer);
	return takeover_knows(observer->abi) ? -ESTALE : -EPROTO;
}

static int report_version(const struct observer *observer, int err)
{
	if (err == -ESTALE)
		log_error("an older zrec observes in %s; 'zrec watch' takes over from it, with its sums",
			  observer->fs.path);
	else if (err == -EPROTO)
		log_error("a zrec of another version observes in %s (ABI %u, this one has %u): use that one, or 'zrec detach' to end it, with its sums",
			  observer->fs.path, observer->abi, ZREC_ABI);
	return err == -ESTALE ? -EPROTO : err;
}

static struct observer *observer_new(void)
{
	struct observer *observer = calloc(1, sizeof(*observer));

	if (!observer)
		return NULL;
	observer->fs = BPFFS_CLOSED;
	observer->ring = READER_CLOSED;
	observer->heartbeat = -EBADF;
	for (int i = 0; i < NR_OBSERVER_MAPS; i++)
		observer->map_fd[i] = -1;
	return observer;
}

static void close_maps(struct observer *observer)
{
	for (int i = 0; i < NR_OBSERVER_MAPS; i++) {
		bpffs_put(observer->map_fd[i]);
		observer->map_fd[i] = -1;
	}
}

void observer_close(struct observer *observer)
{
	if (!observer)
		return;
	reader_close(&observer->ring);
	bpffs_put(observer->heartbeat);
	close_maps(observer);
	bpffs_close(&observer->fs);
	free(observer);
}

/* -ENOENT and nothing else: nothing observes, so one can begin */
static int find_lost(const struct bpffs *fs)
{
	struct zrec_info info;
	int err = own_find(&info);

	if (!err) {
		own_report_out_of_reach(&info, fs);
		return -EALREADY;
	}
	if (err == -EPERM) {
		log_info("without CAP_SYS_ADMIN zrec cannot see an observation whose pins are out of reach");
		return -ENOENT;
	}
	return err;
}

/* Joins the observation whose pins we can see */
static int find(struct observer *observer)
{
	int err;

	close_maps(observer);
	bpffs_close(&observer->fs);
	err = bpffs_open(&observer->fs);

	if (!err)
		err = join(observer);
	/* Without a bpffs there can still be one, with another mount namespace's */
	return err == -ENOMEDIUM ? -ENOENT : err;
}

int observer_reuse(struct observer **ret)
{
	struct observer *observer = observer_new();
	int err;

	if (!observer)
		return -ENOMEM;
	err = find(observer);
	if (err == -ENOENT && pins_have_remains(&observer->fs))
		log_warn("%s has parts of an observation: a command is beginning or ending it, or was interrupted; 'zrec watch' begins anew, 'zrec detach' removes them",
			 observer->fs.path);
	else if (err == -ENOENT)
		err = find_lost(&observer->fs);
	err = report_version(observer, err);
	if (err)
		observer_close(observer);
	else
		*ret = observer;
	return err;
}

/* Before an observation is looked for whose pins are out of reach: what is left here may run */
static int make_room(const struct bpffs *fs)
{
	int err = pins_clean_up(fs);

	if (!err)
		err = find_lost(fs);
	if (err == -ENOENT)
		err = pins_stage(fs);
	if (err && err != -ENOTEMPTY && !observer_told(err))
		log_error("cannot make room for an observation in %s: %s", fs->path, strerror(-err));
	return err;
}

/* Under the lock: nobody else is at it, and what is half done will never be finished */
static int begin_locked(struct observer *observer, const struct observer_opts *opts,
			const struct hooks *hooks)
{
	int err = join(observer);

	if (err == -ESTALE)
		return takeover_begin(&observer->fs, opts, hooks);
	/* Somebody else may have made it while we waited, or not to the end */
	if (!err && observer->info.took_over && takeover_pending(&observer->fs))
		return takeover_finish(&observer->fs);
	if (err != -ENOENT)
		return report_version(observer, err);
	err = make_room(&observer->fs);
	if (err)
		return err;
	err = load_observer(&observer->fs, opts, hooks);
	fault_point("begin-loaded");
	if (!err)
		err = pins_publish(&observer->fs);
	if (err)
		pins_remove_staged(&observer->fs);
	return err;
}

static int begin(struct observer *observer, const struct observer_opts *opts)
{
	struct hooks hooks;
	int err;

	/* First check that it can work at all, then find a place for it */
	hooks_probe(&hooks);
	err = load_check(&hooks);
	if (err)
		return err;
	bpffs_close(&observer->fs);
	err = bpffs_lock(&observer->fs, true);
	if (err == -ENOMEDIUM) {
		log_error("no bpf file system is mounted to keep the observation in; run: " BPFFS_MOUNT);
		return err;
	}
	if (!err)
		err = begin_locked(observer, opts, &hooks);
	else if (!observer_told(err))
		log_error("cannot make or lock %s: %s", observer->fs.path, strerror(-err));
	bpffs_close(&observer->fs);
	return err;
}

/*
 * In a child, since loading takes some megabytes and touches most of libbpf and
 * libelf, once: all that goes with it, and what stays is small.
 */
static int begin_in_child(struct observer *observer, const struct observer_opts *opts)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		int err = begin(observer, opts);

		/* An errno fits, but for some that only kernels use; stderr has the reason */
		_exit(-err > 0xff ? EIO : -err);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status)) {
		log_error("loading was interrupted by signal %d", WTERMSIG(status));
		return -EINTR;
	}
	return WEXITSTATUS(status) ? -WEXITSTATUS(status) : find(observer);
}

static int check_ring_size(const struct observer *observer, const struct observer_opts *opts)
{
	if (!opts->ring_bytes || load_ring_bytes(opts) == observer->info.ring_bytes)
		return 0;
	log_error("the running observation has a ring buffer of %u bytes; 'zrec detach' ends it first",
		  observer->info.ring_bytes);
	return -EEXIST;
}

/* While there are capabilities to load it. Without it a recorder still records */
static void load_heartbeat(struct observer *observer)
{
	int map = map_fd(observer, MAP_SPANS);

	observer->heartbeat = map < 0 ? map : heartbeat_load(map);
	if (observer->heartbeat < 0)
		log_warn("cannot load the heartbeat: %s", strerror(-observer->heartbeat));
}

int observer_beat(struct observer *observer)
{
	return observer->heartbeat < 0 ? observer->heartbeat : heartbeat_beat(observer->heartbeat);
}

int observer_open(struct observer **ret, const struct observer_opts *opts)
{
	struct observer *observer = observer_new();
	int err;

	if (!observer)
		return -ENOMEM;
	err = find(observer);
	if (err == -ENOENT || err == -ESTALE ||
	    (!err && observer->info.took_over && takeover_pending(&observer->fs)))
		err = begin_in_child(observer, opts);
	else if (err == -EPROTO)
		report_version(observer, err);
	else if (err == -EACCES || err == -EPERM)
		log_error("no permission for the observation in %s", observer->fs.path);
	else if (err && !observer_told(err))
		log_error("cannot read the observation in %s, so none was begun: %s", observer->fs.path,
			  strerror(-err));
	if (!err)
		err = check_ring_size(observer, opts);
	if (!err && opts->heartbeat)
		load_heartbeat(observer);
	if (!err)
		err = caps_drop();
	if (err)
		observer_close(observer);
	else
		*ret = observer;
	return err;
}

/* Each begins alike, and has at least what its kind has in this version */
int observer_check_record(const void *data, size_t size)
{
	const struct zrec_record *record = data;
	size_t want = sizeof(struct zrec_span);

	if (size < sizeof(*record))
		return -EPROTO;
	if (record->flags & ZREC_RECORD_EXIT)
		want = sizeof(struct zrec_policy_exit);
	else if (record->flags & ZREC_RECORD_EVENT)
		want = sizeof(struct zrec_event);
	return size < want || size < record->size ? -EPROTO : 0;
}

int observer_dispatch(const void *data, const struct observer_reader *reader, void *ctx)
{
	const struct zrec_record *record = data;

	if (record->flags & ZREC_RECORD_EXIT)
		return reader->policy_exit(ctx, data);
	if (record->flags & ZREC_RECORD_EVENT)
		return reader->event ? reader->event(ctx, data) : 0;
	return reader->span(ctx, data);
}

static int take_record(void *ctx, const struct ring_record *record)
{
	const struct observer *observer = ctx;

	/* join() made sure; a record that is none of ours would be no news but a bug */
	if (observer_check_record(record->data, record->size))
		return -EPROTO;
	return observer_dispatch(record->data, observer->reader, observer->ctx);
}

int observer_claim(struct observer *observer)
{
	int map, err;

	if (reader_is_open(&observer->ring))
		return 0;
	map = map_fd(observer, MAP_SPANS);
	if (map < 0)
		return map;
	err = reader_open(&observer->ring, &observer->fs, map);
	if (!err)
		log_debug("reading the ring buffer, of %u bytes", observer->info.ring_bytes);
	return err;
}

int observer_claim_from(struct observer *observer, int (*meanwhile)(void *ctx), void *ctx)
{
	const struct timespec nap = { .tv_nsec = HAND_OVER_NAP_MS * NSEC_PER_MSEC };
	int err = observer_claim(observer);

	for (int ms = 0; err == -EBUSY && ms < HAND_OVER_MS; ms += HAND_OVER_NAP_MS) {
		/* Again and again: one may have begun to read since */
		err = reader_ask(&observer->fs);
		if (!err || err == -ENOENT)
			err = meanwhile ? meanwhile(ctx) : 0;
		nanosleep(&nap, NULL);
		if (!err)
			err = observer_claim(observer);
	}
	return err;
}

void observer_hand_over(struct observer *observer)
{
	reader_close(&observer->ring);
}

int observer_fd(const struct observer *observer)
{
	return reader_is_open(&observer->ring) ? observer->ring.wait : -EBADF;
}

int observer_poll(struct observer *observer, int timeout_ms, const struct observer_reader *reader,
		  void *ctx)
{
	int err = observer_claim(observer);

	if (err)
		return err;
	observer->reader = reader;
	observer->ctx = ctx;
	return reader_poll(&observer->ring, timeout_ms, take_record, observer);
}

struct ring *observer_ring(struct observer *observer)
{
	return &observer->ring.ring;
}

void observer_read_removals(struct observer *observer)
{
	reader_read_removals(&observer->ring);
}

bool observer_has_ended(const struct observer *observer)
{
	return reader_has_ended(&observer->ring);
}

int observer_stats(struct observer *observer, struct zrec_stats *ret)
{
	return read_section(observer, MAP_STATS, ret, sizeof(*ret));
}

int observer_missing(struct observer *observer, const char *ret[OBSERVER_TRACEPOINTS_MAX])
{
	const struct hook *hook = hooks_table();
	struct zrec_state state;
	int err = read_section(observer, MAP_STATE, &state, sizeof(state)), nr = 0;

	_Static_assert(NR_HOOKS <= OBSERVER_TRACEPOINTS_MAX, "a bit each in struct zrec_state");
	for (int i = 0; !err && i < NR_HOOKS; i++) {
		int have = state.attached & 1ull << i ?
			   pins_have_link(&observer->fs, hook[i].program) : 1;

		if (have < 0)
			err = have;
		else if (!have)
			ret[nr++] = hook[i].tracepoint;
	}
	return err ? err : nr;
}

void observer_warn_missing(struct observer *observer)
{
	const char *missing[OBSERVER_TRACEPOINTS_MAX];
	int nr = observer_missing(observer, missing);

	if (nr > 0)
		log_warn("the observation misses what happens at tracepoint %s%s: somebody removed %d of its links from %s/observe/links; to begin again, with empty sums: 'zrec detach', then 'zrec watch'",
			 missing[0], nr > 1 ? " and others" : "", nr, observer->fs.path);
	/* Members of the group zrec may not look there; an earlier zrec of this ABI noted nothing */
	else if (nr < 0 && nr != -EACCES && nr != -EPROTO)
		log_warn("cannot read whether links of the observation in %s were removed: %s",
			 observer->fs.path, strerror(-nr));
}

const struct zrec_info *observer_info(const struct observer *observer)
{
	return &observer->info;
}

/* In pages of its own, which go back at once: a reader stays for months, and small */
int observer_each_open(struct observer *observer, observer_open_fn fn, void *ctx)
{
	size_t nr = observer->info.function_slots;
	size_t size = nr * sizeof(struct zrec_open);
	struct zrec_open *open = mmap(NULL, size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ret;

	if (open == MAP_FAILED)
		return -ENOMEM;
	ret = read_section(observer, MAP_OPEN, open, size);
	for (size_t i = 0; !ret && i < nr; i++)
		/* Not while the slot is being filled */
		if (open[i].id && open[i].span.id == open[i].id)
			ret = fn(ctx, &open[i]);
	munmap(open, size);
	return ret;
}

int observer_map_open(struct observer *observer, enum observer_map map)
{
	return map_fd(observer, map);
}

int observer_detach(void)
{
	struct bpffs fs;
	int n;

	n = bpffs_lock(&fs, false);
	if (!n)
		n = pins_remove(&fs);
	if (n == -ENOENT || n == -ENOMEDIUM)
		n = find_lost(&fs);
	bpffs_close(&fs);
	return n < 0 ? n : 0;
}
