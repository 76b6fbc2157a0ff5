# SPDX-License-Identifier: GPL-2.0
"""Rules that are in force, read back from the kernel"""
from checks import exits
from checks.facts import Group, equal
from checks.policy_facts import expect, says

GROUP = Group("policy-commands")
test = GROUP.test

RULES = """[policy]
name = mine
mode = enforce

[rule only]
fid = 0x98
event = isolate
"""


def states(fact):
    """What 'policy list' says that the kernel does with each file"""
    return {policy["file"]: (policy.get("state"), policy.get("state_sure"), policy.get("differs"))
            for policy in fact.document["policies"]}


@test("rules_in_force")
def nothing_enforced_to_compare_with(after):
    expect(after("nothing-enforced"), exits.NO_SUCH_POLICY)


@test("rules_in_force")
def only_the_file_in_force_is_enforced(after):
    expect(after("apply"), exits.DONE, enforced="mine")
    equal("states", states(after("list")),
          {"first": (None, None, True), "second": ("enforced", True, None)})


@test("rules_in_force")
def without_rights_a_name_is_not_sure(after):
    equal("states", states(after("list-plain")),
          {"first": ("enforced", False, None), "second": ("enforced", False, None)})


@test("rules_in_force")
def what_is_in_force_is_its_file(after):
    expect(after("same"), exits.DONE)
    equal("stdout", after("same").out, "")


@test("rules_in_force")
def another_file_is_different(after):
    expect(after("different"), exits.CONDITION)
    says(after("different").out, "-fid = 0x98")
    says(after("different").out, "+fid = 0x99")


@test("rules_in_force")
def reading_rules_back_needs_rights(after):
    expect(after("plain"), exits.NO_PERMISSION)


@test("rules_in_force")
def rules_outlive_their_file(after):
    expect(after("gone"), exits.DONE)
    equal("rules", after("gone").out, RULES)
    equal("states", states(after("other-left")), {"first": (None, None, True)})


@test("rules_in_force")
def promoted_rules_are_in_force(after):
    expect(after("promoted"), exits.DONE)


@test("rules_in_force")
def rolled_back_rules_are_in_force(after):
    equal("rules", after("rolled-back").out, RULES)


@test("rules_in_force")
def object_has_no_rules_to_compare(after):
    expect(after("object"), exits.FAILED)
    says(after("object").err, "not a rule file")


@test("rules_in_force")
def nothing_is_enforced_after_detach(after):
    expect(after("detached"), exits.NO_SUCH_POLICY)
