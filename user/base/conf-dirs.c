// SPDX-License-Identifier: GPL-2.0
/* Which files a configuration is made of */
#define _GNU_SOURCE	/* asprintf() */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/conf.h"
#include "base/text.h"

/* A drop-in: its name decides its place, and the first directory that has it */
struct dropin {
	char *path;
	const char *name;	/* in path */
	size_t dir;
};

struct dropins {
	struct dropin *file;
	size_t nr;
};

static bool is_dropin(const char *name)
{
	const size_t len = strlen(name), end = strlen(".conf");

	return name[0] != '.' && len > end && !strcmp(name + len - end, ".conf");
}

static int add(struct dropins *d, const char *above, const char *name, size_t dir)
{
	struct dropin *file = array_add(&d->file, &d->nr, sizeof(*file));

	if (!file)
		return -ENOMEM;
	file->dir = dir;
	if (asprintf(&file->path, "%s/%s", above, name) < 0) {
		d->nr--;
		return -ENOMEM;
	}
	file->name = file->path + strlen(above) + 1;
	return 0;
}

static int list(struct dropins *d, const char *path, size_t nr)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int err = 0;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	while (!err && (entry = readdir(dir)))
		if (is_dropin(entry->d_name))
			err = add(d, path, entry->d_name, nr);
	closedir(dir);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct dropin *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->dir < y->dir ? -1 : x->dir > y->dir;
}

/* The main file of the first directory that has one. *ret stays NULL: none has */
static int find_main(const char *const dirs[], const char *name, char **ret)
{
	for (size_t i = 0; dirs[i]; i++) {
		if (asprintf(ret, "%s/%s", dirs[i], name) < 0)
			return -ENOMEM;
		/* Whatever else is wrong with it, reading it says */
		if (!access(*ret, F_OK) || (errno != ENOENT && errno != ENOTDIR))
			return 0;
		free(*ret);
		*ret = NULL;
	}
	return 0;
}

static int find_dropins(const char *const dirs[], const char *name, struct dropins *d, FILE *errors)
{
	int err = 0;

	for (size_t i = 0; dirs[i]; i++) {
		char *path;
		int more;

		if (asprintf(&path, "%s/%s.d", dirs[i], name) < 0)
			return -ENOMEM;
		more = list(d, path, i);
		if (more && errors)
			fprintf(errors, "%s: cannot read it: %s\n", text_shown(path), strerror(-more));
		free(path);
		err = err ? err : more;
	}
	if (d->nr)
		qsort(d->file, d->nr, sizeof(*d->file), by_name);
	return err;
}

int conf_read_dirs(const struct conf_section *sections, const char *const dirs[], const char *name,
		   void *config, FILE *errors, void (*read)(const char *path))
{
	struct dropins d = { 0 };
	char *path = NULL;
	int err = find_main(dirs, name, &path), more;

	if (path) {
		err = conf_read(sections, path, config, errors);
		if (!err && read)
			read(path);
	}
	more = find_dropins(dirs, name, &d, errors);
	err = err ? err : more;
	for (size_t i = 0; i < d.nr; i++) {
		if (i && !strcmp(d.file[i - 1].name, d.file[i].name))
			continue;
		more = conf_read(sections, d.file[i].path, config, errors);
		if (!more && read)
			read(d.file[i].path);
		err = err ? err : more;
	}
	for (size_t i = 0; i < d.nr; i++)
		free(d.file[i].path);
	free(d.file);
	free(path);
	return err;
}
