# SPDX-License-Identifier: GPL-2.0
"""zrec policy in the hands of an operator"""
import re

from checks import exits
from checks.facts import Group, equal
from checks.policy_facts import Case, counted, expect, says

GROUP = Group("policy-commands")
test = GROUP.test
each = GROUP.each


# --- apply, rollback, detach --------------------------------------------------

@test("rollbacks")
def apply(after):
    expect(after("apply"), exits.DONE, enforced="event-isolate")


@test("rollbacks")
def apply_another(after):
    expect(after("apply-another"), exits.DONE, enforced="vote-isolate")


@test("rollbacks")
def rollback(after):
    expect(after("rollback"), exits.DONE, enforced="event-isolate")


@test("rollbacks")
def rollback_again(after):
    expect(after("rollback-again"), exits.DONE, enforced="vote-isolate")


@test("rollbacks")
def detach(after):
    expect(after("detach"), exits.DONE, enforced="")


@test("rollbacks")
def rollback_after_detach(after):
    expect(after("rollback-after-detach"), exits.DONE, enforced="vote-isolate")


@test("rollback_of_the_first")
def first_rollback_is_the_default(after):
    expect(after("rollback"), exits.DONE, enforced="")
    equal("stdout", after("rollback").out, "no policy is enforced: the kernel decides by itself\n")


# --- restore ------------------------------------------------------------------

@test("restores")
def restore(after):
    expect(after("restore"), exits.DONE, enforced="event-isolate", shadows=["vote-isolate"])
    equal("stdout", after("restore").out, "event-isolate is enforced\nvote-isolate is in shadow\n")


@test("restores")
def restore_changes_nothing_that_is_there(after):
    expect(after("restore-again"), exits.DONE, enforced="event-isolate", shadows=["vote-isolate"])
    equal("stdout", after("restore-again").out, "")


@test("restores")
def restore_of_two_enforced_ones(after):
    expect(after("two"), exits.USAGE, enforced="", shadows=[])
    says(after("two").err, "the kernel follows one policy")


@test("restores")
def restore_with_a_mistake(after):
    expect(after("mistake"), exits.USAGE, enforced="", shadows=[])
    says(after("mistake").err, "policy.conf:2: bad mode 'force', expected enforce or shadow")


@test("restores")
def restore_of_what_is_not_there(after):
    expect(after("absent"), exits.FIXABLE, enforced="", shadows=["vote-isolate"])


@test("stays_ejected")
def restore_leaves_an_ejected_one_out(after):
    expect(after("ejected"), exits.REFUSED, enforced="")
    says(after("ejected").err, "event-isolate: the kernel ejected it: too many isolations")


@test("stays_ejected")
def restore_retries_an_ejected_one(after):
    expect(after("retry"), exits.DONE, enforced="event-isolate")
    equal("ejections", after.text("after-retry"), "")


@test("stays_ejected")
def apply_by_hand_forgets_an_ejection(after):
    expect(after("by-hand"), exits.DONE, enforced="event-isolate")
    equal("ejections", after.text("after-by-hand"), "")


@test("detaches")
def detach_by_name(after):
    expect(after("by-name"), exits.DONE, shadows=[])


@test("detaches")
def detach_by_name_is_the_shadow(after):
    expect(after("by-name-of-both"), exits.DONE, enforced="event-isolate", shadows=[])


@test("detaches")
def detach_all(after):
    expect(after("all"), exits.DONE, enforced="", shadows=[])
    equal("pins left", after("all").zrec_pins, [])


@test("detaches")
def detach_nothing(after):
    expect(after("nothing"), exits.NOTHING_TO_DETACH, enforced="")


# --- shadow, promote ----------------------------------------------------------

@test("promotes")
def shadow(after):
    expect(after("shadow"), exits.DONE, enforced="vote-isolate", shadows=["event-isolate"])


@test("detaches")
def shadow_again(after):
    expect(after("shadow-again"), exits.DONE, shadows=["event-isolate"])


@test("promotes")
def promote(after):
    expect(after("promote"), exits.DONE, enforced="event-isolate")


@test("promotes")
def promote_leaves_shadow(after):
    expect(after("promote"), shadows=[])


@test("promotes")
def promote_flag(after):
    counted(after("promote"), "enforced", "ejected", 0)


@test("promotes")
def rollback_of_promote(after):
    expect(after("rollback"), exits.DONE, enforced="vote-isolate")


@test("promoted_decides")
def promoted_is_followed(after):
    expect(after("decided"), enforced="event-isolate")
    counted(after("decided"), "enforced", "isolations", 1)


# --- what a command says in JSON ----------------------------------------------

def policy(name, mode="enforced", ejected=False):
    return {"name": name, "mode": mode, "ejected": ejected}


EVENT = policy("event-isolate")
VOTE = policy("vote-isolate")
IN_SHADOW = policy("reset-isolate", "shadow")
PROMOTED = policy("reset-isolate")


def result(fact, command, name, before, now):
    """One that names the policy, unless it is about none in particular"""
    want = {"command": command, "before": before, "now": now}
    if name:
        want["policy"] = name
    expect(fact, exits.DONE)
    equal(f"{fact.label}: results", fact.results, [want])


@test("results")
def result_apply(after):
    result(after("apply"), "apply", "event-isolate", before=[], now=[EVENT])


@test("results")
def result_swap(after):
    result(after("swap"), "apply", "vote-isolate", before=[EVENT], now=[VOTE])


@test("results")
def result_rollback(after):
    result(after("rollback"), "rollback", "event-isolate", before=[VOTE], now=[EVENT])


@test("results")
def result_shadow(after):
    result(after("shadow"), "shadow", "reset-isolate", before=[EVENT], now=[EVENT, IN_SHADOW])


