// SPDX-License-Identifier: GPL-2.0
/* zPCI functions on a sysfs tree of our own */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cmocka-all.h"
#include "fixtures.h"
#include "record/function.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define NVME	"devices/pci0002:00/0002:00:00.0"
#define VFIO	"devices/pci0001:00/0001:00:00.0"
#define NIC	"devices/pci0003:00/0003:00:00.0"
#define PLAIN	"devices/pci0000:00/0000:00:1f.2"

static void put_attr(const char *sysfs, const char *dev, const char *attr, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dev, attr);
	put_file(sysfs, path, text);
}

/* Three zPCI functions and a PCI device that is none */
static int make_sysfs(void **state)
{
	char *sysfs = make_temp_dir();

	put_attr(sysfs, NVME, "function_id", "0x00000011\n");
	put_attr(sysfs, NVME, "uid", "0x2\n");
	put_attr(sysfs, NVME, "pchid", "0x01a0\n");
	put_attr(sysfs, NVME, "pft", "0x0b\n");
	put_link(sysfs, NVME "/driver", "../../../bus/pci/drivers/nvme");
	put_attr(sysfs, NVME, "error_recovery", "mediated 0\nevents 7\npending 0\n"
		 "pending_overflow 0\nrefresh_failed 0\nstale_handle 0\nno_device 0\n");

	put_attr(sysfs, VFIO, "function_id", "0x00000012\n");
	put_attr(sysfs, VFIO, "uid", "0x1\n");
	put_link(sysfs, VFIO "/driver", "../../../bus/pci/drivers/vfio-pci");
	put_attr(sysfs, VFIO, "error_recovery", "mediated 1\nevents 6\npending 4\n"
		 "pending_overflow 2\nrefresh_failed 0\nstale_handle 0\nno_device 0\n");

	/* A kernel without the series, no driver bound */
	put_attr(sysfs, NIC, "function_id", "0x00000001\n");
	put_attr(sysfs, PLAIN, "vendor", "0x8086\n");

	put_link(sysfs, "bus/pci/devices/0001:00:00.0", "../../../" VFIO);
	put_link(sysfs, "bus/pci/devices/0002:00:00.0", "../../../" NVME);
	put_link(sysfs, "bus/pci/devices/0003:00:00.0", "../../../" NIC);
	put_link(sysfs, "bus/pci/devices/0000:00:1f.2", "../../../" PLAIN);
	*state = sysfs;
	return 0;
}

static int drop_sysfs(void **state)
{
	remove_temp_dir(*state);
	return 0;
}

static void functions_are_listed_by_fid(void **state)
{
	struct function_list l;

	assert_int_equal(function_list_read(&l, *state), 0);
	assert_int_equal(l.nr, 3);
	assert_int_equal(l.f[0].fid, 0x01);
	assert_int_equal(l.f[1].fid, 0x11);
	assert_int_equal(l.f[2].fid, 0x12);
	function_list_free(&l);
}

static void function_has_its_attributes(void **state)
{
	struct function_list l;

	assert_int_equal(function_list_read(&l, *state), 0);
	assert_int_equal(l.f[1].uid, 2);
	assert_int_equal(l.f[1].pchid, 0x1a0);
	assert_int_equal(l.f[1].pft, 0x0b);
	assert_string_equal(l.f[1].pci_address, "0002:00:00.0");
	assert_string_equal(l.f[1].driver, "nvme");
	function_list_free(&l);
}

static void mediation_is_told_as_far_as_the_kernel_tells(void **state)
{
	struct function_list l;

	assert_int_equal(function_list_read(&l, *state), 0);
	assert_int_equal(l.f[0].mediated, FUNCTION_MEDIATION_UNKNOWN);
	assert_int_equal(l.f[1].mediated, FUNCTION_NOT_MEDIATED);
	assert_int_equal(l.f[2].mediated, FUNCTION_MEDIATED);
	assert_int_equal(l.f[2].events, 6);
	assert_int_equal(l.f[2].pending, 4);
	assert_int_equal(l.f[2].pending_overflow, 2);
	function_list_free(&l);
}

