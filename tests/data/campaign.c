// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/campaign.h"

#define SECOND		1000000000ull
#define WALL_BEGIN	1795269792123456789ll	/* CLOCK_REALTIME of a boot, 2026-11-21 */

enum driver { NVME, MLX5, VFIO };

struct function {
	uint64_t at_ns;			/* of its next error, CLOCK_MONOTONIC */
	uint64_t free_ns;		/* its last recovery has ended by then */
	uint64_t mean_ns;
	unsigned int host;
	unsigned int burst;		/* errors that follow at once */
	enum driver driver;
	uint32_t fid;
};

struct host {
	struct history_boot boot;
	uint64_t ids;
};

struct run {
	const struct campaign *c;
	uint64_t random;
	struct function *f;		/* a heap, the next error first */
	size_t nr;
	struct host *host;
	struct history_recovery r;
};

/* --- chance, in integers only --- */

static uint64_t some64(struct run *run)
{
	/* xorshift64* */
	run->random ^= run->random >> 12;
	run->random ^= run->random << 25;
	run->random ^= run->random >> 27;
	return run->random * 2685821657736338717ull;
}

static uint64_t some(struct run *run, uint64_t below)
{
	return (some64(run) >> 11) % below;
}

static bool percent(struct run *run, unsigned int share)
{
	return some(run, 100) < share;
}

/*
 * -log2 of a number between 0 and 1, in 1/1024: its leading zeroes, and between these a
 * straight line. Times ln 2 that is an exponential distribution but for 3 %.
 */
static uint64_t exponential(struct run *run, uint64_t mean)
{
	uint64_t u = some64(run) | 1, zeroes = (uint64_t)__builtin_clzll(u);
	uint64_t rest = u << zeroes << 1 >> 54;		/* ten bits behind the highest */
	uint64_t log2 = (zeroes + 1) * 1024 - rest;

	return (uint64_t)((unsigned __int128)mean * log2 * 710 / 1024 / 1024);
}

/* --- the next error of all functions --- */

static void sink(struct run *run, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		struct function old = run->f[at];

		if (child >= run->nr)
			return;
		if (child + 1 < run->nr && run->f[child + 1].at_ns < run->f[child].at_ns)
			child++;
		if (run->f[child].at_ns >= old.at_ns)
			return;
		run->f[at] = run->f[child];
		run->f[child] = old;
		at = child;
	}
}

static void make_function(struct run *run, struct function *f, unsigned int host, unsigned int nr)
{
	uint64_t kind = some(run, 10), mean = run->c->mean_s ? run->c->mean_s : 6 * 3600;

	/* 1/4 to 64 times, by powers of two and what is between them */
	f->mean_ns = mean * SECOND / 4 << some(run, 8);
	f->mean_ns += f->mean_ns / 1024 * some(run, 1024);
	if (!some(run, run->c->bad_one_in ? run->c->bad_one_in : 16))
		f->mean_ns /= 16;
	f->driver = kind < 5 ? NVME : kind < 8 ? MLX5 : VFIO;
	f->host = host;
	f->fid = 0x10 + nr;
	f->at_ns = 60 * SECOND + exponential(run, f->mean_ns);
}

static int make_all(struct run *run)
{
	const struct campaign *c = run->c;

	run->nr = (size_t)c->hosts * c->functions;
	run->f = calloc(run->nr, sizeof(*run->f));
	run->host = calloc(c->hosts, sizeof(*run->host));
	if (!run->f || !run->host)
		return -ENOMEM;
	for (unsigned int h = 0; h < c->hosts; h++) {
		struct history_boot *boot = &run->host[h].boot;

		snprintf(boot->machine_id, sizeof(boot->machine_id), "%032x", h + 1);
		snprintf(boot->host, sizeof(boot->host), "lp%u", h + 1);
		snprintf(boot->boot_id, sizeof(boot->boot_id), "00000000-0000-4000-8000-%012x", h + 1);
		for (unsigned int i = 0; i < c->functions; i++)
			make_function(run, &run->f[h * c->functions + i], h, i);
	}
	for (size_t i = run->nr / 2; i--;)
		sink(run, i);
	return 0;
}

/* --- one recovery --- */

static uint16_t some_pec(struct run *run)
{
	uint64_t n = some(run, 100);

	return n < 60 ? 0x04 : n < 80 ? 0x3a : n < 90 ? 0x02 : n < 95 ? 0x01 : n < 99 ? 0x2b : 0x3b;
}

