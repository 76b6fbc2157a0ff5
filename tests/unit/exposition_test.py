#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Pages of the exporter as a strict reader, and Prometheus' own tool, take them: TAP.

usage: exposition_test.py EXPORTER_TEST GUEST_TESTS PROMTOOL.SH [WRAPPER]
"""
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[2])
from checks import exposition  # noqa: E402

FORMS = ("prometheus", "openmetrics")
NUMBER = 0
FAILED = False


def result(good, text, remark=""):
    global NUMBER, FAILED
    NUMBER += 1
    FAILED |= not good
    for line in remark.splitlines():
        print("# " + line)
    print(f"{'ok' if good else 'not ok'} {NUMBER} - {text}")


def read(directory, page, form):
    data = pathlib.Path(directory, f"{page}.{form}").read_bytes()
    try:
        families = exposition.parse(data, form)
        result(True, f"{page}: a strict reader of {form} takes it")
        return families
    except (exposition.Malformed, UnicodeDecodeError, ValueError) as why:
        result(False, f"{page}: a strict reader of {form} takes it", str(why))
        return {}


def refused(data, form):
    try:
        exposition.parse(data, form)
    except (exposition.Malformed, ValueError):
        return True
    return False


BAD = (b"a 1", b"a 1\n", b"# TYPE a_total counter\na_total 1\n",
       b"# HELP a A.\n# TYPE a gauge\na 1\na 1\n", b"# HELP a A.\n# TYPE a gauge\na{b=\"\n\"} 1\n",
       b"# HELP a A.\n# TYPE a gauge\na{b=\"1\",} 1\n", b"# HELP a A.\n# TYPE a gauge\na -\n",
       b"# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n",
       b"# HELP a A.\n# TYPE a gauge\na 1\n\n")


def promtool(script, directory):
    found = subprocess.run([script], capture_output=True, text=True)
    if found.returncode:
        result(True, f"promtool finds nothing to say # SKIP {found.stderr.splitlines()[-1]}")
        return
    for page in ("full", "none"):
        with open(f"{directory}/{page}.prometheus", "rb") as file:
            said = subprocess.run([found.stdout.strip(), "check", "metrics"], stdin=file,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        result(said.returncode == 0 and not said.stdout, f"{page}: promtool finds nothing to say",
               said.stdout)


def main():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([*sys.argv[4:], sys.argv[1], directory], check=True)
        pages = {form: read(directory, "full", form) for form in FORMS}
        for form in FORMS:
            read(directory, "none", form)
        same = [exposition.samples(pages[form]) for form in FORMS]
        result(same[0] == same[1] and len(same[0]) > 1000,
               "both formats have the same series, bounds and values",
               f"{len(same[0])} and {len(same[1])}")
        promtool(sys.argv[3], directory)
    result(all(refused(data, "prometheus") for data in BAD), "the strict reader is strict")
    print(f"1..{NUMBER}")
    return FAILED


sys.exit(main())
