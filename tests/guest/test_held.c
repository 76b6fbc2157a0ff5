// SPDX-License-Identifier: GPL-2.0
/*
 * test_held.c - what a user does while the event code is in the middle of its work
 *
 * The event code is held there (hold.h), so each of these goes the same way every
 * time. The races are in test_race.c.
 */
#include "harness.h"
#include "hold.h"
#include "uevent.h"

#define EVENT_MS	10000

static int expect_uevents(struct gt *t, int events, const char *const *want)
{
	char word[64];

	for (; *want; want++) {
		GT_OK(t, *want, uevent_next_error(events, &t->fn[0], EVENT_MS, word, sizeof(word)));
		GT_STR(t, "uevent", word, *want);
	}
	return GT_PASS;
}

/* A user's recovery that it gave up, then the host's */
static const char *const handed_back[] = {
	"BEGIN_RECOVERY", "FAILED_RECOVERY", "BEGIN_RECOVERY", "SUCCESSFUL_RECOVERY", NULL,
};

/*
 * The user closes the device while the event code is at @step: the reset at close
 * cannot get the locks. What is blocked then is brought back by the host.
 */
static int closed_at(struct gt *t, enum hold_step step)
{
	int events = uevent_open();
	struct hold hold;
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	GT_TRY(hold_next(t, &hold, step));
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_TRY(hold_wait(t, &hold));
	vfio_close_device(&v);
	GT_TRY(hold_let_go(t, &hold));
	GT_TRY(expect_uevents(t, events, handed_back));
	GT_OK(t, "open the device again", vfio_open_device(&v));
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static int closed_when_told(struct gt *t)
{
	return closed_at(t, HOLD_USER);
}

static int closed_before_it_is_told(struct gt *t)
{
	return closed_at(t, HOLD_ERROR_DETECTED);
}

static const struct gt_test tests[] = {
	{ "closed-when-told-is-recovered-by-the-host", closed_when_told, .driver = GT_VFIO },
	{ "closed-before-told-is-recovered-by-the-host", closed_before_it_is_told,
	  .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_held = { "held", tests };
