// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "policy/ops.h"
#include "policy/pins.h"
#include "policy/status.h"

static bool no_permission(int err)
{
	return err == -EACCES || err == -EPERM;
}

/* There is something, but what it is cannot be seen */
static bool unreadable(int err)
{
	return err < 0 && err != -ENOENT && err != -ENOMEDIUM;
}

/* Opening programs and maps by ID needs CAP_SYS_ADMIN, which we may lack */
static void read_canary(const struct policy_ops *ops, const struct policy_pins *pins,
			const char *place, char ret[POLICY_CANARY_LEN])
{
	struct zpci_policy_setup setup;
	int fd = policy_pins_get(pins, place, "map"), err;

	if (fd < 0)
		return;
	err = policy_ops_setup(ops, fd, &setup);
	if (!err)
		policy_format_canary(&setup, ret);
	else if (no_permission(err))
		strcpy(ret, "?");
	close(fd);
}

/* What the maps know that are pinned, of the policies and of the one before */
static void read_maps(struct policy_status *s, const struct policy_pins *pins)
{
	int fd = policy_pins_get(pins, "previous", "map");
	struct policy_ops *ops;
	int err = policy_ops_open(&ops);

	if (fd >= 0) {
		if (err || policy_ops_name(ops, fd, s->previous))
			strcpy(s->previous, "?");
		close(fd);
	}
	if (err)
		return;
	if (s->pinned)
		read_canary(ops, pins, POLICY_ENFORCED, s->enforced_canary);
	for (int i = 0; i < s->nr_ours; i++)
		read_canary(ops, pins, s->ours[i].name, s->canary[i]);
	policy_ops_close(ops);
}

/*
 * What is pinned needs more rights than to look at sysfs, and the lock would
 * make a status wait for a policy that is being loaded: we look as it is.
 */
static void read_pins(struct policy_status *s)
{
	struct policy_pins pins = POLICY_PINS_CLOSED;
	uint32_t id;
	int fd, err;

	err = policy_pins_look(&pins);
	s->nr_ours = err ? err : policy_pins_shadows(&pins, s->ours, POLICY_NR_SHADOWS);
	fd = err ? err : policy_pins_get(&pins, POLICY_ENFORCED, "link");
	s->blind = unreadable(s->nr_ours) || unreadable(fd);
	if (fd >= 0) {
		s->pinned = !policy_link_map_id(fd, &id) && id;
		close(fd);
	}
	if (!err)
		read_maps(s, &pins);
	policy_pins_close(&pins);
}

int policy_status_read(struct policy_status *s)
{
	int err = policy_state_read(&s->state);

	if (!err)
		read_pins(s);
	return err;
}

/* The canary of the policy in this slot if zrec has it pinned, "" for all functions, else NULL */
static const char *canary_if_ours(const struct policy_status *s, const struct policy_slot *slot)
{
	struct policy_place place;

	if (slot == &s->state.enforced)
		return s->pinned ? s->enforced_canary : NULL;
	policy_place_shadow(&place, slot->name);
	for (int i = 0; i < s->nr_ours; i++)
		if (!strcmp(s->ours[i].name, place.name))
			return s->canary[i];
	return NULL;
}

/* The kernel reports CLOCK_MONOTONIC only. Whole seconds: the conversion is no more exact */
static void format_time(uint64_t ns, bool utc, char *buf, size_t len)
{
	char text[CLOCK_TEXT_LEN];
	int64_t wall = clock_of_monotonic(ns);

	(utc ? clock_utc : clock_local)(wall, text);
	snprintf(buf, len, "%.*s%s", (int)strcspn(text, "."), text, utc ? "Z" : "");
}

static const char *slot_mode(const struct policy_status *s, const struct policy_slot *slot)
{
	if (slot->ejected)
		return "ejected";
	return slot == &s->state.enforced ? "enforced" : "shadow";
}

static void print_slot(FILE *f, const struct policy_status *s, const struct policy_slot *slot)
{
	const char *canary = canary_if_ours(s, slot);
	char since[32];

	format_time(slot->since_ns, false, since, sizeof(since));
	fprintf(f, "%-9s %s, since %s%s\n", slot_mode(s, slot), text_shown(slot->name), since,
		s->blind || canary ? "" : ", not pinned by zrec");
	if (canary && !strcmp(canary, "?"))
		fputs("  for which functions: needs CAP_SYS_ADMIN to see\n", f);
	else if (canary && canary[0])
		fprintf(f, "  canary %s, the default for all other functions\n", canary);
	fprintf(f, "  decisions %" PRIu64 ", other than the default %" PRIu64
		", clamped %" PRIu64 "\n",
		slot->decisions, slot->disagreements, slot->clamps);
	if (slot == &s->state.enforced)
		fprintf(f, "  budget left in %" PRIu64 " s: isolations %" PRIu64 ", clamps %" PRIu64
			", failures %" PRIu64 "\n", slot->window_s, slot->isolations_left,
			slot->clamps_left, slot->failures_left);
	if (slot->nr_rows)
		fprintf(f, "  %-9s %-8s    %-8s %8s\n", "MEMBER", "DEFAULT", "VERDICT", "COUNT");
	for (size_t i = 0; i < slot->nr_rows; i++)
		fprintf(f, "  %-9s %-8s -> %-8s %8" PRIu64 "\n", slot->rows[i].member,
			slot->rows[i].dflt, slot->rows[i].verdict, slot->rows[i].count);
	if (slot->unlisted)
		fprintf(f, "  and %zu more\n", slot->unlisted);
}

