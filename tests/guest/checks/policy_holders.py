# SPDX-License-Identifier: GPL-2.0
"""Policies that zrec has not pinned: those of bpftool, and those in the foreground"""
from checks import exits
from checks.facts import Group, equal
from checks.policy_facts import Case, counted, expect, says

GROUP = Group("policy-commands")
test = GROUP.test
each = GROUP.each


# --- bpftool alone ------------------------------------------------------------

@test("bpftool_only")
def bpftool_needs_a_link(after):
    expect(after("no-link"), exits.BPFTOOL_FAILED, enforced="")


@test("bpftool_only")
def bpftool_registers(after):
    expect(after("register"), exits.DONE, enforced="event-isolate")


@test("bpftool_only")
def bpftool_is_followed(after):
    counted(after("status"), "enforced", "isolations", 1)


@test("bpftool_only")
def bpftool_status(after):
    says(after("status").out, "not pinned by zrec")


@test("bpftool_only")
def bpftool_is_not_detached(after):
    expect(after("detach"), exits.REFUSED, enforced="event-isolate")


@test("bpftool_only")
def bpftool_keeps_zrec_out(after):
    expect(after("apply"), exits.REFUSED, enforced="event-isolate")


@test("bpftool_only")
def bpftool_gone_with_its_link(after):
    expect(after("unlinked"), enforced="")


@test("bpftool_only")
def bpftool_shadow(after):
    expect(after("shadow"), exits.DONE, shadows=["only-shadow"])


# --- in the foreground --------------------------------------------------------

SIGNALS = [Case(f"foreground_ends:{signal}", signal) for signal in ("TERM", "KILL")]


@each(SIGNALS, "foreground-{name}-begins")
def foreground_begins(after, case):
    expect(after("begun"), enforced="event-isolate")


@each(SIGNALS, "foreground-{name}-pins-nothing")
def foreground_pins_nothing(after, case):
    maps = [pin for pin in after("begun").pins if pin.endswith("/map")]
    equal("maps in bpffs", maps, [])


@each(SIGNALS, "foreground-{name}-ends-with-its-loader")
def foreground_ends_with_its_loader(after, case):
    expect(after("ended"), enforced="")


@test("foreground_ejected")
def foreground_ends_with_its_policy(after):
    expect(after("loader"), exits.REFUSED)
    says(after("loader").err, "the kernel has ended it")


@test("foreground_refused")
def foreground_refused(after):
    expect(after("loader"), exits.REFUSED)


@test("foreground_refused")
def pinned_outlives_its_loader(after):
    expect(after("loader"), enforced="event-isolate")
