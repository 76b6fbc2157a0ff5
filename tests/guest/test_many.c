// SPDX-License-Identifier: GPL-2.0
/* test_many.c - ten functions fail at once */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "nvme.h"
#include "uevent.h"

#define TEN		10
#define EVENT_MS	20000

static int ten_passed_through(struct gt *t)
{
	struct vfio v[TEN];
	int i;

	for (i = 0; i < TEN; i++) {
		GT_OK(t, "open", vfio_open(&v[i], &t->fn[i]));
		GT_OK(t, "listen", vfio_listen(&v[i]));
	}
	for (i = 0; i < TEN; i++)
		GT_OK(t, "make an error", vfio_nvme_make_error(&v[i]));
	for (i = 0; i < TEN; i++)
		GT_OK(t, "ERR eventfd", vfio_wait_error(&v[i], EVENT_MS));
	/* Each has its own error, and one only */
	for (i = 0; i < TEN; i++) {
		GT_TRY(gt_expect_real_error(t, &v[i]));
		GT_TRY(gt_expect_no_error(t, &v[i]));
	}
	for (i = 0; i < TEN; i++)
		GT_OK(t, "reset", vfio_reset(&v[i], NULL));
	for (i = 0; i < TEN; i++)
		GT_TRY(gt_expect_works(t, &v[i]));
	return GT_PASS;
}

/* Each in a process of its own, let go together */
static int fail_together(struct gt *t, const struct nvme *n)
{
	int go[2], i, status, failed = 0;
	char c;

	if (pipe(go))
		return gt_fail(t, "pipe: %s", gt_errno(-errno));
	for (i = 0; i < TEN; i++) {
		if (fork())
			continue;
		close(go[1]);
		/* End of file, when the parent closes its end */
		if (read(go[0], &c, 1))
			_exit(1);
		_exit(nvme_make_error(&n[i]) != 0);
	}
	close(go[0]);
	close(go[1]);
	for (i = 0; i < TEN; i++)
		failed += wait(&status) < 0 || status;
	GT_EQ(t, "errors that could not be made", failed, 0);
	return GT_PASS;
}

static int ten_under_nvme(struct gt *t)
{
	char block[NVME_READ_LEN], want[32], word[64];
	struct nvme n[TEN];
	int events[TEN], i;

	for (i = 0; i < TEN; i++) {
		GT_OK(t, "nvme", nvme_bind(&t->fn[i], &n[i]));
		events[i] = uevent_open();
	}
	GT_TRY(fail_together(t, n));
	for (i = 0; i < TEN; i++) {
		GT_OK(t, "begin", uevent_next_error(events[i], &t->fn[i], EVENT_MS, word, sizeof(word)));
		GT_STR(t, "first uevent", word, "BEGIN_RECOVERY");
		GT_OK(t, "end", uevent_next_error(events[i], &t->fn[i], EVENT_MS, word, sizeof(word)));
		GT_STR(t, "second uevent", word, "SUCCESSFUL_RECOVERY");
	}
	for (i = 0; i < TEN; i++) {
		GT_OK(t, "read", nvme_read(&n[i], block));
		snprintf(want, sizeof(want), "zrec nvme %u ", t->fn[i].fid - 0x10);
		block[strlen(want)] = '\0';
		GT_STR(t, "what the disk says", block, want);
	}
	return GT_PASS;
}

/* The other five have their users, and none gets the other's news */
static int five_fail_five_do_not(struct gt *t)
{
	struct vfio v[TEN];
	int i;

	for (i = 0; i < TEN; i++) {
		GT_OK(t, "open", vfio_open(&v[i], &t->fn[i]));
		GT_OK(t, "listen", vfio_listen(&v[i]));
	}
	for (i = 0; i < TEN; i += 2)
		GT_OK(t, "make an error", vfio_nvme_make_error(&v[i]));
	for (i = 0; i < TEN; i += 2)
		GT_OK(t, "ERR eventfd", vfio_wait_error(&v[i], EVENT_MS));
	for (i = 1; i < TEN; i += 2) {
		GT_ERR(t, "ERR eventfd of a healthy one", vfio_wait_error(&v[i], 0), -ETIMEDOUT);
		GT_TRY(gt_expect_no_error(t, &v[i]));
		GT_TRY(gt_expect_works(t, &v[i]));
	}
	return GT_PASS;
}

static const struct gt_test tests[] = {
	{ "ten-passed-through-at-once", ten_passed_through, .driver = GT_VFIO, .fns = TEN,
	  .seconds = 90 },
	{ "ten-under-nvme-at-once", ten_under_nvme, .driver = GT_HOST, .fns = TEN, .seconds = 90 },
	{ "five-fail-five-do-not", five_fail_five_do_not, .driver = GT_VFIO, .fns = TEN,
	  .seconds = 90 },
	{ 0 }
};

const struct gt_group group_many = { "many", tests };
