// SPDX-License-Identifier: GPL-2.0
/* The file that keeps which experiments this host takes part in */
#define _GNU_SOURCE	/* O_PATH */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "keep/experiment.h"
#include "policy/find.h"
#include "record/names.h"

#define FILE_VERSION	1
#define FILE_MAX	(1 << 20)

void experiments_free(struct experiments *experiments)
{
	for (size_t i = 0; i < experiments->nr; i++)
		free(experiments->list[i].functions);
	free(experiments->list);
	*experiments = (struct experiments){ 0 };
}

/* --- reading ----------------------------------------------------------------- */

/* Text that fits, NUL included, and is a name */
static bool get_name(char *ret, size_t size, const char *name)
{
	if (strlen(name) >= size || !policy_name_valid(name))
		return false;
	strcpy(ret, name);
	return true;
}

static int get_arm(struct experiment_arm *arm, json_t *o)
{
	const char *name, *policy;
	int percent;

	if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:s, s:s, s:i}", "arm", &name, "policy", &policy,
			   "percent", &percent) ||
	    !get_name(arm->name, sizeof(arm->name), name) || percent < 0 || percent > 100 ||
	    (*policy && !get_name(arm->policy, sizeof(arm->policy), policy)))
		return -EUCLEAN;
	arm->percent = (uint32_t)percent;
	return 0;
}

static int get_arms(struct experiment *e, json_t *arms)
{
	uint32_t sum = 0;
	int err = 0;

	e->nr_arms = json_array_size(arms);
	if (e->nr_arms < 2 || e->nr_arms > STATS_MAX_ARMS)
		return -EUCLEAN;
	for (size_t i = 0; !err && i < e->nr_arms; i++) {
		err = get_arm(&e->arms[i], json_array_get(arms, i));
		sum += e->arms[i].percent;
	}
	return err ? err : sum == 100 ? 0 : -EUCLEAN;
}

static int get_function(struct experiment *e, json_t *o)
{
	struct experiment_function *f;
	json_int_t fid, pchid, arm;

	if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:I, s:I, s:I}", "fid", &fid, "pchid", &pchid,
			   "arm", &arm) ||
	    fid < 0 || fid > UINT32_MAX || pchid < 0 || pchid > UINT16_MAX || arm < 0 ||
	    (size_t)arm >= e->nr_arms)
		return -EUCLEAN;
	f = array_add(&e->functions, &e->nr_functions, sizeof(*f));
	if (!f)
		return -ENOMEM;
	*f = (struct experiment_function){ (uint32_t)fid, (uint16_t)pchid, (uint8_t)arm };
	return 0;
}

static int get_experiment(struct experiment *e, json_t *o)
{
	const char *name, *boot_id, *started;
	json_t *arms, *functions;
	json_int_t wall, host_arm;
	int by_host, complete, err;

	if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:s, s:s, s:s, s:I, s:b, s:b, s:I, s:o, s:o}",
			   "name", &name, "boot_id", &boot_id, "started_ns", &started, "wall_ns",
			   &wall, "complete", &complete, "by_host", &by_host, "host_arm", &host_arm, "arms", &arms, "functions",
			   &functions) ||
	    !get_name(e->name, sizeof(e->name), name) || strlen(boot_id) >= sizeof(e->boot_id) ||
	    name_parse_u64(started, &e->started_ns) || !json_is_array(arms) ||
	    !json_is_array(functions))
		return -EUCLEAN;
	strcpy(e->boot_id, boot_id);
	e->wall_ns = wall;
	e->by_host = by_host;
	e->complete = complete;
	err = get_arms(e, arms);
	if (err || host_arm < 0 || (size_t)host_arm >= e->nr_arms)
		return -EUCLEAN;
	e->host_arm = (uint8_t)host_arm;
	for (size_t i = 0; !err && i < json_array_size(functions); i++)
		err = get_function(e, json_array_get(functions, i));
	return err;
}

static int get_all(struct experiments *ret, json_t *o)
{
	json_t *list;
	int version, err = 0;

	if (json_unpack(o, "{s:i}", "version", &version))
		return -EUCLEAN;
	if (version > FILE_VERSION)
		return -EPROTO;
	if (json_unpack_ex(o, NULL, JSON_STRICT, "{s:i, s:o}", "version", &version, "experiments",
			   &list) || !json_is_array(list))
		return -EUCLEAN;
	for (size_t i = 0; !err && i < json_array_size(list); i++) {
		struct experiment *e = array_add(&ret->list, &ret->nr, sizeof(*e));

		err = e ? get_experiment(e, json_array_get(list, i)) : -ENOMEM;
	}
	return err;
}

/* A file that others could have written is not a fact */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ELOOP ? -EUCLEAN : -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || (st.st_uid && st.st_uid != geteuid()) ||
	    st.st_mode & (S_IWGRP | S_IWOTH) || st.st_size > FILE_MAX) {
		close(fd);
		return -EUCLEAN;
	}
	return fd;
}