static json_t *policy_end_to_json(const struct policy_end *exit)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:o}", "policy", exit->policy, "kind", exit->kind,
			 "code", output_count(exit->code), "text", exit->text,
			 "at_ns", output_u64(exit->at_ns));
}

static void print_rest(FILE *f, const struct policy_status *s)
{
	const struct policy_end *exit = &s->state.exit;
	char when[32];

	if (s->previous[0])
		fprintf(f, "previous  %s; 'zrec policy rollback' goes back to it\n",
			text_shown(s->previous));
	if (exit->policy[0]) {
		format_time(exit->at_ns, false, when, sizeof(when));
		fprintf(f, "last end  %s, %s: %s (%s, code %" PRIu64 ")\n", text_shown(exit->policy), when,
			text_shown(exit->text), exit->kind, exit->code);
	}
	if (s->state.nr_clamps)
		fputs("clamped since boot\n", f);
	for (size_t i = 0; i < s->state.nr_clamps; i++)
		fprintf(f, "  %-9s %-8s %" PRIu64 "\n", s->state.clamps[i].member,
			s->state.clamps[i].verdict, s->state.clamps[i].count);
}

void policy_status_print(FILE *f, const struct policy_status *s)
{
	if (!s->state.enabled)
		fputs("policies are switched off (" POLICY_SYSFS "/enabled)\n", f);
	if (s->state.enforced.name[0])
		print_slot(f, s, &s->state.enforced);
	else
		fputs("no policy is enforced: the kernel decides by itself\n", f);
	for (int i = 0; i < POLICY_NR_SHADOWS; i++)
		if (s->state.shadow[i].name[0])
			print_slot(f, s, &s->state.shadow[i]);
	print_rest(f, s);
}

static json_t *rows_to_json(const struct policy_slot *slot)
{
	json_t *rows = json_array();

	for (size_t i = 0; rows && i < slot->nr_rows; i++) {
		const struct policy_disagreement *row = &slot->rows[i];

		if (json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:o}", "member", row->member,
							  "default", row->dflt, "verdict", row->verdict,
							  "count", output_count(row->count))) < 0) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

static json_t *slot_to_json(const struct policy_status *s, const struct policy_slot *slot)
{
	const char *canary = canary_if_ours(s, slot);
	char since[32];

	format_time(slot->since_ns, true, since, sizeof(since));
	return json_pack("{s:s, s:s, s:b, s:b, s:s*, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, s:o, s:o, s:o}, s:o}",
			 "name", slot->name,
			 "mode", slot == &s->state.enforced ? "enforced" : "shadow",
			 "ejected", slot->ejected, "pinned", canary != NULL,
			 "only_for", canary && canary[0] ? canary : NULL,
			 "since", since, "since_ns", output_u64(slot->since_ns),
			 "decisions", output_count(slot->decisions),
			 "disagreements", output_count(slot->disagreements),
			 "clamps", output_count(slot->clamps),
			 "isolations", output_count(slot->isolations),
			 "failures", output_count(slot->failures),
			 "budget", "window_s", output_count(slot->window_s),
			 "isolations_left", output_count(slot->isolations_left),
			 "clamps_left", output_count(slot->clamps_left),
			 "failures_left", output_count(slot->failures_left),
			 "differences", rows_to_json(slot));
}

static int put_policies(struct output *o, const struct policy_status *s)
{
	int err = output_list(o, "policies", "policy");

	if (!err && s->state.enforced.name[0])
		err = output_item(o, slot_to_json(s, &s->state.enforced));
	for (int i = 0; !err && i < POLICY_NR_SHADOWS; i++)
		if (s->state.shadow[i].name[0])
			err = output_item(o, slot_to_json(s, &s->state.shadow[i]));
	return err;
}

static int put_clamps(struct output *o, const struct policy_status *s)
{
	int err = output_list(o, "clamped", "clamp");

	for (size_t i = 0; !err && i < s->state.nr_clamps; i++) {
		const struct policy_clamp *clamp = &s->state.clamps[i];

		err = output_item(o, json_pack("{s:s, s:s, s:o}", "member", clamp->member,
					       "verdict", clamp->verdict,
					       "count", output_count(clamp->count)));
	}
	return err;
}

int policy_status_put(struct output *o, const struct policy_status *s)
{
	int err = put_policies(o, s);

	if (!err)
		err = put_clamps(o, s);
	if (!err)
		err = output_value(o, "enabled", json_boolean(s->state.enabled));
	if (!err && s->previous[0])
		err = output_value(o, "previous", json_string(s->previous));
	if (!err && s->state.exit.policy[0])
		err = output_value(o, "last_exit", policy_end_to_json(&s->state.exit));
	return err;
}
