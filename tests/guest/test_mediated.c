// SPDX-License-Identifier: GPL-2.0
/*
 * test_mediated.c - a passed-through NVMe fails for real, its user recovers it
 *
 * No KVM is involved in any of these: the user is this process.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/pci_regs.h>

#include "harness.h"
#include "nvme.h"
#include "uevent.h"

#define EVENT_MS	5000
#define REG_CSTS	0x1c

static int expect_uevent(struct gt *t, int events, const char *want)
{
	char word[64];

	GT_OK(t, want, uevent_next_error(events, &t->fn[0], EVENT_MS, word, sizeof(word)));
	GT_STR(t, "uevent", word, want);
	return GT_PASS;
}

static int notified_and_readable(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(gt_expect_real_error(t, &v));
	return gt_expect_no_error(t, &v);
}

static int blocked_until_reset(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_EQ(t, "CSTS in the error state", vfio_bar_read(&v, REG_CSTS), UINT32_MAX);
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_OK(t, "set PCI_COMMAND", vfio_command(&v, PCI_COMMAND_MEMORY, 0));
	if (vfio_bar_read(&v, REG_CSTS) == UINT32_MAX)
		return gt_fail(t, "CSTS after the reset: got 0xffffffff, want a register");
	return GT_PASS;
}

/* The queues of Identify are in memory that was mapped before the reset */
static int reset_brings_it_back(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return gt_expect_works(t, &v);
}

/* As QEMU asks for it when it has reason to, and all that follows a reset follows */
static int hot_reset_brings_it_back(struct gt *t)
{
	int events = uevent_open();
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(expect_uevent(t, events, "BEGIN_RECOVERY"));
	GT_OK(t, "hot reset", vfio_hot_reset(&v));
	GT_TRY(expect_uevent(t, events, "SUCCESSFUL_RECOVERY"));
	return gt_expect_works(t, &v);
}

static int five_errors_in_one_session(struct gt *t)
{
	struct vfio v;
	int i;

	GT_TRY(gt_open(t, &v));
	for (i = 0; i < 5; i++) {
		GT_OK(t, "make an error", vfio_nvme_make_error(&v));
		GT_OK(t, "wait for the ERR eventfd", vfio_wait_error(&v, EVENT_MS));
		GT_TRY(gt_expect_real_error(t, &v));
		GT_TRY(gt_expect_no_error(t, &v));
		GT_OK(t, "reset", vfio_reset(&v, NULL));
		GT_TRY(gt_expect_works(t, &v));
	}
	return GT_PASS;
}

