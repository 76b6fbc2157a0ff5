// SPDX-License-Identifier: GPL-2.0
/* Which machine and boot a history is of, and what becomes of files that did not say it */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/machine-id.h"
#include "cmocka-all.h"
#include "fixtures.h"
#include "keep/boot.h"
#include "keep/import.h"
#include "keep/jsonl.h"
#include "keeping.h"

static const uint8_t application[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const uint8_t another[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17 };

static void first_line(FILE *f, char *ret, int size)
{
	if (!f || !fgets(ret, size, f))
		*ret = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static void the_machine_id_itself_stays_here(void **state)
{
	char id[MACHINE_ID_LEN], again[MACHINE_ID_LEN], other[MACHINE_ID_LEN], own[64] = "", told[64] = "";
	FILE *f = fopen("/etc/machine-id", "r");
	int err = machine_id(MACHINE_ID_LIBRARY, application, id);

	(void)state;
	first_line(f, own, sizeof(own));
	if (f)
		fclose(f);
	/* A container may have neither */
	if (err == -ELIBACC || err == -ENODATA) {
		print_message("# SKIP this machine has no ID, or no libsystemd\n");
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(strspn(id, "0123456789abcdef"), 32);
	assert_string_not_equal(id, own);
	assert_int_equal(machine_id(MACHINE_ID_LIBRARY, application, again), 0);
	assert_string_equal(id, again);
	assert_int_equal(machine_id(MACHINE_ID_LIBRARY, another, other), 0);
	assert_string_not_equal(id, other);
	/* As systemd's own program has it, where that is installed */
	f = popen("systemd-id128 machine-id --app-specific=0102030405060708090a0b0c0d0e0f10 2>/dev/null", "r");
	first_line(f, told, sizeof(told));
	pclose(f);
	if (told[0])
		assert_string_equal(id, told);
}

static void without_the_library_there_is_none(void **state)
{
	char id[MACHINE_ID_LEN];

	(void)state;
	assert_int_equal(machine_id("libnosuchthing.so.0", application, id), -ELIBACC);
	/* A library that lacks the function, as before systemd 233 */
	assert_int_equal(machine_id("libc.so.6", application, id), -ELIBACC);
}

static void this_boot_has_a_name(void **state)
{
	struct history_boot boot;

	(void)state;
	history_boot_read(&boot);
	assert_int_equal(strlen(boot.boot_id), 36);
	assert_true(boot.host[0]);
	assert_int_equal(strlen(boot.machine_id) % 32, 0);
	assert_string_equal(history_host_key(&boot), boot.machine_id[0] ? boot.machine_id : boot.host);
}

static void observe(struct kept *k, const char *machine, const char *host, const char *boot_id)
{
	const struct zrec_info info = { .abi = ZREC_ABI, .since_ns = 1, .version = "t" };
	struct writer_progress progress;
	struct zrec_full_span full;
	struct history_boot boot;

	snprintf(boot.machine_id, sizeof(boot.machine_id), "%s", machine);
	snprintf(boot.host, sizeof(boot.host), "%s", host);
	snprintf(boot.boot_id, sizeof(boot.boot_id), "%s", boot_id);
	assert_int_equal(writer_open(&k->writer, k->path), 0);
	assert_int_equal(writer_observation(k->writer, &boot, &info, 1, &progress), 0);
	kept_span(&full, 0x11);
	kept_put(k, progress.read_to + 1, &full);
	kept_commit(k, progress.read_to + 1);
	kept_close(k);
}

static void assert_machines(const char *path, const char *const machine[], size_t nr)
{
	struct read_back got;

	read_back(&got, path, NULL, HISTORY_OLDEST_FIRST);
	assert_int_equal(got.nr, nr);
	for (size_t i = 0; i < nr; i++)
		assert_string_equal(got.boots[got.r[i].row - 1].machine_id, machine[i]);
	read_back_free(&got);
}

/* Otherwise it would be two hosts after an upgrade */
static void earlier_boots_of_this_host_get_its_id(void **state)
{
	struct kept *k = *state;

	observe(k, "", "lp1", "aa");
	observe(k, "", "lp2", "bb");
	observe(k, "", "lp1", "cc");
	assert_machines(k->path, (const char *[]){ "", "", "" }, 3);
	/* The recorder of lp1, upgraded in the middle of a boot */
	observe(k, "0123", "lp1", "cc");
	assert_machines(k->path, (const char *[]){ "0123", "", "0123", "0123" }, 4);
	observe(k, "4567", "lp1", "dd");
	assert_machines(k->path, (const char *[]){ "0123", "", "0123", "0123", "4567" }, 5);
}

static void import(const char *to, const char *from, int wanted)
{
	struct import *i;

	assert_int_equal(import_open(&i, to), 0);
	assert_int_equal(import_file(i, from), wanted);
	if (!wanted)
		assert_int_equal(import_finish(i), 0);
	import_close(i);
}

/* What one host exported, with and without its ID */
static void export(FILE *f, const char *machine, uint64_t position)
{
	struct history_boot boot = { .host = "lp1", .boot_id = "b0" };
	struct history_recovery r = { .boot = &boot, .observation_ns = 1, .wall_ns = (int64_t)position };
	struct jsonl_writer w = { .f = f };

	strcpy(boot.machine_id, machine);
	kept_span(&r.full, 0x11);
	r.full.span.tai_ns = r.position = position;
	assert_int_equal(jsonl_write_meta(&w), 0);
	assert_int_equal(jsonl_write_recovery(&w, &r), 0);
	jsonl_writer_free(&w);
}

static void lines_with_and_without_an_id_are_one_boot(void **state)
{
	struct kept *k = *state;
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/mixed.jsonl", k->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	export(f, "", 1);
	export(f, "a1", 2);
	export(f, "", 3);
	fflush(f);
	import(k->path, path, 0);
	assert_machines(k->path, (const char *[]){ "a1", "a1", "a1" }, 3);
	assert_machines(path, (const char *[]){ "a1", "a1", "a1" }, 3);
	/* But no boot is of two machines */
	export(f, "a2", 4);
	assert_int_equal(fclose(f), 0);
	import(k->path, path, -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine_id_itself_stays_here),
		cmocka_unit_test(without_the_library_there_is_none),
		cmocka_unit_test(this_boot_has_a_name),
		cmocka_unit_test_setup_teardown(earlier_boots_of_this_host_get_its_id, kept_setup, kept_teardown),
		cmocka_unit_test_setup_teardown(lines_with_and_without_an_id_are_one_boot, kept_setup,
						kept_teardown),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