static void put_be(uint8_t *p, uint64_t value, int bytes)
{
	while (bytes--) {
		p[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static void begin(struct run *run, struct function *f)
{
	static const char *const drivers[] = { "nvme", "mlx5_core", "vfio-pci" };
	struct host *host = &run->host[f->host];
	struct zrec_span *s = &run->r.full.span;

	memset(&run->r, 0, sizeof(run->r));
	run->r.boot = &host->boot;
	run->r.wall_ns = WALL_BEGIN + (int64_t)f->at_ns;
	s->abi = ZREC_ABI;
	s->size = sizeof(*s);
	s->id = ++host->ids;
	s->begin_ns = f->at_ns;
	s->tai_ns = (uint64_t)run->r.wall_ns;
	s->fid = f->fid;
	s->fh = 0x80000000 | f->fid;
	s->uid = f->fid;
	s->life = f->fid;
	s->events = 1;
	s->pec = some_pec(run);
	s->seen = ZREC_SEEN_EVENT | ZREC_SEEN_WALL_CLOCK;
	put_be(s->ccdf + ZPCI_CCDF_FH, s->fh, 4);
	put_be(s->ccdf + ZPCI_CCDF_FID, s->fid, 4);
	put_be(s->ccdf + ZPCI_CCDF_FADDR, 0x8100000000ull + some(run, 1 << 20) * 4096, 8);
	put_be(s->ccdf + ZPCI_CCDF_PEC, s->pec, 2);
	if (s->pec == 0x2b)
		return;
	s->flags |= ZREC_SPAN_DEVICE;
	s->seen |= ZREC_SEEN_DEVICE;
	s->class_code = f->driver == MLX5 ? 0x020000 : 0x010802;
	s->vendor = f->driver == MLX5 ? 0x15b3 : 0x1b36;
	s->device = f->driver == MLX5 ? 0x101e : 0x0010;
	s->domain = (uint16_t)f->fid;
	s->pchid = (uint16_t)(0x100 + f->fid / 4);
	s->pft = f->driver == MLX5 ? 0x0a : 0x0b;
	strcpy(s->driver, drivers[f->driver]);
}

/* A step right behind what there is so far */
static void step(struct zrec_span *s, enum zpci_step step, uint64_t ns, int result)
{
	if (!s->step_count[step])
		s->step_at_ns[step] = s->total_ns;
	s->step_ns[step] += ns;
	s->step_result[step] = result;
	s->step_count[step]++;
	s->total_ns += ns;
}

/* What a shadow without an opinion leaves */
static void point(struct run *run, unsigned int member, uint32_t dflt, unsigned int attempt)
{
	struct zrec_span_policy *p = &run->r.full.policy;
	struct zrec_span *s = &run->r.full.span;

	if (!run->c->points)
		return;
	s->flags |= ZREC_SPAN_POLICY;
	s->size = sizeof(struct zrec_full_span);
	p->shadow_decisions++;
	if (p->nr_points == ZREC_MAX_POINTS) {
		p->unlisted_points++;
		return;
	}
	p->point[p->nr_points++] = (struct zrec_point){
		.at_ns = s->total_ns, .dflt = dflt, .pec = s->pec, .member = (uint8_t)member,
		.vote = member == ZPCI_MEMBER_EVENT ? 0 : (uint8_t)s->step_result[ZPCI_STEP_ERROR_DETECTED],
		.attempt = (uint8_t)attempt, .asked = ZREC_ASKED_SHADOW,
	};
}

static uint32_t default_of(int vote)
{
	return vote == ZPCI_VOTE_NEED_RESET ? ZPCI_VERDICT_RESET :
	       vote == ZPCI_VOTE_DISCONNECT ? ZPCI_VERDICT_ISOLATE : ZPCI_VERDICT_DEFAULT;
}

static void ask_driver(struct run *run, int vote)
{
	struct zrec_span *s = &run->r.full.span;

	point(run, ZPCI_MEMBER_EVENT, ZPCI_VERDICT_DEFAULT, 0);
	step(s, ZPCI_STEP_ERROR_DETECTED, 5000 + some(run, 4000000), vote);
	point(run, ZPCI_MEMBER_VOTE, default_of(vote), 0);
}

static void fails(struct run *run, enum zpci_reason reason)
{
	struct zrec_span *s = &run->r.full.span;

	step(s, ZPCI_STEP_IO_FAILURE, 1000, ZPCI_VOTE_DISCONNECT);
	s->outcome = ZPCI_OUTCOME_FAILED;
	s->reason = reason;
}

static int driver_vote(struct run *run, const struct function *f)
{
	uint64_t n = some(run, 100);

	if (f->driver == NVME)
		return ZPCI_VOTE_NEED_RESET;
	if (f->driver == VFIO)
		return ZPCI_VOTE_CAN_RECOVER;
	return n < 70 ? ZPCI_VOTE_CAN_RECOVER : n < 98 ? ZPCI_VOTE_NEED_RESET : ZPCI_VOTE_DISCONNECT;
}

static void recover_by_host(struct run *run, struct function *f)
{
	struct zrec_span *s = &run->r.full.span;
	int vote = driver_vote(run, f);

	s->recoverer = ZREC_BY_HOST;
	ask_driver(run, vote);
	if (vote == ZPCI_VOTE_DISCONNECT) {
		fails(run, ZPCI_REASON_DRIVER_GAVE_UP);
		return;
	}
	if (vote == ZPCI_VOTE_NEED_RESET) {
		bool bad = percent(run, s->pec == 0x3a ? 20 : 5);

		point(run, ZPCI_MEMBER_RESET, ZPCI_VERDICT_RESET, 0);
		step(s, ZPCI_STEP_RESET, 1000000 + some(run, 2000000), bad ? -EIO : 0);
		if (bad) {
			point(run, ZPCI_MEMBER_FAILED, ZPCI_VERDICT_ISOLATE, 1);
			fails(run, ZPCI_REASON_RESET_FAILED);
			return;
		}
		step(s, ZPCI_STEP_SLOT_RESET, 8000, ZPCI_VOTE_RECOVERED);
	} else {
		step(s, ZPCI_STEP_UNBLOCK_MMIO, 3000, 0);
		step(s, ZPCI_STEP_MMIO_ENABLED, 3000, ZPCI_VOTE_RECOVERED);
		step(s, ZPCI_STEP_UNBLOCK_DMA, 3000, 0);
	}
	step(s, ZPCI_STEP_RESUME, 1000000 + some(run, 40000000), 0);
}

static void recover_by_user(struct run *run, struct function *f)
{
	struct zrec_span *s = &run->r.full.span;
	bool acts = percent(run, 80);

	s->recoverer = ZREC_BY_USER;
	s->flags |= ZREC_SPAN_NOTIFIED;
	s->owner_pid = 4711;
	strcpy(s->owner_comm, "qemu-system-s39");
	ask_driver(run, ZPCI_VOTE_CAN_RECOVER);
	point(run, ZPCI_MEMBER_DEADLINE, 0, 0);
	for (; f->burst; f->burst--) {
		step(s, ZPCI_STEP_USER, 1000000 + some(run, 49000000), 0);
		s->events++;
		ask_driver(run, ZPCI_VOTE_CAN_RECOVER);
	}
	s->pending_max = s->events < 4 ? (uint8_t)s->events : 4;
	if (acts) {
		step(s, ZPCI_STEP_USER, 5000000 + some(run, 2 * SECOND), 0);
		step(s, ZPCI_STEP_USER_RESET, 1900000, 0);
		s->reads = s->pending_max;
		s->reset_tries = 1;
		return;
	}
	step(s, ZPCI_STEP_USER, SECOND + some(run, 3600 * SECOND), 0);
	s->outcome = ZPCI_OUTCOME_ABANDONED;
}

static void recover(struct run *run, struct function *f)
{
	struct zrec_span *s = &run->r.full.span;

	step(s, ZPCI_STEP_REFRESH, 10000, 0);
	if (s->pec == 0x2b) {
		s->outcome = ZPCI_OUTCOME_IGNORED;
		s->reason = ZPCI_REASON_MEASUREMENT;
		return;
	}
	step(s, ZPCI_STEP_LOCK, 400, 0);
	if (s->pec == 0x3b)
		fails(run, ZPCI_REASON_PERMANENT);
	else if (f->driver == VFIO)
		recover_by_user(run, f);
	else
		recover_by_host(run, f);
	s->step_ns[ZREC_STEP_OTHER] = 200;
	s->total_ns += 200;
}

/* After what it was in, and by what a recovery brings with it */
static void plan_next(struct run *run, struct function *f)
{
	uint64_t gap;

	f->free_ns = f->at_ns + run->r.full.span.total_ns;
	if (f->burst) {
		f->burst--;
		gap = 1000000 + some(run, 49000000);
	} else if (!some(run, 6)) {
		gap = exponential(run, 60 * SECOND);
	} else {
		gap = exponential(run, f->mean_ns);
		f->burst = some(run, 8) ? 0 : 1 + (unsigned int)some(run, 9);
	}
	f->at_ns = f->free_ns + gap;
}

int campaign_run(const struct campaign *c, campaign_fn fn, void *ctx)
{
	struct run run = { .c = c, .random = c->seed * 0x9e3779b97f4a7c15ull + 1 };
	int err = make_all(&run);

	for (uint64_t i = 0; !err && i < c->recoveries && run.nr; i++) {
		begin(&run, &run.f[0]);
		recover(&run, &run.f[0]);
		run.r.row = (int64_t)i + 1;
		run.r.position = i;
		plan_next(&run, &run.f[0]);
		sink(&run, 0);
		err = fn(ctx, &run.r);
	}
	free(run.f);
	free(run.host);
	return err;
}