static void what_changes_is_read_again(void **state)
{
	char from[256], to[256];
	struct function_list l;

	assert_int_equal(function_list_read(&l, *state), 0);
	assert_int_equal(l.f[1].events, 7);
	/* What the kernel counts, of the same function */
	put_attr(*state, NVME, "uid", "0x99\n");
	put_attr(*state, NVME, "error_recovery", "mediated 1\nevents 9\n");
	assert_int_equal(function_list_update(&l, *state), 0);
	assert_int_equal(l.nr, 3);
	assert_int_equal(l.f[1].fid, 0x11);
	assert_int_equal(l.f[1].uid, 2);
	assert_int_equal(l.f[1].events, 9);
	assert_int_equal(l.f[1].mediated, FUNCTION_MEDIATED);
	/* Another one at the same address */
	snprintf(from, sizeof(from), "%s/" NVME, (const char *)*state);
	snprintf(to, sizeof(to), "%s/devices/gone", (const char *)*state);
	assert_int_equal(rename(from, to), 0);
	put_attr(*state, NVME, "function_id", "0x00000077\n");
	assert_int_equal(function_list_update(&l, *state), 0);
	assert_int_equal(l.nr, 3);
	assert_int_equal(l.f[2].fid, 0x77);
	assert_int_equal(l.f[2].uid, 0);
	assert_string_equal(l.f[2].driver, "");
	assert_int_equal(function_list_update(&l, "/nonexistent"), 0);
	assert_int_equal(l.nr, 0);
	function_list_free(&l);
}

static void unbound_function_has_no_driver(void **state)
{
	struct function_list l;
	json_t *o;

	assert_int_equal(function_list_read(&l, *state), 0);
	assert_string_equal(l.f[0].driver, "");
	o = function_to_json(&l.f[0]);
	assert_null(json_object_get(o, "driver"));
	assert_null(json_object_get(o, "mediated"));
	json_decref(o);
	function_list_free(&l);
}

static void functions_as_json(void **state)
{
	json_t *list = json_array();
	struct function_list l;
	char *text;

	assert_int_equal(function_list_read(&l, *state), 0);
	for (size_t i = 0; i < l.nr; i++)
		assert_int_equal(json_array_append_new(list, function_to_json(&l.f[i])), 0);
	text = json_dumps(list, JSON_INDENT(2));
	assert_golden("functions.json", text);
	free(text);
	json_decref(list);
	function_list_free(&l);
}

static void machine_without_pci_has_no_functions(void **state)
{
	char *empty = make_temp_dir();
	struct function_list l;

	(void)state;
	assert_int_equal(function_list_read(&l, empty), 0);
	assert_int_equal(l.nr, 0);
	function_list_free(&l);
	remove_temp_dir(empty);
}

static void broken_attributes_are_no_harm(void **state)
{
	struct function_list l;

	put_attr(*state, NIC, "function_id", "junk\n");
	put_attr(*state, NVME, "uid", "");
	put_attr(*state, NVME, "pft", "0xzz\n");
	put_attr(*state, NVME, "error_recovery", "mediated x\nevents\n\nmediated_2 1");
	assert_int_equal(function_list_read(&l, *state), 0);
	assert_int_equal(l.nr, 2);
	assert_int_equal(l.f[0].fid, 0x11);
	assert_int_equal(l.f[0].uid, 0);
	assert_int_equal(l.f[0].mediated, FUNCTION_MEDIATION_UNKNOWN);
	function_list_free(&l);
}

static void names_are_parsed(void **state)
{
	static const struct {
		const char *text;
		enum function_name_kind kind;
		uint32_t fid;
		const char *canonical;
	} good[] = {
		{ "0001:00:00.0", FUNCTION_BY_ADDRESS, 0, "0001:00:00.0" },
		{ "00AB:1f:1F.7", FUNCTION_BY_ADDRESS, 0, "00ab:1f:1f.7" },
		{ "fid:0x11", FUNCTION_BY_FID, 0x11, "fid:0x11" },
		{ "fid:17", FUNCTION_BY_FID, 17, "fid:17" },
		{ "fid:0xffffffff", FUNCTION_BY_FID, UINT32_MAX, "fid:0xffffffff" },
		{ "/dev/nvme0", FUNCTION_BY_NODE, 0, "/dev/nvme0" },
		{ "nvme", FUNCTION_BY_DRIVER, 0, "nvme" },
		{ "vfio-pci", FUNCTION_BY_DRIVER, 0, "vfio-pci" },
		{ "mlx5_core", FUNCTION_BY_DRIVER, 0, "mlx5_core" },
	};
	struct function_name n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(function_parse_name(good[i].text, &n), 0);
		assert_int_equal(n.kind, good[i].kind);
		assert_int_equal(n.fid, good[i].fid);
		assert_string_equal(n.text, good[i].canonical);
	}
}

