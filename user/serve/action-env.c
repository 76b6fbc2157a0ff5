// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE	/* environ */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "serve/action-env.h"
#include "serve/entry.h"

#define TEXT_MAX	1024	/* of the table of meanings, filled in */

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A text of a stranger, in an array that it may fill to the end */
static void tame(char *text, size_t size)
{
	for (size_t i = 0; i < size && text[i]; i++)
		if (!is_plain(text[i]) && !(i && strchr(" _-+.,:=@/", text[i])))
			text[i] = '_';
}

/* --- what happened --- */

static const char *value_of_entry(const void *ctx, const char *name)
{
	return entry_value(ctx, name);
}

/* What is the journal's own is named so that nobody takes it for the command's */
static void add_field(FILE *f, const char *field)
{
	if (!strncmp(field, "SYSLOG_IDENTIFIER=", strlen("SYSLOG_IDENTIFIER=")))
		return;
	fprintf(f, "%s%s%c", strncmp(field, "ZPCI_", strlen("ZPCI_")) ? "ZREC_" : "", field, '\0');
}

static void add_meaning(FILE *f, const struct entry *e)
{
	char text[TEXT_MAX];

	fprintf(f, "ZREC_SUBJECT=%s%c", e->meaning->subject, '\0');
	meaning_fill(text, sizeof(text), e->meaning->meaning, value_of_entry, e);
	fprintf(f, "ZREC_MEANING=%s%c", text, '\0');
	meaning_fill(text, sizeof(text), e->meaning->action, value_of_entry, e);
	fprintf(f, "ZREC_TO_DO=%s%c", text, '\0');
}

static char *of_entry(const struct entry *e, enum action_event event)
{
	size_t size;
	char *env = NULL;
	FILE *f = open_memstream(&env, &size);

	if (!f)
		return NULL;
	fprintf(f, "ZREC_EVENT=%s%c", action_event_name(event), '\0');
	for (int i = 0; i < e->nr; i++)
		add_field(f, e->field[i].iov_base);
	add_meaning(f, e);
	fputc('\0', f);
	if (fclose(f)) {
		free(env);
		return NULL;
	}
	return env;
}

char *action_env_recovery(const struct zrec_span *s, int64_t wall_ns)
{
	struct zrec_full_span copy = { 0 };
	struct entry e;

	memcpy(&copy, s, zrec_span_policy(s) ? sizeof(copy) : sizeof(copy.span));
	tame(copy.span.driver, sizeof(copy.span.driver));
	tame(copy.span.owner_comm, sizeof(copy.span.owner_comm));
	tame(copy.policy.policy, sizeof(copy.policy.policy));
	entry_recovery(&e, &copy.span, wall_ns);
	return of_entry(&e, ACTION_RECOVERY);
}

char *action_env_open(const struct open_recovery *r)
{
	struct open_recovery copy = *r;
	struct entry e;

	tame(copy.driver, sizeof(copy.driver));
	tame(copy.owner_comm, sizeof(copy.owner_comm));
	tame(copy.policy, sizeof(copy.policy));
	entry_open_recovery(&e, &copy);
	return of_entry(&e, ACTION_OPEN);
}

char *action_env_exit(const struct zrec_policy_exit *exit, int64_t wall_ns)
{
	struct zrec_policy_exit copy = *exit;
	struct entry e;

	tame(copy.policy, sizeof(copy.policy));
	tame(copy.text, sizeof(copy.text));
	entry_policy_ended(&e, &copy, wall_ns);
	return of_entry(&e, exit->kind == ZPCI_POLICY_EXIT_BUDGET ? ACTION_POLICY_EJECTED :
								     ACTION_POLICY_END);
}

const char *action_env_value(const char *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env; env += strlen(env) + 1)
		if (!strncmp(env, name, len) && env[len] == '=')
			return env + len + 1;
	return NULL;
}

/* --- all of it --- */

/* A command is no part of the service to its manager, and what is absent in an event is absent */
static bool is_passed_on(const char *variable)
{
	static const char *const kept_back[] = {
		"ZPCI_", "ZREC_", "NOTIFY_SOCKET=", "WATCHDOG_PID=", "WATCHDOG_USEC=",
		"LISTEN_", "MAINPID=",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kept_back); i++)
		if (!strncmp(variable, kept_back[i], strlen(kept_back[i])))
			return false;
	return true;
}

static size_t count(const char *env)
{
	size_t nr = 0;

	for (size_t i = 0; environ && environ[i]; i++)
		nr++;
	for (; *env; env += strlen(env) + 1)
		nr++;
	return nr;
}

char **action_env_whole(const char *env, const char *action, uint64_t not_run)
{
	const size_t own = strlen(action) + sizeof("ZREC_ACTION=ZREC_NOT_RUN=18446744073709551615") + 1;
	const size_t table = (count(env) + 3) * sizeof(char *);
	char **whole = malloc(table + own), *text;
	size_t nr = 0;

	if (!whole)
		return NULL;
	for (size_t i = 0; environ && environ[i]; i++)
		if (is_passed_on(environ[i]))
			whole[nr++] = environ[i];
	for (; *env; env += strlen(env) + 1)
		whole[nr++] = (char *)env;
	text = (char *)whole + table;
	whole[nr++] = text;
	text += sprintf(text, "ZREC_ACTION=%s", action) + 1;
	whole[nr++] = text;
	sprintf(text, "ZREC_NOT_RUN=%" PRIu64, not_run);
	whole[nr] = NULL;
	return whole;
}
