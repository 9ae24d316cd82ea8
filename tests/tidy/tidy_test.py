#!/usr/bin/env python3
"""Tests of tidy.py: each case builds a small tree and says what must be found in it."""

import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cxx  # noqa: E402
import tidy  # noqa: E402


def long_function(lines):
    return "int Long() {\n" + "  Step();\n" * (lines - 2) + "}\n"


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def put(self, path, text):
        full = os.path.join(self.folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def header(self, path, body=""):
        self.put(path, "#pragma once\n" + body)

    def found(self):
        return list(tidy.findings(self.folder.name))

    def assert_clean(self):
        self.assertEqual(self.found(), [])

    def assert_one(self, beginning, part):
        found = self.found()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(beginning), found[0])
        self.assertIn(part, found[0])


class Arrows(Tree):
    def test_a_folder_may_include_what_is_left_of_it(self):
        self.header("include/freshet/log.h")
        self.header("src/base/clock.h", '#include "freshet/log.h"\n')
        self.header("connectors/kafka/reader.h", '#include "base/clock.h"\n')
        self.header("src/app/run.h", '#include "connectors/kafka/reader.h"\n')
        self.assert_clean()

    def test_a_folder_may_not_include_what_is_right_of_it(self):
        self.header("src/engine/task.h")
        self.header("src/base/clock.h", '#include "engine/task.h"\n')
        self.assert_one("src/base/clock.h:2:", "src/base may not include src/engine")

    def test_neighbours_on_one_level_do_not_know_each_other(self):
        self.header("src/codec/decoder.h")
        self.header("src/state/store.h", '#include "codec/decoder.h"\n')
        self.assert_one("src/state/store.h:2:", "may not include src/codec")

    def test_rank_and_view_may_include_models(self):
        self.header("src/models/decay.h")
        self.header("src/rank/mix.h", '#include "models/decay.h"\n')
        self.header("src/view/table.h", '#include "models/decay.h"\n')
        self.assert_clean()

    def test_view_may_not_include_rank(self):
        self.header("src/rank/mix.h")
        self.header("src/view/table.h", '#include "rank/mix.h"\n')
        self.assert_one("src/view/table.h:2:", "may not include src/rank")

    def test_models_may_not_include_rank(self):
        self.header("src/rank/mix.h")
        self.header("src/models/decay.h", '#include "rank/mix.h"\n')
        self.assert_one("src/models/decay.h:2:", "may not include src/rank")

    def test_import_reaches_codec_and_not_state(self):
        self.header("src/codec/encoder.h")
        self.header("src/state/store.h")
        self.header("src/import/importer.h", '#include "codec/encoder.h"\n#include "state/store.h"\n')
        self.assert_one("src/import/importer.h:3:", "may not include src/state")

    def test_an_include_relative_to_its_own_file_is_refused(self):
        self.header("src/base/clock.h")
        self.header("src/base/hash.h", '#include "clock.h"\n')
        self.assert_one("src/base/hash.h:2:", '"clock.h" is found neither')

    def test_tests_may_include_everything(self):
        self.put("tests/unit/base/a_test.cc", '#include "engine/task.h"\n#include <rocksdb/db.h>\n')
        self.assert_clean()


class ThirdParty(Tree):
    def test_a_library_is_at_home_in_its_folder(self):
        self.put("src/storage/database.cc", "#include <rocksdb/db.h>\n#include <sys/stat.h>\n#include <string>\n")
        self.assert_clean()

    def test_a_library_is_refused_elsewhere(self):
        self.put("src/engine/task.cc", "#include <rocksdb/db.h>\n")
        self.assert_one("src/engine/task.cc:1:", "<rocksdb/db.h> belongs in src/storage alone")

    def test_an_unknown_library_is_refused(self):
        self.put("src/engine/task.cc", "#include <absl/strings/str_cat.h>\n")
        self.assert_one("src/engine/task.cc:1:", "without a folder")


class Lengths(Tree):
    def test_a_file_may_have_400_lines_and_no_more(self):
        self.put("src/base/a.cc", "\n" * 400)
        self.assert_clean()
        self.put("src/base/a.cc", "\n" * 401)
        self.assert_one("src/base/a.cc:401:", "401 lines")

    def test_a_function_may_have_70_lines_and_no_more(self):
        self.put("src/base/a.cc", long_function(70))
        self.assert_clean()
        self.put("src/base/a.cc", long_function(71))
        self.assert_one("src/base/a.cc:1:", "71 lines in one function")

    def test_tests_are_measured_too(self):
        self.put("tests/unit/a_test.cc", long_function(71).replace("int Long()", "TEST(Long, Story)"))
        self.assert_one("tests/unit/a_test.cc:1:", "71 lines")