static void bad_names_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "17", "0x11", "fid:", "fid:x", "fid:-1", "fid:0x100000000", "fid:0x11 ",
		"00:00.0", "0001:00:00", "0001:00:00.8", "0001:00:20.0", "0001:00:00.00",
		"00001:00:00.0", "0001:00:00.0 ", "nvme ", "nv me", "nvme;reboot", "dev/nvme0",
		"\xff\xfe",
	};
	struct function_name n;
	char longest[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (function_parse_name(bad[i], &n) != -EINVAL)
			fail_msg("'%s' is taken for a function", bad[i]);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(function_parse_name(longest, &n), -EINVAL);
}

/* Index of the only function with this name, or a negative errno */
static int find_one(const char *sysfs, const char *name)
{
	struct function_list l;
	struct function_name n;
	size_t found = 99;
	int nr;

	assert_int_equal(function_parse_name(name, &n), 0);
	assert_int_equal(function_list_read(&l, sysfs), 0);
	nr = function_find(&l, sysfs, &n, &found, 1);
	function_list_free(&l);
	return nr == 1 ? (int)found : nr;
}

static void function_is_found_by_each_kind_of_name(void **state)
{
	assert_int_equal(find_one(*state, "fid:0x12"), 2);
	assert_int_equal(find_one(*state, "0002:00:00.0"), 1);
	assert_int_equal(find_one(*state, "vfio-pci"), 2);
	assert_int_equal(find_one(*state, "fid:0x99"), -ENODEV);
	assert_int_equal(find_one(*state, "0000:00:1f.2"), -ENODEV);
	assert_int_equal(find_one(*state, "nvm"), -ENODEV);
}

static void function_is_found_by_device_node(void **state)
{
	struct stat st;
	char link[64];

	/* /dev/null stands for a node that belongs to the NVMe */
	assert_int_equal(stat("/dev/null", &st), 0);
	snprintf(link, sizeof(link), "dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	put_attr(*state, NVME, "nvme/nvme0/dev", "1:3\n");
	put_link(*state, link, "../../" NVME "/nvme/nvme0");
	assert_int_equal(find_one(*state, "/dev/null"), 1);
}

static void node_of_something_else_is_no_function(void **state)
{
	assert_int_equal(find_one(*state, "/dev/null"), -ENODEV);
	assert_int_equal(find_one(*state, "/"), -ENODEV);
	assert_int_equal(find_one(*state, "/dev/no/such/node"), -ENOENT);
}

static void driver_with_several_functions_finds_all(void **state)
{
	struct function_name n = { .kind = FUNCTION_BY_DRIVER, .text = "nvme" };
	struct function_list l;
	size_t found[2] = { 99, 99 };

	put_link(*state, NIC "/driver", "../../../bus/pci/drivers/nvme");
	assert_int_equal(function_list_read(&l, *state), 0);
	assert_int_equal(function_find(&l, *state, &n, found, 1), 2);
	assert_int_equal(found[0], 0);
	assert_int_equal(found[1], 99);
	assert_int_equal(function_find(&l, *state, &n, found, 2), 2);
	assert_int_equal(found[1], 1);
	function_list_free(&l);
}

#define sysfs_test(f) cmocka_unit_test_setup_teardown(f, make_sysfs, drop_sysfs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		sysfs_test(functions_are_listed_by_fid),
		sysfs_test(function_has_its_attributes),
		sysfs_test(mediation_is_told_as_far_as_the_kernel_tells),
		sysfs_test(what_changes_is_read_again),
		sysfs_test(unbound_function_has_no_driver),
		sysfs_test(functions_as_json),
		cmocka_unit_test(machine_without_pci_has_no_functions),
		sysfs_test(broken_attributes_are_no_harm),
		cmocka_unit_test(names_are_parsed),
		cmocka_unit_test(bad_names_are_refused),
		sysfs_test(function_is_found_by_each_kind_of_name),
		sysfs_test(function_is_found_by_device_node),
		sysfs_test(node_of_something_else_is_no_function),
		sysfs_test(driver_with_several_functions_finds_all),
	};

	return cmocka_run_group_tests_name("function", tests, NULL, NULL);
}
