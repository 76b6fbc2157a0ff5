// SPDX-License-Identifier: GPL-2.0
#include "exporter/render.h"

void render_actions(struct emit *e, const struct snapshot *s)
{
	const struct snapshot_actions *a = &s->actions;

	emit_family(e, F_ACTIONS_UP);
	emit_count(e, a->up);
	emit_family(e, F_ACTIONS_CONNECTED);
	emit_count(e, a->connected);
	if (!a->up)
		return;
	emit_family(e, F_ACTIONS_MISSED);
	emit_count(e, a->missed);
	emit_family(e, F_ACTION_COMMANDS);
	for (unsigned int i = 0; i < a->nr; i++)
		for (unsigned int end = 0; end < ACTION_NR_ENDS; end++)
			emit_count(e, a->action[i].ended[end], a->action[i].name, action_end_name(end));
	emit_family(e, F_ACTION_DROPS);
	for (unsigned int i = 0; i < a->nr; i++)
		for (unsigned int drop = 0; drop < ACTION_NR_DROPS; drop++)
			emit_count(e, a->action[i].dropped[drop], a->action[i].name,
				   action_drop_name(drop));
	emit_family(e, F_ACTION_RUNNING);
	for (unsigned int i = 0; i < a->nr; i++)
		emit_count(e, a->action[i].running, a->action[i].name);
	emit_family(e, F_ACTION_QUEUED);
	for (unsigned int i = 0; i < a->nr; i++)
		emit_count(e, a->action[i].queued, a->action[i].name);
}