static int given_back_to_nvme(struct gt *t)
{
	char before[NVME_READ_LEN], after[NVME_READ_LEN];
	struct nvme n;
	struct vfio v;

	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read before", nvme_read(&n, before));
	GT_OK(t, "bind vfio-pci", fn_bind(&t->fn[0], "vfio-pci"));
	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	vfio_close(&v);
	GT_OK(t, "bind nvme again", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read after", nvme_read(&n, after));
	GT_EQ(t, "difference of the blocks", memcmp(before, after, sizeof(before)), 0);
	return GT_PASS;
}

/* Links of all processes' open files */
static int someone_has_open(const char *what)
{
	char dir[64], path[384], link[256];
	int found = 0;
	struct dirent *d;
	DIR *proc, *fds;
	ssize_t n;

	proc = opendir("/proc");
	while (proc && (d = readdir(proc))) {
		snprintf(dir, sizeof(dir), "/proc/%.20s/fd", d->d_name);
		fds = opendir(dir);
		while (fds && (d = readdir(fds))) {
			snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
			n = readlink(path, link, sizeof(link) - 1);
			link[n < 0 ? 0 : n] = '\0';
			found |= strstr(link, what) != NULL;
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return found;
}

static int mediated_without_kvm(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_expect_counter(t, &t->fn[0], "mediated", 0));
	GT_TRY(gt_open(t, &v));
	GT_EQ(t, "vfio is open (does the search work?)", someone_has_open("/dev/vfio/"), 1);
	GT_EQ(t, "somebody has KVM open", someone_has_open("kvm"), 0);
	GT_TRY(gt_expect_counter(t, &t->fn[0], "mediated", 1));
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_OK(t, "wait for the ERR eventfd", vfio_wait_error(&v, EVENT_MS));
	GT_TRY(gt_expect_real_error(t, &v));
	vfio_close(&v);
	return gt_expect_counter(t, &t->fn[0], "mediated", 0);
}

static int readable_without_an_eventfd(struct gt *t)
{
	int events = uevent_open();
	struct vfio v;

	GT_OK(t, "open", vfio_open(&v, &t->fn[0]));
	GT_OK(t, "make an error", vfio_nvme_make_error(&v));
	GT_TRY(expect_uevent(t, events, "BEGIN_RECOVERY"));
	return gt_expect_real_error(t, &v);
}

static int uevents_of_a_reset(struct gt *t)
{
	int events = uevent_open();
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(expect_uevent(t, events, "BEGIN_RECOVERY"));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	return expect_uevent(t, events, "SUCCESSFUL_RECOVERY");
}

static int uevents_of_a_close(struct gt *t)
{
	int events = uevent_open();
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(expect_uevent(t, events, "BEGIN_RECOVERY"));
	vfio_close(&v);
	return expect_uevent(t, events, "FAILED_RECOVERY");
}

static int no_second_end_after_a_reset(struct gt *t)
{
	int events = uevent_open();
	struct vfio v;
	char word[64];

	GT_TRY(gt_open_in_error(t, &v));
	GT_OK(t, "reset", vfio_reset(&v, NULL));
	GT_TRY(expect_uevent(t, events, "BEGIN_RECOVERY"));
	GT_TRY(expect_uevent(t, events, "SUCCESSFUL_RECOVERY"));
	vfio_close(&v);
	/* All is sent before close returns, nothing needs to be waited for */
	GT_ERR(t, "a further uevent",
	       uevent_next_error(events, &t->fn[0], 0, word, sizeof(word)), -ETIMEDOUT);
	return GT_PASS;
}

static int closed_with_an_unread_error(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	GT_TRY(gt_expect_counter(t, &t->fn[0], "pending", 1));
	vfio_close(&v);
	GT_TRY(gt_expect_counter(t, &t->fn[0], "pending", 0));
	GT_TRY(gt_expect_counter(t, &t->fn[0], "mediated", 0));
	GT_TRY(gt_open(t, &v));
	GT_TRY(gt_expect_no_error(t, &v));
	return gt_expect_works(t, &v);
}

static int closed_in_error_then_nvme(struct gt *t)
{
	char block[NVME_READ_LEN];
	struct nvme n;
	struct vfio v;

	GT_TRY(gt_open_in_error(t, &v));
	vfio_close(&v);
	GT_OK(t, "bind nvme", nvme_bind(&t->fn[0], &n));
	GT_OK(t, "read", nvme_read(&n, block));
	return GT_PASS;
}

/*
 * The last thing that VFIO_GROUP_GET_DEVICE_FD does, when the device is open
 * already, is to get a struct file. That can be made to fail: by the limit for
 * the whole system, for a process that may not exceed it.
 */
static int failed_open_leaves_it_unmediated(struct gt *t)
{
	char max[32];
	struct vfio v;
	int ret;

	GT_OK(t, "read file-max", file_read("/proc/sys/fs/file-max", max, sizeof(max)));
	GT_OK(t, "open the group", vfio_open_group(&v, &t->fn[0]));
	GT_OK(t, "lower file-max", file_write("/proc/sys/fs/file-max", "0"));
	if (!fork()) {
		struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
		struct __user_cap_data_struct none[2] = { 0 };

		if (syscall(SYS_capset, &head, none))
			_exit(0);
		_exit(-vfio_open_device(&v) & 0xff);
	}
	wait(&ret);
	GT_OK(t, "restore file-max", file_write("/proc/sys/fs/file-max", max));
	GT_ERR(t, "open the device", -WEXITSTATUS(ret), -ENFILE);
	GT_TRY(gt_expect_counter(t, &t->fn[0], "mediated", 0));
	/* And it can still be opened */
	GT_OK(t, "open the device again", vfio_open_device(&v));
	return gt_expect_counter(t, &t->fn[0], "mediated", 1);
}

/* All six BARs, as the user sees them */
static int read_bars(struct vfio *v, uint32_t *bars)
{
	return vfio_config_read(v, PCI_BASE_ADDRESS_0, bars, 6 * sizeof(*bars));
}

/*
 * As a guest does it: it turns memory decoding off before it asks for the
 * reset. MSI-X messages written to a function that does not decode are an
 * error event of their own.
 */
static int decoding_off_reset(struct gt *t, struct vfio *v, bool in_error)
{
	uint32_t before[6], after[6];
	struct nvme_id id;
	uint64_t events, now;
	int i;

	GT_OK(t, "set the MSI-X eventfd", vfio_listen_msix(v));
	GT_OK(t, "read BARs before", read_bars(v, before));
	GT_OK(t, "decoding off", vfio_command(v, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER));
	if (in_error) {
		GT_OK(t, "decoding on", vfio_command(v, PCI_COMMAND_MEMORY, 0));
		GT_OK(t, "make an error", vfio_nvme_make_error(v));
		GT_OK(t, "wait for the ERR eventfd", vfio_wait_error(v, EVENT_MS));
	}
	GT_OK(t, "events", fn_counter(&v->fn, "events", &events));
	GT_OK(t, "reset", vfio_reset(v, NULL));
	GT_OK(t, "read BARs after", read_bars(v, after));
	for (i = 0; i < 6; i++)
		GT_EQ(t, "BAR", le32toh(after[i]), le32toh(before[i]));
	GT_OK(t, "start the controller", vfio_nvme_start(v));
	/* This waits for the eventfd of the vector that was set before the reset */
	GT_OK(t, "Identify with MSI-X", vfio_nvme_identify(v, &id));
	GT_OK(t, "events", fn_counter(&v->fn, "events", &now));
	GT_EQ(t, "error events that the reset has caused", now - events, 0);
	return GT_PASS;
}

static int msix_and_bars_after_reset_decoding_off(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	return decoding_off_reset(t, &v, false);
}

static int msix_and_bars_after_reset_in_error(struct gt *t)
{
	struct vfio v;

	GT_TRY(gt_open(t, &v));
	return decoding_off_reset(t, &v, true);
}

static const struct gt_test tests[] = {
	{ "notified-and-readable", notified_and_readable, .driver = GT_VFIO },
	{ "blocked-until-reset", blocked_until_reset, .driver = GT_VFIO },
	{ "reset-brings-it-back", reset_brings_it_back, .driver = GT_VFIO },
	{ "hot-reset-brings-it-back", hot_reset_brings_it_back, .driver = GT_VFIO },
	{ "five-errors-in-one-session", five_errors_in_one_session, .driver = GT_VFIO },
	{ "given-back-to-nvme-and-read", given_back_to_nvme, .driver = GT_VFIO },
	{ "mediated-while-open-without-kvm", mediated_without_kvm, .driver = GT_VFIO },
	{ "readable-without-an-eventfd", readable_without_an_eventfd, .driver = GT_VFIO },
	{ "uevents-of-a-reset", uevents_of_a_reset, .driver = GT_VFIO },
	{ "uevents-of-a-close-without-reset", uevents_of_a_close, .driver = GT_VFIO },
	{ "one-end-uevent-only", no_second_end_after_a_reset, .driver = GT_VFIO },
	{ "closed-with-an-unread-error", closed_with_an_unread_error, .driver = GT_VFIO },
	{ "closed-in-error-then-read-by-nvme", closed_in_error_then_nvme, .driver = GT_VFIO },
	{ "failed-open-leaves-it-unmediated", failed_open_leaves_it_unmediated, .driver = GT_VFIO },
	{ "msix-and-bars-after-reset-with-decoding-off", msix_and_bars_after_reset_decoding_off,
	  .driver = GT_VFIO },
	{ "msix-and-bars-after-reset-in-error", msix_and_bars_after_reset_in_error,
	  .driver = GT_VFIO },
	{ 0 }
};

const struct gt_group group_mediated = { "mediated", tests };