@test("results")
def result_promote(after):
    result(after("promote"), "promote", "reset-isolate", before=[EVENT, IN_SHADOW], now=[PROMOTED])


@test("results")
def result_ejected(after):
    result(after("ejected"), "detach", "reset-isolate",
           before=[policy("reset-isolate", ejected=True)], now=[])


@test("results")
def result_detach_nothing(after):
    result(after("nothing"), "detach", None, before=[], now=[])


@test("results")
def result_detach_by_name(after):
    result(after("by-name"), "detach", "event-isolate", before=[EVENT], now=[])


@test("results")
def result_detach_all(after):
    result(after("all"), "detach", None, before=[EVENT, IN_SHADOW], now=[])


@test("results")
def result_rollback_to_none(after):
    result(after("rollback-to-none"), "rollback", None, before=[EVENT], now=[])


@test("results")
def result_of_a_failure_is_its_problems(after):
    expect(after("failure"), exits.NO_SUCH_POLICY)
    document = after("failure").document
    equal("keys", sorted(document), ["meta", "problems"])
    equal("problems", document["problems"],
          [{"file": "no-such-policy", "text": "no such policy or file; 'zrec policy list' has those that are installed"}])


@test("result_in_the_foreground")
def result_foreground(after):
    now = after.document("shadow.out")["result"]["now"]
    equal("now", now, [policy("event-isolate", "shadow")])


# --- refused, wrong, switched off ---------------------------------------------

@test("refusals")
def refuse_no_such_policy(after):
    expect(after("no-such-policy"), exits.NO_SUCH_POLICY)


@test("refusals")
def refuse_nonsense(after):
    expect(after("nonsense"), exits.REFUSED)


@test("refusals")
def check_sees_a_missing_link(after):
    expect(after("check-no-link"), exits.REFUSED)


REFUSED = [Case("refusals", name) for name in
           ("shadow-only", "bad-flag", "bad-limit", "bad-window", "short-window", "no-link")]


@each(REFUSED, "refuse-{name}")
def refused(after, case):
    expect(after(case.name), exits.REFUSED)


@test("refusals")
def refused_leaves_nothing(after):
    for case in REFUSED:
        expect(after(case.name), enforced="", shadows=[])


@test("refusals")
def shadow_only_in_shadow(after):
    expect(after("shadow-only-in-shadow"), exits.DONE, shadows=["only-shadow"])


@test("refusals")
def refused_keeps_the_old(after):
    expect(after("instead-of-another"), exits.REFUSED, enforced="event-isolate")


@test("nothing_there")
def rollback_of_nothing(after):
    expect(after("rollback"), exits.NOTHING_TO_ROLL_BACK)


@test("nothing_there")
def promote_of_nothing(after):
    expect(after("promote"), exits.NOTHING_TO_PROMOTE)


@test("refusals")
def usage_no_policy(after):
    expect(after("no-policy-named"), exits.USAGE)


@test("refusals")
def usage_canary(after):
    expect(after("no-canary"), exits.USAGE)


@test("switched_off")
def switched_off_ejects(after):
    counted(after("off"), "enforced", "ejected", 1)
    counted(after("off"), "shadow0", "ejected", 1)


@test("switched_off")
def switched_off_refuses(after):
    expect(after("apply-while-off"), exits.REFUSED)


@test("switched_off")
def switched_off_says_so(after):
    says(after("apply-while-off").err, "switched off")


@test("switched_off")
def switched_on_again(after):
    expect(after("apply-again"), exits.DONE, enforced="vote-isolate")


# --- who may ------------------------------------------------------------------

@test("privileges")
def no_capability_exits_4(after):
    expect(after("none-apply"), exits.NO_PERMISSION, enforced="")


@test("privileges")
def two_capabilities_apply(after):
    expect(after("two-apply"), exits.DONE, enforced="event-isolate")


@test("privileges")
def two_capabilities_swap(after):
    expect(after("two-swap"), exits.DONE, enforced="vote-isolate")


@test("privileges")
def two_capabilities_rollback(after):
    expect(after("two-rollback"), exits.DONE, enforced="event-isolate")


@test("privileges")
def no_capability_status(after):
    expect(after("none-status"), exits.DONE)


@test("privileges")
def no_capability_claims_nothing(after):
    expect(after("none-status"), enforced="event-isolate")
    says(after("none-status").out, "not pinned", times=0)


@test("privileges")
def two_capabilities_detach(after):
    expect(after("two-detach"), exits.DONE, enforced="")


# --- canaries -----------------------------------------------------------------

def canary(fact):
    """What status says of the enforced policy's functions"""
    return re.findall(r"^  canary (\S+), ", fact.out, re.MULTILINE)


@test("canaries")
def canary_of_fids(after):
    equal("canary", canary(after("of-fids")), ["fid=0x11,0x12"])


@test("canaries")
def canary_takes_sys_admin(after):
    says(after("no-sys-admin").out, "CAP_SYS_ADMIN")


@test("canaries")
def canary_of_a_shadow(after):
    only_for = [(entry["mode"], entry["only_for"])
                for entry in after("of-a-shadow").document["policies"]]
    equal("only_for", only_for, [("enforced", "fid=0x11,0x12"), ("shadow", "10%")])


@test("canaries")
def canary_is_promoted(after):
    equal("canary", canary(after("promoted")), ["10%"])


@test("canaries")
def canary_is_rolled_back(after):
    equal("canary", canary(after("rolled-back")), ["fid=0x11,0x12"])


@test("canaries")
def canary_ends(after):
    expect(after("ended"), enforced="event-isolate")
    equal("canary", canary(after("ended")), [])
    says(after("ended").out, "CAP_SYS_ADMIN", times=0)
