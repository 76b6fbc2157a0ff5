// SPDX-License-Identifier: GPL-2.0
#include "exporter/render.h"

static const char *const modes[] = { "enforced", "shadow" };

typedef void (*slot_fn)(struct emit *e, const struct policy_slot *slot, const char *mode);

/* Calls @fn for each policy that the kernel has */
static void each(struct emit *e, const struct snapshot *s, enum family_id id,
		 slot_fn fn)
{
	const struct policy_state *p = &s->policies;

	emit_family(e, id);
	if (p->enforced.name[0])
		fn(e, &p->enforced, modes[0]);
	for (unsigned int i = 0; i < POLICY_NR_SHADOWS; i++)
		if (p->shadow[i].name[0])
			fn(e, &p->shadow[i], modes[1]);
}

static void info(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_info(e, slot->name, mode);
}

static uint64_t wall(const struct snapshot *s, uint64_t monotonic_ns)
{
	return monotonic_ns + (uint64_t)s->monotonic_offset_ns;
}

static void decisions(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_count(e, slot->decisions, slot->name, mode);
}

static void disagreements(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_count(e, slot->disagreements, slot->name, mode);
}

static void rows(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	for (size_t i = 0; i < slot->nr_rows; i++)
		emit_count(e, slot->rows[i].count, slot->name, mode, slot->rows[i].member,
			   slot->rows[i].dflt, slot->rows[i].verdict);
}

static void clamps(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_count(e, slot->clamps, slot->name, mode);
}

static void budgets(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_count(e, slot->isolations_left, slot->name, mode, "isolations");
	emit_count(e, slot->clamps_left, slot->name, mode, "clamps");
	emit_count(e, slot->failures_left, slot->name, mode, "failures");
}

static void window(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_count(e, slot->window_s, slot->name, mode);
}

static void ejected(struct emit *e, const struct policy_slot *slot, const char *mode)
{
	emit_count(e, slot->ejected, slot->name, mode);
}

static void since(struct emit *e, const struct snapshot *s)
{
	const struct policy_state *p = &s->policies;

	emit_family(e, F_POLICY_SINCE);
	if (p->enforced.name[0])
		emit_seconds(e, wall(s, p->enforced.since_ns), p->enforced.name, modes[0]);
	for (unsigned int i = 0; i < POLICY_NR_SHADOWS; i++)
		if (p->shadow[i].name[0])
			emit_seconds(e, wall(s, p->shadow[i].since_ns), p->shadow[i].name, modes[1]);
}

static void number_of(struct emit *e, const struct policy_state *p)
{
	unsigned int shadows = 0;

	for (unsigned int i = 0; i < POLICY_NR_SHADOWS; i++)
		shadows += p->shadow[i].name[0] != '\0';
	emit_family(e, F_POLICIES);
	emit_count(e, p->enforced.name[0] != '\0', modes[0]);
	emit_count(e, shadows, modes[1]);
}

/* Also where the kernel has no policies: that is one reason why they are not in force */
static void wanted(struct emit *e, const struct snapshot *s)
{
	emit_family(e, F_POLICY_WANTED);
	for (unsigned int i = 0; i < s->nr_wishes; i++)
		emit_info(e, s->wish[i].name, modes[s->wish[i].shadow]);
}

void render_policies(struct emit *e, const struct snapshot *s)
{
	const struct policy_state *p = &s->policies;

	emit_family(e, F_POLICY_SUPPORTED);
	emit_count(e, s->policies_supported);
	emit_family(e, F_POLICY_EJECTIONS);
	emit_count(e, s->recorder.ejections);
	wanted(e, s);
	if (!s->policies_supported)
		return;
	emit_family(e, F_POLICY_ENABLED);
	emit_count(e, p->enabled);
	number_of(e, p);
	each(e, s, F_POLICY, info);
	since(e, s);
	each(e, s, F_POLICY_DECISIONS, decisions);
	each(e, s, F_POLICY_DISAGREEMENTS, disagreements);
	each(e, s, F_POLICY_DISAGREEMENTS_BY, rows);
	each(e, s, F_POLICY_CLAMPS, clamps);
	emit_family(e, F_CLAMPS);
	for (size_t i = 0; i < p->nr_clamps; i++)
		emit_count(e, p->clamps[i].count, p->clamps[i].member, p->clamps[i].verdict);
	each(e, s, F_POLICY_BUDGET, budgets);
	each(e, s, F_POLICY_WINDOW, window);
	each(e, s, F_POLICY_EJECTED, ejected);
	emit_family(e, F_POLICY_LAST_EXIT);
	if (p->exit.policy[0])
		emit_seconds(e, wall(s, p->exit.at_ns), p->exit.policy,
			     p->exit.kind);
}
