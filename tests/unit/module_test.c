// SPDX-License-Identifier: GPL-2.0
/* A module is built in, loaded, not loaded or not there: all that a machine can have */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmocka-all.h"
#include "observe/module.h"

#define RELEASE	"6.12.0-s390x"
#define NAME	"vfio_pci_core"

static char *root;

static void put(const char *path, const char *text)
{
	char command[PATH_MAX], file[PATH_MAX];
	FILE *f;

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s%s')\"", root, path);
	assert_int_equal(system(command), 0);
	snprintf(file, sizeof(file), "%s%s", root, path);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int begin(void **state)
{
	static char template[] = "/tmp/zrec-module.XXXXXX";

	(void)state;
	strcpy(template, "/tmp/zrec-module.XXXXXX");
	root = mkdtemp(template);
	return root ? 0 : -1;
}

static int end(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static enum module_state find(void)
{
	return module_find(root, RELEASE, NAME);
}

static void lists(const char *builtin, const char *dep)
{
	put("/lib/modules/" RELEASE "/modules.builtin", builtin);
	put("/lib/modules/" RELEASE "/modules.dep", dep);
}

#define OTHER_DEP "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/pci/vfio-pci-core.ko.xz\n"

static void loaded(void **state)
{
	(void)state;
	put("/sys/module/" NAME "/initstate", "live\n");
	assert_int_equal(find(), MODULE_NO_BTF);
	put("/sys/kernel/btf/" NAME, "");
	assert_int_equal(find(), MODULE_LOADED);
}

static void built_in(void **state)
{
	(void)state;
	lists("kernel/drivers/vfio/pci/vfio-pci-core.ko\n", "");
	assert_int_equal(find(), MODULE_BUILT_IN);
}

/* With parameters it is in sysfs, too; the lists need not be installed */
static void built_in_with_parameters(void **state)
{
	(void)state;
	put("/sys/module/" NAME "/parameters/x", "");
	assert_int_equal(find(), MODULE_BUILT_IN);
}

static void installed(void **state)
{
	(void)state;
	lists("kernel/drivers/pci/hotplug/s390_pci_hpc.ko\n",
	      OTHER_DEP "kernel/drivers/vfio/pci/vfio-pci-core.ko.xz: kernel/a.ko.xz\n");
	assert_int_equal(find(), MODULE_NOT_LOADED);
}

/* Others that need it, or are named alike, are not it */
static void absent(void **state)
{
	(void)state;
	lists("kernel/drivers/vfio/pci/vfio-pci-core-more.ko\n", OTHER_DEP);
	assert_int_equal(find(), MODULE_ABSENT);
}

static void nothing_is_known(void **state)
{
	(void)state;
	assert_int_equal(find(), MODULE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(loaded, begin, end),
		cmocka_unit_test_setup_teardown(built_in, begin, end),
		cmocka_unit_test_setup_teardown(built_in_with_parameters, begin, end),
		cmocka_unit_test_setup_teardown(installed, begin, end),
		cmocka_unit_test_setup_teardown(absent, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_known, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
