# SPDX-License-Identifier: GPL-2.0
"""What policy-guest.sh records: a directory for each scenario"""
import os
from collections import namedtuple

from checks.facts import Failure, Files, equal

PINS = "/sys/fs/bpf/zrec/policy"

# One of several tests that differ in a word
Case = namedtuple("Case", "scenario name")


class Fact:
    """What a command said, and what the kernel and bpffs had right after it"""

    def __init__(self, files, label):
        self.files = files
        self.label = label

    @property
    def code(self):
        return self.files.code(self.label)

    @property
    def out(self):
        return self.files.text(self.label + ".out")

    @property
    def err(self):
        return self.files.text(self.label + ".err")

    @property
    def document(self):
        return self.files.document(self.label + ".out")

    @property
    def results(self):
        """What the command says that it has changed, in JSON lines"""
        return [line["result"] for line in self.files.documents(self.label + ".out")
                if "result" in line]

    @property
    def attributes(self):
        """Those that the kernel has in sysfs, each with its values by name"""
        found = {}
        for line in self.files.lines(self.label + ".kernel"):
            path, _, text = line.partition(":")
            name, _, value = text.partition(" ")
            found.setdefault(os.path.basename(path), {})[name] = value
        if "enabled" not in found:
            raise Failure(f"{self.label}: the guest did not record what the kernel has")
        return found

    def kernel(self, attribute):
        """The values of one attribute, by name; none at all if the slot is empty"""
        return self.attributes.get(attribute, {})

    @property
    def enabled(self):
        return self.kernel("enabled") == {"1": ""}

    @property
    def enforced(self):
        """The name of the policy that the kernel follows, "" if there is none"""
        return self.kernel("enforced").get("name", "")

    @property
    def shadows(self):
        names = (self.kernel(f"shadow{slot}").get("name") for slot in range(4))
        return [name for name in names if name]

    @property
    def pins(self):
        return self.files.lines(self.label + ".pins")

    @property
    def zrec_pins(self):
        """Of policies, from the directory itself on"""
        return [pin for pin in self.pins if pin == PINS or pin.startswith(PINS + "/")]


class Scenario(Files):
    """Called with a label, the fact"""

    def __call__(self, label):
        return Fact(self, label)


def expect(fact, code=None, enforced=None, shadows=None):
    """The exit code of a command, and the policies that the kernel has after it"""
    if code is not None:
        said = f", it says {fact.err.strip()!r}" if fact.code != code else ""
        equal(f"{fact.label}: exit code{said}", fact.code, code)
    if enforced is not None:
        equal(f"{fact.label}: enforced", fact.enforced, enforced)
    if shadows is not None:
        equal(f"{fact.label}: in shadow", fact.shadows, shadows)


def counted(fact, slot, name, want):
    """One of the kernel's numbers about a policy"""
    equal(f"{fact.label}: {slot} {name}", fact.kernel(slot).get(name), str(want))


def says(text, words, times=1):
    """So many lines have them"""
    found = sum(words in line for line in text.splitlines())
    equal(f"lines with {words!r} in {text!r}", found, times)
