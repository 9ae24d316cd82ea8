"""The rules of docs/STYLE.md that a program can check, as data."""

# A folder may include folders of a lower level, itself, and what EXTRA grants.
LEVELS = {
    "include/freshet": 0,
    "src/base": 1,
    "src/storage": 2,
    "src/codec": 3,
    "src/state": 3,
    "connectors/embedded": 3,
    "connectors/kafka": 3,
    "connectors/simulated": 3,
    "connectors/file": 3,
    "src/import": 4,
    "src/models": 4,
    "src/rank": 4,
    "src/view": 4,
    "src/operators": 5,
    "src/engine": 6,
    "src/evaluate": 7,
    "src/serve": 7,
    "src/config": 7,
    "src/app": 8,
}
EXTRA = {"src/rank": {"src/models"}, "src/view": {"src/models"}}
# A folder that may include less than its level says.
ONLY = {"src/import": {"include/freshet", "src/base", "src/codec"}}

# Third-party headers by prefix, and the one folder that may include them.
THIRD_PARTY = {
    "tl/": "include/freshet",
    "fmt/": "src/base",
    "spdlog/": "src/base",
    "tsl/": "src/base",
    "xxhash.h": "src/base",
    "jemalloc/": "src/base",
    "rocksdb/": "src/storage",
    "simdjson.h": "src/codec",
    "nlohmann/": "src/codec",
    "librdkafka/": "connectors/kafka",
    "lz4.h": "connectors/embedded",
    "zstd.h": "connectors/file",
    "zlib.h": "connectors/file",
    "boost/": "src/serve",
    "toml++/": "src/config",
    "CLI/": "src/app",
}
# Headers of the operating system, the C library and the compiler: anywhere.
SYSTEM = ("sys/", "netinet/", "arpa/", "linux/")
SYSTEM_HEADERS = {
    "dirent.h", "errno.h", "fcntl.h", "immintrin.h", "nmmintrin.h", "limits.h", "netdb.h", "poll.h", "pthread.h",
    "sched.h", "signal.h", "spawn.h", "stdlib.h", "string.h", "termios.h", "time.h", "unistd.h",
}

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

# Words that have no place in any file of ours.
FORBIDDEN = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "an open end: finish it or open an issue"),
    (r"(repo1\.maven\.org|registry\.npmjs\.org|deb\.debian\.org|crates\.io|pypi\.org|proxy\.golang\.org)",
     "the host of a package registry: the package manager knows it"),
    (r"(?<![\w.])/(work|root|home)/", "a path that only one machine has"),
]
# The page with a section and table of the failpoints, and where each of them must be killed.
FAILPOINTS_PAGE = "docs/OPERATIONS.md"
FAILPOINTS_SECTION = "## Killed processes and failpoints"
FAILPOINTS_KILLED_IN = "tests/"
# Where data beside the repository may be named: tests and benchmarks skip without it, documents say so.
SHARED_ALLOWED = ("tests/", "bench/", "docs/", "demo/README.md")
