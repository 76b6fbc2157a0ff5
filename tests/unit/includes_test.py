#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Includes of user/ point down only: user/README.md has the order.

usage: includes_test.py ROOT
"""
import pathlib
import re
import sys

ORDER = ["exporter", "cmd", "serve", "report", "replay", "fleet", "keep", "observe", "policy", "rules", "record", "base",
         "stats"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def allowed(folder, target, shared):
    """None, or what is wrong with an include of a file in @folder"""
    if "/" not in target:
        if target in shared and folder not in ("base", "stats"):
            return None
        return "names no folder of user/ and is no header of bpf/"
    other = target.split("/")[0]
    if other not in ORDER:
        return f"there is no folder {other}/"
    if folder != "main" and ORDER.index(other) < ORDER.index(folder):
        return f"{folder}/ is below {other}/"
    return None


def circle(graph):
    """Headers that include each other, or None"""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for target in graph.get(node, []):
            found = visit(target)
            if found:
                return found
        done.add(path.pop())
        return None

    return next(filter(None, map(visit, graph)), None)


def main():
    root = pathlib.Path(sys.argv[1])
    user = root / "user"
    shared = {p.name for p in (root / "bpf").glob("*.h")}
    files = sorted(user.rglob("*.[ch]"))
    wrong = []
    graph = {}
    for path in files:
        name = path.relative_to(user)
        folder = name.parts[0] if len(name.parts) > 1 else "main"
        if folder != "main" and folder not in ORDER:
            wrong.append(f"{name}: {folder}/ is in no list of includes_test.py")
            continue
        for target in includes(path):
            problem = allowed(folder, target, shared)
            if problem:
                wrong.append(f'{name}: #include "{target}": {problem}')
        if path.suffix == ".h":
            graph[str(name)] = includes(path)
    found = circle(graph)
    print("1..2")
    for line in wrong:
        print("# " + line)
    print(f"{'not ok' if wrong or not files else 'ok'} 1 - includes of user/ point down only")
    if found:
        print("# " + " -> ".join(found))
    print(f"{'not ok' if found else 'ok'} 2 - no headers of user/ include each other")
    return 1 if wrong or found or not files else 0


sys.exit(main())
