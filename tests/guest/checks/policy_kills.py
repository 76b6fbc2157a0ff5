# SPDX-License-Identifier: GPL-2.0
"""Commands that are killed at each of their steps, and pins that are removed by hand"""
from collections import namedtuple

from checks import exits
from checks.facts import Group, equal
from checks.policy_facts import expect, says

GROUP = Group("policy-commands")
test = GROUP.test
each = GROUP.each

# enforced: right after the kill, and after the next command has put the names right
# gone: what no pin's name has in it then
Kill = namedtuple("Kill", "command step scenario enforced gone")
FIRST = [
    Kill("apply", "map-pinned", "kill_the_first:map-pinned", "", "enforced"),
    Kill("apply", "attached", "kill_the_first:attached", "", "enforced"),
]
LINKED = Kill("apply", "link-pinned", "kill_the_first:link-pinned", "event-isolate", "next")
SWAPS = [
    Kill("apply", "next-pinned", "kill_a_swap:next-pinned", "event-isolate", "next"),
    Kill("apply", "swapped", "kill_a_swap:swapped", "vote-isolate", "next"),
    Kill("apply", "kept", "kill_a_swap:kept", "vote-isolate", "next"),
]
ROLLBACK = Kill("rollback", "swapped", "kill_a_rollback:swapped", "event-isolate", "next")
DETACH = Kill("detach", "detached", "kill_a_detach:detached", "", "enforced")
PROMOTE = Kill("promote", "promoted", "kill_a_promote:promoted", "event-isolate", "shadow-")
ALL = [*FIRST, LINKED, *SWAPS, ROLLBACK, DETACH, PROMOTE]

# Before the swap there was no policy, after it there was one
ROLLED_BACK = {"next-pinned": "", "swapped": "event-isolate", "kept": "event-isolate"}


@each(ALL, "kill-at-{command}-{step}-kills")
def kills(after, case):
    expect(after("killed"), exits.KILLED)


@each(ALL, "kill-at-{command}-{step}-old-or-new")
def old_or_new(after, case):
    expect(after("killed"), enforced=case.enforced)


@each(ALL, "kill-at-{command}-{step}-same-after-repair")
def same_after_repair(after, case):
    expect(after("repaired"), enforced=case.enforced)


@each(ALL, "kill-at-{command}-{step}-nothing-left-over")
def nothing_left_over(after, case):
    left = [pin for pin in after("repaired").zrec_pins if "next" in pin or case.gone in pin]
    equal("pins left over", left, [])


@each(FIRST, "kill-at-{command}-{step}-and-again")
def apply_again(after, case):
    expect(after("again"), exits.DONE, enforced="event-isolate")


@each(SWAPS, "kill-at-{command}-{step}-rollback")
def rollback_of_a_swap(after, case):
    expect(after("rollback"), enforced=ROLLED_BACK[case.step])


@test(ROLLBACK.scenario)
def kill_at_rollback_and_again(after):
    expect(after("again"), exits.DONE, enforced="vote-isolate")


@test(DETACH.scenario)
def kill_at_detach_rollback(after):
    expect(after("rollback"), exits.DONE, enforced="vote-isolate")


@test(PROMOTE.scenario)
def kill_at_promote_not_in_shadow(after):
    expect(after("repaired"), shadows=[])


# --- pins that are removed or replaced by hand --------------------------------

REMOVED = "link_of_a_promoted_removed"
BROKEN = "shadow_is_broken"
IN_THE_WAY = "policy/shadow-event-isolate cannot be put in order"


@test(REMOVED)
def link_of_a_promoted_removed_and_another_applied(after):
    expect(after("apply"), exits.DONE, enforced="vote-isolate", shadows=[])
    equal("pins left", [pin for pin in after("apply").zrec_pins if "shadow-" in pin], [])
    equal("stderr", after("apply").err, "")


@test(REMOVED)
def link_of_a_promoted_removed_and_rolled_back(after):
    expect(after("rollback"), exits.DONE, enforced="event-isolate")


@test(BROKEN)
def broken_shadow_is_named(after):
    for label in "apply", "promote", "rollback", "detach":
        says(after(label).err, IN_THE_WAY)


@test(BROKEN)
def broken_shadow_is_in_the_way_of_nothing_else(after):
    expect(after("apply"), exits.DONE, enforced="vote-isolate", shadows=["reset-isolate"])
    expect(after("promote"), exits.DONE, enforced="reset-isolate", shadows=[])
    expect(after("rollback"), exits.DONE, enforced="vote-isolate")
    expect(after("detach"), exits.DONE, enforced="")


@test(BROKEN)
def broken_shadow_goes_once_it_can(after):
    equal("pins left", [pin for pin in after("repaired").zrec_pins if "shadow-" in pin], [])
    says(after("repaired").err, IN_THE_WAY, 0)


@test("link_is_a_map")
def a_map_is_not_a_link(after):
    expect(after("apply"), exits.DONE, enforced="vote-isolate")
    says(after("apply").err, "shadow-event-isolate/link is not a link; remove it")


@test("link_is_a_map")
def a_map_is_not_a_link_to_shadow_again(after):
    expect(after("shadow-again"), exits.FIXABLE, enforced="vote-isolate", shadows=[])
