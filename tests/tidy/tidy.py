#!/usr/bin/env python3
"""Checks the rules of docs/STYLE.md that a program can check. Prints one line a finding; exit 1 when there is any.

usage: tidy.py ROOT
"""

import os
import re
import sys

import cxx
import rules

CODE = (".h", ".cc")
SCRIPTS = (".py", ".sh", ".cmake", ".txt", ".toml", ".json", ".yaml", ".yml", ".md", ".properties", ".xml")
SKIPPED_FOLDERS = {".git", ".cache", "build", "data", "node_modules", "__pycache__"}
# These two hold the forbidden words as data.
WORD_LISTS = ("tests/tidy/rules.py", "tests/tidy/tidy_test.py")


def own_files(root):
    """Paths relative to root, with "/", in order."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            if name.endswith(CODE + SCRIPTS) or path in ("run", ".ci/run", "compose/Dockerfile"):
                found.append(path)
    return found


def module_of(path):
    """The folder of LEVELS that holds a path, or None."""
    for module in rules.LEVELS:
        if path.startswith(module + "/"):
            return module
    return None


def resolve(root, header):
    """The path of a quoted header, which is written relative to src/, include/ or the root."""
    for base in ("src/", "include/", ""):
        if os.path.isfile(os.path.join(root, base + header)):
            return base + header
    return None


def may_include(module, target):
    if target == module:
        return True
    if module in rules.ONLY:
        return target in rules.ONLY[module]
    return rules.LEVELS[target] < rules.LEVELS[module] or target in rules.EXTRA.get(module, ())


def check_own_include(root, module, header):
    path = resolve(root, header)
    if path is None:
        return f'"{header}" is found neither in src/, include/ nor from the root'
    target = module_of(path)
    if target is None:
        return f'"{header}" is in no folder that {module} may include'
    if not may_include(module, target):
        return f'"{header}": {module} may not include {target} (docs/ARCHITECTURE.md, Folders)'
    return None


def check_foreign_include(module, header):
    for prefix, owner in rules.THIRD_PARTY.items():
        if header == prefix or (prefix.endswith("/") and header.startswith(prefix)):
            return None if module == owner else f"<{header}> belongs in {owner} alone"
    standard = re.fullmatch(r"[a-z_0-9]+", header) is not None
    if standard or header in rules.SYSTEM_HEADERS or header.startswith(rules.SYSTEM):
        return None
    return f"<{header}> is a third-party header without a folder: name one in tests/tidy/rules.py"


def check_includes(root, path, text):
    module = module_of(path)
    if module is None:
        return
    for line, kind, header in cxx.includes(text):
        message = check_own_include(root, module, header) if kind == '"' else check_foreign_include(module, header)
        if message:
            yield line, message


def check_lengths(path, text):
    lines = text.count("\n")
    if lines > rules.FILE_LINES_MAX and path.endswith(CODE + (".py", ".cmake", "run")):
        yield lines, f"{lines} lines, at most {rules.FILE_LINES_MAX} are allowed: split the file"
    if not path.endswith(CODE):
        return
    for line, length, heading in cxx.functions(text):
        if length > rules.FUNCTION_LINES_MAX:
            yield line, f"{length} lines in one function, at most {rules.FUNCTION_LINES_MAX} are allowed: {heading}"


def check_words(path, text):
    if path in WORD_LISTS:
        return
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, reason in rules.FORBIDDEN:
            match = re.search(pattern, line)
            if match:
                yield number, f"'{match.group(0)}': {reason}"
        if "../shared" in line and not path.startswith(rules.SHARED_ALLOWED):
            yield number, "'../shared': only tests, benchmarks and documents name data beside the repository"
        if "\t" in line and path.endswith(CODE + (".py", ".sh", ".cmake", "run")):
            yield number, "a tab: indent with spaces, write \\t in literals"


def check_header(path, text):
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield 1, "a header without #pragma once"


def check_file(root, path):
    """(line, message) of each finding."""
    with open(os.path.join(root, path), encoding="utf-8") as file:
        text = file.read()
    yield from check_words(path, text)
    yield from check_lengths(path, text)
    if path.endswith(CODE):
        yield from check_includes(root, path, text)
        yield from check_header(path, text)


def check_names(root, headers):
    """Two types of one name cannot be linked into one program, and are two words for two things."""
    owners = {}
    for path in headers:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            for line, name in cxx.types(file.read()):
                first = owners.setdefault(name, path)
                if first != path:
                    yield f"{path}:{line}: {name} is also defined in {first}: find each its own name"


def read(root, path):
    full = os.path.join(root, path)
    if not os.path.isfile(full):
        return ""
    with open(full, encoding="utf-8") as file:
        return file.read()


def check_failpoints(root, files):
    """Each failpoint of the code is explained in the table of operations and killed by a test, and no others are."""
    section = read(root, rules.FAILPOINTS_PAGE).partition(rules.FAILPOINTS_SECTION)[2].partition("\n## ")[0]
    explained = set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
    code = [path for path in files if path.endswith(".cc")]
    tests = "".join(read(root, path) for path in code if path.startswith(rules.FAILPOINTS_KILLED_IN))
    points = {}
    for path in code:
        if module_of(path):
            for point in re.findall(r'\bFailpoint\("([^"]+)"\)', read(root, path)):
                points.setdefault(point, path)
    for point, path in sorted(points.items()):
        if point not in explained:
            yield f"{path}: failpoint {point} is missing in the table of {rules.FAILPOINTS_PAGE}"
        if not re.search(f'"{re.escape(point)}[":]', tests):
            yield f"{path}: failpoint {point} is killed in no test"
    for point in sorted(explained - set(points)):
        yield f"{rules.FAILPOINTS_PAGE}: no code has the failpoint {point}"


def findings(root):
    files = own_files(root)
    yield from check_names(root, [path for path in files if path.endswith(".h") and module_of(path)])
    yield from check_failpoints(root, files)
    for path in own_files(root):
        if path.startswith("tests/tidy/cases/"):
            continue
        try:
            for line, message in check_file(root, path):
                yield f"{path}:{line}: {message}"
        except UnicodeDecodeError:
            if path.endswith(CODE):
                yield f"{path}:1: not UTF-8"


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = list(findings(arguments[1]))
    for finding in found:
        print(finding)
    print(f"tidy: {len(found)} findings in {len(own_files(arguments[1]))} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
