// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <string.h>

#include "base/array.h"
#include "cmd/command.h"
#include "cmd/values.h"
#include "policy/find.h"
#include "policy/sysfs.h"
#include "record/function.h"
#include "record/names.h"

void complete_fids(FILE *f)
{
	struct function_list l;

	if (function_list_read(&l, NULL))
		return;
	for (size_t i = 0; i < l.nr; i++)
		fprintf(f, "0x%x\t%s\n", l.f[i].fid, l.f[i].pci_address);
	function_list_free(&l);
}

static bool driver_seen(const struct function_list *l, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!strcmp(l->f[i].driver, l->f[nr].driver))
			return true;
	return false;
}

void complete_drivers(FILE *f)
{
	struct function_list l;

	if (function_list_read(&l, NULL))
		return;
	for (size_t i = 0; i < l.nr; i++)
		if (l.f[i].driver[0] && !driver_seen(&l, i))
			fprintf(f, "%s\n", l.f[i].driver);
	function_list_free(&l);
}

void complete_functions(FILE *f)
{
	struct function_list l;

	if (function_list_read(&l, NULL))
		return;
	for (size_t i = 0; i < l.nr; i++)
		fprintf(f, "%s\t%s\nfid:0x%x\t%s\n", l.f[i].pci_address, l.f[i].driver,
			l.f[i].fid, l.f[i].driver);
	function_list_free(&l);
	complete_drivers(f);
	complete_files(f);
}

void complete_outcomes(FILE *f)
{
	for (unsigned int i = 0; i < ZPCI_NR_OUTCOMES; i++)
		fprintf(f, "%s\n", name_outcome(i));
}

void complete_pecs(FILE *f)
{
	for (unsigned int pec = 0; pec <= 0xff; pec++)
		if (strcmp(name_pec(pec), "unknown"))
			fprintf(f, "%s\t0x%02x\n", name_pec(pec), pec);
}

static void complete_dir(FILE *f, const struct policy_dir *dir)
{
	DIR *d = opendir(dir->path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		size_t end = policy_suffix(entry->d_name);

		if (entry->d_name[0] != '.' && end)
			fprintf(f, "%.*s\t%s\n", (int)(strlen(entry->d_name) - end), entry->d_name,
				dir->tier);
	}
	if (d)
		closedir(d);
}

void complete_files(FILE *f)
{
	fputs(CLI_FILES "\n", f);
}

void complete_policies(FILE *f)
{
	struct policy_dir dirs[POLICY_NR_DIRS];

	policy_dirs(dirs);
	for (int i = 0; i < POLICY_NR_DIRS; i++)
		complete_dir(f, &dirs[i]);
	complete_files(f);
}

void complete_shadows(FILE *f)
{
	struct policy_state state;

	if (policy_sysfs_read(&state, NULL))
		return;
	for (int i = 0; i < POLICY_NR_SHADOWS; i++)
		if (state.shadow[i].name[0])
			fprintf(f, "%s\tin shadow\n", state.shadow[i].name);
}

void complete_attached(FILE *f)
{
	struct policy_state state;

	if (!policy_sysfs_read(&state, NULL) && state.enforced.name[0])
		fprintf(f, "%s\tenforced\n", state.enforced.name);
	complete_shadows(f);
}