class Functions(unittest.TestCase):
    CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")

    def test_measures_every_kind_of_function(self):
        with open(os.path.join(self.CASES, "functions.cc"), encoding="utf-8") as file:
            found = cxx.functions(file.read())
        self.assertEqual([(lines, heading.split("(")[0].split()[-1]) for _, lines, heading in found],
                         [(3, "Free"), (1, "Method"), (4, "Long"), (3, "Outside::Outside"), (5, "WithLambda"),
                          (5, "Literals"), (3, "TEST")])


class Names(Tree):
    def test_a_type_has_its_name_for_itself(self):
        self.header("src/base/a.h", "namespace freshet {\nclass Decoder final {\n};\nclass Clock;\n}\n")
        self.header("src/codec/b.h", "namespace freshet {\nclass Clock;\n}\n")
        self.assert_clean()
        self.header("src/codec/b.h", "namespace freshet {\nstruct Decoder : Base {\n};\n}\n")
        self.assert_one("src/codec/b.h:3:", "freshet::Decoder is also defined in src/base/a.h")

    def test_namespaces_keep_names_apart(self):
        self.header("src/base/a.h", "namespace freshet::one {\nclass Decoder {\n};\n}\n")
        self.header("src/codec/b.h", "namespace freshet::two {\nclass Decoder {\n};\n}\n")
        self.assert_clean()


class Failpoints(Tree):
    PAGE = "## Killed processes and failpoints\n| point | what |\n|---|---|\n| `a.before` | nothing |\n"

    def setUp(self):
        super().setUp()
        self.put("src/base/a.cc", 'Failpoint("a.before");\n')
        self.put("docs/OPERATIONS.md", self.PAGE + "\n## Next\n| `no.point` | |\n")
        self.put("tests/a_test.cc", 'Kill("a.before:1:kill");\n')

    def test_a_point_is_explained_and_killed(self):
        self.assert_clean()

    def test_a_point_that_no_test_kills_is_found(self):
        self.put("tests/a_test.cc", 'Kill("a.before.not");\n')
        self.assert_one("src/base/a.cc:", "a.before is killed in no test")

    def test_a_point_that_is_not_explained_is_found(self):
        self.put("docs/OPERATIONS.md", "")
        self.assert_one("src/base/a.cc:", "a.before is missing in the table")

    def test_a_point_that_is_gone_is_found(self):
        self.put("docs/OPERATIONS.md", self.PAGE + "| `a.after` | nothing |\n")
        self.assert_one("docs/OPERATIONS.md:", "no code has the failpoint a.after")


class Words(Tree):
    def test_open_ends_are_refused(self):
        self.put("src/base/a.cc", "// TODO: later\n")
        self.assert_one("src/base/a.cc:1:", "'TODO'")

    def test_registry_hosts_are_refused(self):
        self.put("run", "curl https://repo1." + "maven.org/x\n")
        self.assert_one("run:1:", "package registry")

    def test_paths_of_one_machine_are_refused(self):
        self.put("docs/a.md", "see /home/me/x\n")
        self.assert_one("docs/a.md:1:", "only one machine")

    def test_shared_data_is_named_by_tests_only(self):
        self.put("tests/unit/a_test.cc", "// ../shared/data\n")
        self.assert_clean()
        self.put("src/base/a.cc", "// ../shared/data\n")
        self.assert_one("src/base/a.cc:1:", "'../shared'")

    def test_tabs_are_refused_in_code(self):
        self.put("src/base/a.cc", "\tint a;\n")
        self.assert_one("src/base/a.cc:1:", "a tab")

    def test_a_header_without_pragma_once_is_refused(self):
        self.put("src/base/a.h", "int a();\n")
        self.assert_one("src/base/a.h:1:", "#pragma once")

    def test_built_files_are_none_of_ours(self):
        self.put("build/dev/a.cc", "// TODO\n")
        self.assert_clean()


class ExitCode(Tree):
    def run_main(self, *arguments):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return tidy.main(["tidy.py", *arguments])

    def test_says_whether_there_is_a_finding(self):
        self.header("src/base/a.h")
        self.assertEqual(self.run_main(self.folder.name), 0)
        self.put("src/base/b.h", "")
        self.assertEqual(self.run_main(self.folder.name), 1)
        self.assertEqual(self.run_main(), 2)


if __name__ == "__main__":
    unittest.main()
