// SPDX-License-Identifier: GPL-2.0
/*
 * test_race.c - bind, unbind, open and close against errors, on two processors
 *
 * What each thread gets back is of no interest while it races. Afterwards the
 * counters have to add up, the functions have to work, and the kernel's log,
 * which the harness reads, has to be clean.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "harness.h"
#include "inject.h"

#define RACE_MS		30000
#define RACE_MORE_MS	60000	/* at most, if not all have had their part by then */
#define RACE_FNS	2
#define USE_MS		10	/* how long a user holds a function at the most */
#define DWELL_MS	40	/* how long a function keeps its driver */

struct racer {
	const struct fn *fn;
	uint64_t deadline, deadline_if_slow;
	unsigned int seed;
	atomic_uint injected;	/* handed to the kernel, by all threads of the function */
	atomic_uint sessions, binds, real;
};

static bool had_a_part(const struct racer *r)
{
	return r->sessions && r->injected && r->real;
}

/* On a slow machine few sessions come about, and half of them without an error */
static bool racing(const struct racer *r)
{
	if (clock_ms_to(r->deadline) > 0)
		return true;
	return !had_a_part(r) && clock_ms_to(r->deadline_if_slow) > 0;
}

static void *bind_and_unbind(void *arg)
{
	static const char *const drivers[] = { "vfio-pci", "nvme", "vfio-pci", "" };
	struct racer *r = arg;
	unsigned int i;

	for (i = 0; racing(r); i++) {
		r->binds += !fn_bind(r->fn, drivers[i % 4]);
		if (drivers[i % 4][0])
			clock_pause_ns(DWELL_MS * 1000000);
		/* An error that finds no driver is the function's end, up to here */
		if (i % 4 == 3)
			fn_recover(r->fn);
	}
	return NULL;
}

/* A user in a hurry: half of its sessions end without the reset they owe */
static void use_function(struct racer *r, struct vfio *v, unsigned int i)
{
	struct ccdf ccdf;

	if (vfio_listen(v))
		return;
	if (i % 2)
		r->real += !vfio_nvme_make_error(v);
	if (!vfio_wait_error(v, USE_MS))
		while (!vfio_read_error(v, &ccdf))
			;
	if (i % 4 < 2)
		vfio_reset_once(v);
}

static void *open_and_close(void *arg)
{
	struct racer *r = arg;
	struct vfio v;
	unsigned int i;

	for (i = 0; racing(r); i++) {
		if (vfio_open_at_once(&v, r->fn)) {
			clock_pause_ms();
			continue;
		}
		r->sessions++;
		use_function(r, &v, i);
		vfio_close(&v);
	}
	return NULL;
}

/*
 * Writing an event is over when it was dealt with. A user who opens the function
 * only tries the locks that are held for that, so they are free half of the time,
 * however long it takes.
 */
static void *inject_errors(void *arg)
{
	static const uint16_t pecs[] = { PEC_TPROTE, PEC_SERVICE_ACTION, PEC_FMB_ACCESS, PEC_TPROTE };
	struct racer *r = arg;
	uint64_t begin, took;
	unsigned int i;

	for (i = 0; racing(r); i++) {
		begin = clock_ns();
		r->injected += !inject(r->fn, pecs[i % 4], i);
		took = clock_ns() - begin;
		clock_pause_ns(took / clock_slow() + rand_r(&r->seed) % 4000000);
	}
	return NULL;
}

/* Every event is in exactly one counter */
static int counters_add_up(struct gt *t)
{
	static const char *const dropped[] = {
		"unknown_function", "refresh_failed", "stale_handle", "no_device",
	};
	uint64_t all, val, sum = 0;
	struct fn fns[GT_MAX_FNS];
	int i, n;

	n = fn_list(FN_CLASS_ANY, fns, GT_MAX_FNS);
	for (i = 0; i < n; i++) {
		GT_OK(t, "events", fn_counter(&fns[i], "events", &val));
		sum += val;
	}
	for (i = 0; i < 4; i++) {
		GT_OK(t, dropped[i], machine_counter(dropped[i], &val));
		sum += val;
	}
	GT_OK(t, "events of the machine", machine_counter("events", &all));
	GT_EQ(t, "events of the functions and dropped ones", sum, all);
	return GT_PASS;
}

static int run_race(struct gt *t, struct racer *r)
{
	static void *(*const threads[])(void *) = { bind_and_unbind, open_and_close, inject_errors };
	pthread_t tid[RACE_FNS * 3];
	int i;

	for (i = 0; i < RACE_FNS * 3; i++)
		if (pthread_create(&tid[i], NULL, threads[i % 3], &r[i / 3]))
			return gt_fail(t, "pthread_create failed");
	for (i = 0; i < RACE_FNS * 3; i++)
		pthread_join(tid[i], NULL);
	return GT_PASS;
}

