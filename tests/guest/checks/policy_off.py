# SPDX-License-Identifier: GPL-2.0
"""A kernel that was started with zpci_policy=off"""
from checks import exits
from checks.facts import Group, equal
from checks.policy_facts import expect

GROUP = Group("policy-off")
test = GROUP.test


@test("off")
def parameter_switches_off(after):
    equal("enabled", after("boot").enabled, False)


@test("off")
def parameter_refuses(after):
    expect(after("apply"), exits.REFUSED, enforced="")


@test("off")
def parameter_refuses_shadow(after):
    expect(after("shadow"), exits.REFUSED, shadows=[])


@test("off")
def bpftool_is_refused(after):
    expect(after("bpftool"), exits.BPFTOOL_FAILED, enforced="")


@test("off")
def nothing_was_decided(after):
    equal("enforced", after("decided").kernel("enforced"), {})


@test("off")
def can_be_switched_on(after):
    expect(after("switched-on"), exits.DONE, enforced="event-isolate")
