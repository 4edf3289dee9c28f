# SPDX-License-Identifier: MIT
"""The rows of the bug corpus (tests/corpus/rows): what stands for each."""
import glob
import os
import re

ROWS = "tests/corpus/rows"
PATCHES = "tests/mutants"
COUNT = 104
STANDS = ("applicable", "inapplicable", "waiting")


class Row:
    """One line: id, how it stands, and scenarios "room/test_file:function" or a reason."""

    def __init__(self, line):
        self.id, self.stands, self.text = (line.split(None, 2) + ["", ""])[:3]
        self.applicable = self.stands == "applicable"
        self.scenarios = [tuple(s.partition(":")[::2]) for s in self.text.split()] if self.applicable else []

    def has(self, mutant):
        return mutant == self.id or mutant.startswith(self.id + "-")


def read(path=ROWS):
    with open(path, encoding="utf-8") as lines:
        return [Row(line.strip()) for line in lines if line.strip() and not line.startswith("#")]


def function_in(program, function, top="."):
    try:
        with open(os.path.join(top, "tests", program + ".c"), encoding="utf-8") as text:
            said = text.read()
    except FileNotFoundError:
        return False
    return bool(re.search(rf"\bcmocka_unit_test\w*\({function}\b", said))


def faults_of(row, mutants):
    """What is wrong with one row, in sentences."""
    if row.stands not in STANDS:
        yield f"stands as '{row.stands}', which is none of {', '.join(STANDS)}"
    elif not row.text:
        yield "has no scenario" if row.applicable else "has no reason"
    if not row.applicable:
        return
    for program, function in row.scenarios:
        if not re.search(rf"\b{row.id.replace('-', '_')}(_|\b)", function.replace("_P_", " P_")):
            yield f"scenario {function} does not carry the id"
        if not function_in(program, function):
            yield f"there is no test {function} in tests/{program}.c"
    if not any(row.has(m) for m in mutants):
        yield f"no patch {PATCHES}/{row.id}*.patch"


def faults(rows):
    """Everything that is wrong with the list, a sentence each."""
    mutants = [os.path.basename(p)[:-6] for p in glob.glob(PATCHES + "/P-*.patch")]
    wanted = [f"P-{n:02}" for n in range(1, COUNT + 1)]
    listed = [row.id for row in rows]
    for name in wanted:
        if listed.count(name) != 1:
            yield f"{name}: listed {listed.count(name)} times"
    for name in sorted(set(listed) - set(wanted)):
        yield f"{name}: no row of the corpus"
    for row in rows:
        for fault in faults_of(row, mutants):
            yield f"{row.id}: {fault}"
    for mutant in mutants:
        if not any(row.has(mutant) and row.stands != "inapplicable" for row in rows):
            yield f"{mutant}: a patch of no row that applies"