static int lifecycle_against_errors(struct gt *t)
{
	struct racer r[RACE_FNS] = { 0 };
	struct vfio v;
	char hung[16];
	int i;

	/* So that a hang is one within this test's time */
	snprintf(hung, sizeof(hung), "%u", 10 * clock_slow());
	file_write("/proc/sys/kernel/hung_task_timeout_secs", hung);
	file_write("/sys/module/nvme_core/parameters/admin_timeout", "2");
	file_write("/sys/module/nvme_core/parameters/io_timeout", "2");
	for (i = 0; i < RACE_FNS; i++)
		r[i] = (struct racer){
			.fn = &t->fn[i],
			.deadline = clock_in_ms(RACE_MS),
			.deadline_if_slow = clock_in_ms(RACE_MS + RACE_MORE_MS),
			.seed = i,
		};
	GT_TRY(run_race(t, r));
	for (i = 0; i < RACE_FNS; i++) {
		printf("# %s: %u binds, %u sessions, %u errors injected, %u real\n", t->fn[i].bdf,
		       r[i].binds, r[i].sessions, r[i].injected, r[i].real);
		if (!r[i].binds || !had_a_part(&r[i]))
			return gt_fail(t, "%s did not race: %u binds, %u sessions, %u injected, %u real",
				       t->fn[i].bdf, r[i].binds, r[i].sessions, r[i].injected, r[i].real);
	}
	GT_TRY(counters_add_up(t));
	for (i = 0; i < RACE_FNS; i++) {
		GT_OK(t, "unbind", fn_bind(&t->fn[i], ""));
		GT_OK(t, "renew", fn_renew(&t->fn[i]));
		GT_OK(t, "bind vfio-pci", fn_bind(&t->fn[i], "vfio-pci"));
		GT_OK(t, "open", vfio_open(&v, &t->fn[i]));
		GT_TRY(gt_expect_works(t, &v));
		vfio_close(&v);
	}
	fflush(stdout);
	return GT_PASS;
}

/* Without a renewal: a reset by the user is all that a raced function needs */
static int open_and_close_against_errors(struct gt *t)
{
	struct racer r = { .fn = &t->fn[0], .deadline = clock_in_ms(RACE_MS / 3) };
	pthread_t user, errors;
	struct vfio v;

	if (pthread_create(&user, NULL, open_and_close, &r) ||
	    pthread_create(&errors, NULL, inject_errors, &r))
		return gt_fail(t, "pthread_create failed");
	pthread_join(user, NULL);
	pthread_join(errors, NULL);
	printf("# %u sessions, %u errors injected, %u real\n", r.sessions, r.injected, r.real);
	fflush(stdout);
	GT_TRY(counters_add_up(t));
	GT_OK(t, "open", vfio_open(&v, &t->fn[0]));
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static void *inject_one(void *arg)
{
	struct racer *r = arg;

	r->injected += !inject(r->fn, PEC_TPROTE, 0);
	return NULL;
}

/*
 * The user closes the device in error while one more event is dealt with: the
 * event code holds the locks that the reset at close only tries to get. When
 * all is quiet again, the function is not left behind blocked.
 */
static int close_against_an_error(struct gt *t)
{
	struct racer r = { .fn = &t->fn[0] };
	pthread_t error;
	struct vfio v;
	int i, ret;

	GT_OK(t, "open", vfio_open(&v, &t->fn[0]));
	for (i = 0; i < 200; i++) {
		GT_OK(t, "make an error", vfio_nvme_make_error(&v));
		if (pthread_create(&error, NULL, inject_one, &r))
			return gt_fail(t, "pthread_create failed");
		nanosleep(&(struct timespec){ .tv_nsec = i * 5000 }, NULL);
		vfio_close_device(&v);
		pthread_join(error, NULL);
		ret = vfio_open_device(&v);
		if (ret)
			return gt_fail(t, "open after closing in error %d times: got %s, want 0",
				       i + 1, gt_errno(ret));
	}
	return gt_expect_works(t, &v);
}

static const struct gt_test tests[] = {
	{ "close-against-an-error", close_against_an_error, .driver = GT_VFIO, .seconds = 60 },
	{ "open-and-close-against-errors", open_and_close_against_errors, .driver = GT_VFIO,
	  .seconds = 60 },
	{ "lifecycle-against-errors", lifecycle_against_errors, .driver = GT_VFIO, .fns = RACE_FNS,
	  .seconds = 150 },
	{ 0 }
};

const struct gt_group group_race = { "race", tests };
