// SPDX-License-Identifier: GPL-2.0
/* zrec history export: a recording as JSON lines, for any machine */
#define _GNU_SOURCE	/* asprintf(), O_TMPFILE */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/history-cmd.h"
#include "keep/jsonl.h"
#include "keep/place.h"
#include "serve/served.h"

/* Names to try for the moment before a file is replaced */
#define NAME_TRIES	100

struct export {
	struct history_opts opts;
	const char *to;			/* NULL or "-": standard output */
	bool is_file;			/* and not a device or so */
	char *temporary;		/* the name beside it until all is there; NULL: none needed */
	struct jsonl_writer writer;
};

static int put_recovery(void *ctx, const struct history_recovery *r)
{
	return jsonl_write_recovery(ctx, r);
}

static int put_gap(void *ctx, const struct history_boot *boot, const struct history_gap *gap)
{
	return jsonl_write_gap(ctx, boot, gap);
}

static int put_event(void *ctx, const struct history_policy_event *event)
{
	return jsonl_write_policy_event(ctx, event);
}

static int write_all(struct export *e, struct history *h)
{
	struct jsonl_writer *w = &e->writer;
	int err = jsonl_write_meta(w);

	if (!err)
		err = history_each(h, &e->opts.filter, HISTORY_OLDEST_FIRST, put_recovery, w);
	if (!err)
		err = history_each_gap(h, &e->opts.filter, put_gap, w);
	if (!err)
		err = history_each_policy_event(h, &e->opts.filter, put_event, w);
	return err ? err : output_flush(w->f);
}

static bool is_stdout(const struct export *e)
{
	return !e->to || !strcmp(e->to, "-");
}

/* What a new file of this user may be */
static mode_t new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static bool is_trusted(const struct stat *st)
{
	return !st->st_uid || st->st_uid == geteuid();
}

/*
 * What is there and is no file, as a device or a FIFO, is written to as it is, but not if
 * somebody else has put it, or a link to it, there for us: -EOTHERS. -ENOENT: there is
 * nothing, or a file
 */
static int open_special(struct export *e)
{
	struct stat named, st;
	int fd;

	if (lstat(e->to, &named) || stat(e->to, &st) || S_ISREG(st.st_mode))
		return -ENOENT;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	/* Only root makes devices, whoever owns them then */
	if (!is_trusted(&named) && !S_ISCHR(named.st_mode) && !S_ISBLK(named.st_mode))
		return -EOTHERS;
	fd = open(e->to, O_WRONLY | O_CLOEXEC | O_NOCTTY | (S_ISLNK(named.st_mode) ? 0 : O_NOFOLLOW));
	e->writer.f = fd < 0 ? NULL : fdopen(fd, "w");
	return e->writer.f ? 0 : -errno;
}

/* Of a file system that has it: who is killed leaves nothing behind */
static int open_nameless(const struct export *e)
{
	char *path = strdup(e->to);
	int fd;

	if (!path)
		return -ENOMEM;
	fd = open(dirname(path), O_TMPFILE | O_WRONLY | O_CLOEXEC, new_mode());
	if (fd < 0)
		fd = -errno;
	free(path);
	return fd;
}

static int make_name(struct export *e)
{
	if (asprintf(&e->temporary, "%s.XXXXXX", e->to) >= 0)
		return 0;
	e->temporary = NULL;
	return -ENOMEM;
}

static int open_named(struct export *e)
{
	int err = make_name(e), fd;

	if (err)
		return err;
	fd = mkstemp(e->temporary);
	if (fd < 0) {
		err = -errno;
		free(e->temporary);
		e->temporary = NULL;
		return err;
	}
	fchmod(fd, new_mode());
	return fd;
}

/* A file is there as a whole or not at all; what was there before stays until then */
static int open_file(struct export *e)
{
	int fd;

	if (is_stdout(e)) {
		e->writer.f = stdout;
		return 0;
	}
	fd = open_special(e);
	if (fd != -ENOENT)
		return fd;
	e->is_file = true;
	fd = open_nameless(e);
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL)
		fd = open_named(e);
	if (fd < 0)
		return fd;
	e->writer.f = fdopen(fd, "w");
	if (e->writer.f)
		return 0;
	close(fd);
	if (e->temporary)
		unlink(e->temporary);
	return -ENOMEM;
}

/* What has no name gets its own at once, or by way of another if there is a file already */
static int give_name(struct export *e)
{
	char self[64];
	int err;

	if (e->temporary)
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(e->writer.f));
	if (!linkat(AT_FDCWD, self, AT_FDCWD, e->to, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno != EEXIST)
		return -errno;
	err = make_name(e);
	for (int i = 0; !err && i < NAME_TRIES; i++) {
		snprintf(e->temporary, strlen(e->to) + sizeof(".XXXXXX"), "%s.%06x", e->to,
			 (unsigned int)(clock_ns(CLOCK_MONOTONIC) & 0xffffff));
		if (!linkat(AT_FDCWD, self, AT_FDCWD, e->temporary, AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	err = err ? err : -errno;
	free(e->temporary);
	e->temporary = NULL;
	return err;
}

static int close_file(struct export *e, int err)
{
	if (is_stdout(e))
		return err;
	if (!err && e->is_file && fsync(fileno(e->writer.f)))
		err = -errno;
	if (!err && e->is_file)
		err = give_name(e);
	if (fclose(e->writer.f) && !err)
		err = -errno;
	if (!err && e->temporary && rename(e->temporary, e->to))
		err = -errno;
	if (err && e->temporary)
		unlink(e->temporary);
	return err;
}

static int run(void *args)
{
	struct export *e = args;
	struct history *h = NULL;
	int err = history_source_open(&h, e->opts.file), ret;
	bool read_failed;

	if (err)
		return err;
	/* Whoever asked may not write where we may */
	if (getenv(SERVED_ENV) && !is_stdout(e)) {
		log_error("zrec run exports to standard output only: zrec history export > %s", e->to);
		history_close(h);
		return -EACCES;
	}
	err = open_file(e);
	if (err) {
		log_error("cannot write %s: %s", e->to, err == -EOTHERS ?
			  "it is a link or a FIFO of another user" : strerror(-err));
		history_close(h);
		return err;
	}
	err = close_file(e, write_all(e, h));
	read_failed = history_error(h) && *history_error(h);
	if (err && !read_failed && !is_stdout(e)) {
		log_error("cannot write %s: %s", e->to, strerror(-err));
		history_close(h);
		return err;
	}
	ret = history_source_end(h, err);
	return ret;
}

static void release(void *args)
{
	struct export *e = args;

	jsonl_writer_free(&e->writer);
	free(e->temporary);
	history_opts_release(args);
}

static const struct cli_option options[] = {
	HISTORY_OPT_FILTERS,
	HISTORY_OPT_FILE,
	{ 0 }
};

static const struct cli_option arguments[] = {
	{ .arg = "FILE", CLI_TEXT(struct export, to), .complete = complete_files },
	{ 0 }
};

const struct command history_cmd_export = {
	.name = "export",
	.summary = "a recording as JSON lines",
	.doc = "Write what was recorded as JSON lines, to a file or standard output, for 'zrec history "
	       "import' on any machine and for other programs.",
	.page = "zrec-history(8)",
	.options = options,
	.arguments = arguments,
	.size = sizeof(struct export),
	.run = run,
	.elsewhere = history_elsewhere,
	.release = release,
};
