// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a recording through the writer of the history, for tests of what reads them. On
 * standard input: "HOST FID PCHID ARM SECONDS SUCCESS" a line, hosts in order; ARM "-": in
 * no experiment. Argument: the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keep/writer.h"

#define START_NS	1795269600000000000LL	/* 2026-11-21 14:00:00 */

/* One writer a host: a machine has no other's kernel */
static int begin(struct writer **w, const char *path, unsigned int host)
{
	struct zrec_info info = { .abi = ZREC_ABI, .since_ns = 1, .version = "test" };
	struct writer_progress progress;
	struct history_boot boot = { 0 };
	int err = writer_open(w, path);

	snprintf(boot.host, sizeof(boot.host), "lpar%u", host);
	snprintf(boot.machine_id, sizeof(boot.machine_id), "%032x", host + 1);
	snprintf(boot.boot_id, sizeof(boot.boot_id), "%08x-0000-4000-8000-000000000000", host);
	return err ? err : writer_observation(*w, &boot, &info, START_NS, &progress);
}

static int add(struct writer *w, uint64_t nr, const char *arm, uint32_t fid, uint16_t pchid,
	       unsigned int seconds, unsigned int success)
{
	struct writer_arm names = { .experiment = "nvme-retry" };
	struct zrec_span s = {
		.abi = ZREC_ABI, .size = sizeof(s), .id = nr + 1, .seq = nr, .fid = fid, .pchid = pchid,
		.flags = ZREC_SPAN_DEVICE, .begin_ns = seconds * 1000000000ull,
		.total_ns = 40000000 + (fid * 7 + seconds * 13) % 50 * 1000000,
		.outcome = success ? ZPCI_OUTCOME_RECOVERED : ZPCI_OUTCOME_FAILED, .events = 1,
		.reason = success ? ZPCI_REASON_NONE : ZPCI_REASON_RESET_FAILED, .driver = "nvme",
	};

	s.step_ns[ZREC_STEP_OTHER] = s.total_ns;
	snprintf(names.arm, sizeof(names.arm), "%s", arm);
	return writer_span(w, nr * sizeof(s), &s, START_NS + (int64_t)s.begin_ns,
			   strcmp(arm, "-") ? &names : NULL);
}

static int end(struct writer *w, uint64_t nr, bool finish)
{
	const struct writer_progress progress = {
		.read_to = nr * sizeof(struct zrec_span), .accounted = nr, .wall_ns = START_NS,
	};
	int err = writer_commit(w, &progress);

	if (!err && finish)
		err = writer_finish(w);
	writer_close(w);
	return err;
}

int main(int argc, char **argv)
{
	unsigned int host, last = 0, fid, pchid, seconds, success;
	struct writer *w = NULL;
	char arm[HISTORY_NAME_LEN];
	uint64_t nr = 0;
	int err = 0;

	if (argc != 2)
		return EXIT_FAILURE;
	while (!err && scanf("%u %u %u %63s %u %u", &host, &fid, &pchid, arm, &seconds,
			     &success) == 6) {
		if (w && host != last) {
			err = end(w, nr, false);
			w = NULL;
			nr = 0;
		}
		last = host;
		if (!err && !w)
			err = begin(&w, argv[1], host);
		if (!err)
			err = add(w, nr++, arm, fid, (uint16_t)pchid, seconds, success);
	}
	if (!err && !w)
		err = begin(&w, argv[1], 0);
	if (!err)
		err = end(w, nr, true);
	if (err)
		fprintf(stderr, "make_recording: %s\n", strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
