// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/json-file.h"
#include "base/json-in.h"
#include "base/text.h"
#include "exporter/actions-file.h"
#include "serve/actions-status.h"

#define MAX_COUNT	(1ull << 62)

static bool has(const struct snapshot_actions *a, const char *name)
{
	for (unsigned int i = 0; i < a->nr; i++)
		if (!strcmp(a->action[i].name, name))
			return true;
	return false;
}

static void read_action(struct json_in *in, const json_t *o, struct snapshot_actions *a)
{
	const char *name = json_in_text(in, o, "action", CONF_NAME_LEN - 1, JSON_IN_NEED);
	const json_t *ended = json_in_object(in, o, "ended", JSON_IN_NEED);
	const json_t *dropped = json_in_object(in, o, "dropped", JSON_IN_NEED);
	struct snapshot_action *action = &a->action[a->nr];

	/* Two of one name would be one series twice */
	if (in->err || has(a, name))
		return;
	text_copy(action->name, sizeof(action->name), name, CONF_NAME_LEN);
	action->running = json_in_number(in, o, "running", MAX_COUNT, JSON_IN_NEED);
	action->queued = json_in_number(in, o, "queued", MAX_COUNT, JSON_IN_NEED);
	for (unsigned int i = 0; i < ACTION_NR_ENDS; i++)
		action->ended[i] = json_in_number(in, ended, action_end_name(i), MAX_COUNT,
						  JSON_IN_OPTIONAL);
	for (unsigned int i = 0; i < ACTION_NR_DROPS; i++)
		action->dropped[i] = json_in_number(in, dropped, action_drop_name(i), MAX_COUNT,
						    JSON_IN_OPTIONAL);
	a->nr++;
}

static int parse(struct snapshot_actions *a, const json_t *o)
{
	const json_t *list, *item;
	struct json_in in;
	size_t i;

	json_in_init(&in, "actions");
	a->up = json_file_writer_lives(json_in_number(&in, o, "pid", INT32_MAX, JSON_IN_NEED));
	a->connected = json_in_bool(&in, o, "connected", JSON_IN_NEED);
	a->missed = json_in_number(&in, o, "missed", MAX_COUNT, JSON_IN_NEED);
	list = json_in_array(&in, o, "actions", JSON_IN_NEED);
	json_array_foreach((json_t *)list, i, item) {
		if (!json_is_object(item) || a->nr == ACTIONS_MAX)
			return -EINVAL;
		read_action(&in, item, a);
	}
	return in.err;
}

int exporter_read_actions(struct snapshot *s, const char *path)
{
	json_t *o = NULL;
	int err;

	memset(&s->actions, 0, sizeof(s->actions));
	err = json_file_read(path, ACTIONS_FILE_MAX, &o, NULL);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = parse(&s->actions, o);
	/* Of one that was killed nothing goes on; nothing of a document that is wrong in one place */
	if (err || !s->actions.up)
		memset(&s->actions, 0, sizeof(s->actions));
	json_decref(o);
	return err;
}