static int parse_file(struct experiments *ret, int fd)
{
	FILE *f = fdopen(fd, "r");
	json_t *o;
	int err;

	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	o = json_loadf(f, JSON_REJECT_DUPLICATES, NULL);
	fclose(f);
	err = o ? get_all(ret, o) : -EUCLEAN;
	json_decref(o);
	return err;
}

static int explain(const char *path, int err)
{
	if (err == -EUCLEAN)
		log_error("%s is not as zrec wrote it, or others than root can write it; remove it, and start the experiment anew",
			  text_shown(path));
	else if (err == -EPROTO)
		log_error("%s is of a newer zrec", text_shown(path));
	else if (err == -EACCES)
		log_error("%s is for root: run this as root", text_shown(path));
	else if (err)
		log_error("%s: %s", text_shown(path), strerror(-err));
	return err;
}

int experiments_read(struct experiments *ret, const char *path)
{
	int fd, err;

	*ret = (struct experiments){ 0 };
	path = path ?: EXPERIMENTS_PATH;
	fd = open_file(path);
	if (fd == -ENOENT)
		return 0;
	err = fd < 0 ? fd : parse_file(ret, fd);
	if (err)
		experiments_free(ret);
	return explain(path, err);
}

/* --- writing ------------------------------------------------------------------ */

static json_t *arms_to_json(const struct experiment *e)
{
	json_t *list = json_array();
	int err = 0;

	for (size_t i = 0; i < e->nr_arms; i++)
		err |= json_array_append_new(list,
			json_pack("{s:s, s:s, s:i}", "arm", e->arms[i].name, "policy",
				  e->arms[i].policy, "percent", (int)e->arms[i].percent));
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *functions_to_json(const struct experiment *e)
{
	json_t *list = json_array();
	int err = 0;

	for (size_t i = 0; i < e->nr_functions; i++) {
		const struct experiment_function *f = &e->functions[i];

		err |= json_array_append_new(list, json_pack("{s:I, s:i, s:i}", "fid",
							     (json_int_t)f->fid, "pchid",
							     (int)f->pchid, "arm", (int)f->arm));
	}
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *to_json(const struct experiments *experiments)
{
	json_t *list = json_array();
	char started[24];
	int err = 0;

	for (size_t i = 0; i < experiments->nr; i++) {
		const struct experiment *e = &experiments->list[i];

		snprintf(started, sizeof(started), "%llu", (unsigned long long)e->started_ns);
		err |= json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:I, s:b, s:b, s:i, s:o, s:o}", "name", e->name,
				  "boot_id", e->boot_id, "started_ns", started, "wall_ns",
				  (json_int_t)e->wall_ns, "complete", e->complete, "by_host", e->by_host, "host_arm",
				  (int)e->host_arm, "arms", arms_to_json(e), "functions",
				  functions_to_json(e)));
	}
	if (!err)
		return json_pack("{s:i, s:o}", "version", FILE_VERSION, "experiments", list);
	json_decref(list);
	return NULL;
}

/* Until it is renamed, nobody reads it */
static int write_new(int dir, const char *name, json_t *o)
{
	int fd, err = 0;
	FILE *f;

	if (unlinkat(dir, name, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	errno = 0;
	if (json_dumpf(o, f, JSON_INDENT(1)) || fputc('\n', f) == EOF || fflush(f) ||
	    fsync(fileno(f)))
		err = errno ? -errno : -EIO;
	if (fclose(f) && !err)
		err = -errno;
	return err;
}

static int replace(int dir, const char *file, json_t *o)
{
	char temporary[NAME_MAX];
	int err;

	if (snprintf(temporary, sizeof(temporary), "%s.new", file) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	err = write_new(dir, temporary, o);
	fault_point("experiment-written");
	if (!err && renameat(dir, temporary, dir, file))
		err = -errno;
	if (err)
		unlinkat(dir, temporary, 0);
	else if (fsync(dir))
		err = -errno;
	return err;
}

static int change(const struct experiments *experiments, const char *path)
{
	char dir_path[PATH_MAX];
	const char *file = strrchr(path, '/');
	int dir, err = 0;
	json_t *o;

	if (!file || file - path >= (long)sizeof(dir_path))
		return -EINVAL;
	snprintf(dir_path, sizeof(dir_path), "%.*s", (int)(file - path), path);
	if (mkdir(dir_path, 0750) && errno != EEXIST)
		return -errno;
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	if (experiments->nr) {
		o = to_json(experiments);
		err = o ? replace(dir, file + 1, o) : -ENOMEM;
		json_decref(o);
	} else if ((unlinkat(dir, file + 1, 0) && errno != ENOENT) || fsync(dir)) {
		err = -errno;
	}
	close(dir);
	return err;
}

int experiments_write(const struct experiments *experiments, const char *path)
{
	int err = change(experiments, path ?: EXPERIMENTS_PATH);

	if (err)
		log_error("%s cannot be written: %s", text_shown(path ?: EXPERIMENTS_PATH),
			  strerror(-err));
	return err;
}
