#!/usr/bin/env python3
"""Measures the quality bars with `freshet evaluate` and writes their table into docs/QUALITY.md.

usage: ./run quality [--every N] [--list] [NAME...]
       ./run quality parts [STREAM...]      the mix against each of its generators, by tenth of the shared streams

Without names all bars are measured, which takes about an hour on two cores. Results are kept in build/quality, so that
bars can be measured one by one: the table always shows the last result of each.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import quality_data
import quality_parts

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join("build", "release", "freshet")
FOLDER = os.path.join("build", "quality")
PAGE = os.path.join("docs", "QUALITY.md")
BARS = ("<!-- figures -->", "<!-- end of figures -->")
PARTS = ("<!-- parts -->", "<!-- end of parts -->")


def prequential(name, data, title, metrics, must, aim, profile):
    return {"name": name, "title": title, "metrics": metrics, "must": must, "aim": aim, "profile": profile,
            "runs": [["prequential", "--input", data, "--repeats", "exclude"]]}


def bars():
    top10 = ("hit_rate@10", "ndcg@10")
    top20 = ("hit_rate@20", "mrr@20")
    folds = [f"ml1m-fold-{fold}.csv" for fold in range(1, 6)]
    return [
        {"name": "ml100k-ratings", "title": "ML-100K, each rating predicted, then learned", "metrics": ("rmse", "mae"),
         "must": (.930, .735), "aim": (.915, .722), "profile": "ratings", "runs": [["ratings", "--input", "ml100k.tsv"]]},
        {"name": "ml1m-folds", "title": "ML-1M, 5 folds, one pass over four, mean", "metrics": ("rmse",), "must": (.873,),
         "aim": (.850,), "profile": "ratings",
         "runs": [["ratings", "--format", "movielens", "--train", *[other for other in folds if other != fold],
                   "--test", fold] for fold in folds]},
        prequential("ml1m-five", "ml1m-five.tsv", "ML-1M five-star, prequential", top10, (.228, .126), (.25, .14), "ratings"),
        prequential("ml100k", "ml100k.tsv", "ML-100K, prequential", top10, (.218, .114), (.25, .13), "ratings"),
        {"name": "ml1m-temporal", "title": "ML-1M, last tenth by time, successive", "metrics": top10,
         "must": (.220, .123), "aim": (.235, .135), "profile": "ratings",
         "runs": [["temporal", "--input", "ml1m.tsv", "--quantile", "0.9", "--repeats", "exclude"]]},
        {"name": "ml1m-leave-one-out", "title": "ML-1M, leave one out", "metrics": top10, "must": (.277, .168),
         "aim": (.326, .193), "profile": "ratings", "runs": [["leave-one-out", "--sequences", "ml1m-sequences.txt"]]},
        {"name": "rsc15", "title": "RSC15-1/64, next click", "metrics": top20, "must": (.660, .320), "aim": (.69, .335),
         "profile": "sessions", "runs": [["sessions", "--train", "rsc15-train.tsv", "--test", "rsc15-test.tsv"]]},
        {"name": "serenade", "title": "Serenade toy, next click", "metrics": top20, "must": (.66, .335),
         "aim": (.69, .355), "profile": "sessions",
         "runs": [["sessions", "--train", "serenade-train.tsv", "--test", "serenade-test.tsv", "--repeats", "exclude"]]},
        {"name": "ml100k-held-out", "title": "ML-100K, last fifth of each user held out", "metrics": ("ndcg@10", "recall@10"),
         "must": (.205, .125), "aim": (.235, .145), "profile": "ratings",
         "runs": [["held-out", "--train", "ml100k-train.tsv", "--test", "ml100k-test.tsv"]]},
        {"name": "gowalla", "title": "Gowalla, one pass, seed 1", "metrics": ("recall@20", "ndcg@20"), "must": (.165, .135),
         "aim": (.188, .158), "profile": "clicks",
         "runs": [["held-out", "--train", "gowalla-train.txt", "--test", "gowalla-test.txt", "--seed", "1"]]},
        {**prequential("globo", "globo.tsv", "Globo clicks, prequential", top20, None, None, "clicks"),
         "rivals": ["transitions", "popularity_recent"]},
        {"name": "ml1m-cold", "title": "ML-1M, users after 0, 1, 3, 5 events with their profiles, and items below 20 events",
         "metrics": (*(f"cold_users/user after {step}/hit_rate@10" for step in ("0 events", "1 event", "3 events", "5 events")),
                     "cold_items/item below 20 events/hit_rate@10"),
         "must": None, "aim": None, "profile": "ratings",
         "rivals": ["popularity_recent", "popularity_medium", "popularity_long"],
         "runs": [["prequential", "--format", "jsonl", "--input", "ml1m-cold.jsonl", "--repeats", "exclude", "--cold-start",
                   "--set", "models.segments=true"]]},
        prequential("retail", "retail.tsv", "Online Retail, first purchases, prequential", top10, (.285, .193), (.33, .22),
                    "clicks"),
    ]


def figure(report, metric):
    """A figure of the whole, or as by/group/metric one of a part."""
    if "/" not in metric:
        return report["metrics"][metric]
    by, group, name = metric.split("/")
    return report["by"][by][group][name]


def version():
    """The commit, marked where what makes the figures differs from it."""
    commit = subprocess.run(["git", "describe", "--always"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    made_of = ["src", "include", "config", "bench", "CMakeLists.txt", "CMakePresets.json"]
    same = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", *made_of], check=False).returncode == 0
    return commit if same else commit + "-dirty"


def evaluate(data, words, options):
    """Runs one evaluation; its report, with the command line, the version and the wall time."""
    command = [PROGRAM, "evaluate", *[data.path(word) if word in quality_data.RECIPES else word for word in words],
               *options, "--json"]
    print("quality: " + " ".join(command), file=sys.stderr, flush=True)
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit(f"quality: the command above ended with {done.returncode}")
    report = json.loads(done.stdout)
    report["seconds"] = time.monotonic() - start
    report["command"] = " ".join(["freshet", *command[1:-1]])
    report["commit"] = version()
    return report


def measure(bar, data, every):
    options = ["--profile", bar["profile"]]
    if every > 1 and bar["runs"][0][0] in ("prequential", "temporal"):
        options += ["--every", str(every)]
    reports = [evaluate(data, words, options) for words in bar["runs"]]
    result = {
        "commit": reports[0]["commit"],
        "command": reports[0]["command"],
        "n": sum(report["n"] for report in reports),
        "seconds": sum(report["seconds"] for report in reports),
        "cost": reports[0]["cost"],
        "figures": [sum(figure(report, metric) for report in reports) / len(reports) for metric in bar["metrics"]],
    }
    rivals = [evaluate(data, bar["runs"][0], options + ["--model", model]) for model in bar.get("rivals", [])]
    if rivals:
        result["must"] = [max(figure(rival, metric) for rival in rivals) for metric in bar["metrics"]]
        result["aim"] = [1.2 * value for value in result["must"]]
    return result


def reached(bar, figures, goal):
    """A bar is reached by all of its figures; errors are better low."""
    return all(figure <= value if metric in ("rmse", "mae") else figure >= value
               for metric, figure, value in zip(bar["metrics"], figures, goal))


def joined(values, digits=4):
    return " / ".join(f"{value:.{digits}f}" for value in values)


def table(results):
    """Markdown: a row for each bar that was measured, then the commands."""
    lines = ["| what | metrics | figures | must | aim | reached | scored | wall time | of it an update / a query |",
             "|---|---|---|---|---|---|---|---|---|"]
    commands = []
    missing = []
    for bar in bars():
        result = results.get(bar["name"])
        if result is None:
            missing.append(bar["title"])
            continue
        must, aim = result.get("must", bar["must"]), result.get("aim", bar["aim"])
        verdict = "aim" if reached(bar, result["figures"], aim) else "must" if reached(bar, result["figures"], must) else "no"
        lines.append(f"| {bar['title']} | {' / '.join(metric.split('/')[-1] for metric in bar['metrics'])} | **{joined(result['figures'])}** | {joined(must, 3)} "
                     f"| {joined(aim, 3)} | {verdict} | {result['n']:,} | {result['seconds']:.0f} s "
                     f"| {result['cost']['update_us']:.0f} / {result['cost']['query_us']:.0f} µs |")
        more = f" (and {len(bar['runs']) - 1} more of the kind)" if len(bar["runs"]) > 1 else ""
        rivals = f"; must: the better of {' and '.join(bar['rivals'])} alone, aim: 1.2 times that" if "rivals" in bar else ""
        commands.append(f"- {bar['title']}, version {result['commit']}{rivals}{more}:\n  `{result['command']}`")
    text = "\n".join(lines) + "\n\n" + "\n".join(commands) + "\n"
    if missing:
        text += "\nNot measured: " + "; ".join(missing) + ".\n"
    return text


def write_page(marks, text):
    """Puts text between two marks of the page."""
    with open(PAGE, encoding="utf-8") as page:
        before, rest = page.read().split(marks[0])
    after = rest.split(marks[1])[1]
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(before + marks[0] + "\n" + text + marks[1] + after)


def keep(file, name, measured):
    """All results of the file, with this one."""
    store = os.path.join(FOLDER, file)
    results = {}
    if os.path.exists(store):  # read anew: bars may be measured side by side
        with open(store, encoding="utf-8") as kept:
            results = json.load(kept)
    results[name] = measured
    with open(store, "w", encoding="utf-8") as kept:
        json.dump(results, kept, indent=1)
    return results


def measure_parts(names, data):
    for name in names or quality_parts.STREAMS:
        known = quality_parts.STREAMS[name]
        report = evaluate(data, quality_parts.words(known), [])
        for failure in quality_parts.failures(report["parts"], 10):
            print(f"quality: {known['title']}, {failure}", file=sys.stderr)
        write_page(PARTS, quality_parts.table(keep("parts.json", name, quality_parts.summary(known, report))))


def main():
    parser = argparse.ArgumentParser(prog="./run quality", description="Measures the quality bars of docs/QUALITY.md.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="bars, default: all")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="score every Nth event of streams only")
    parser.add_argument("--list", action="store_true", help="names of the bars")
    options = parser.parse_args()
    os.chdir(ROOT)
    shared = os.environ.get("FRESHET_SHARED_DATA", os.path.join(ROOT, "..", "shared", "data"))
    known = {bar["name"]: bar for bar in bars()}
    if options.list:
        print("\n".join(f"{name:<20} {bar['title']}" for name, bar in known.items()))
        print("\n".join(f"parts {name:<14} {stream['title']}" for name, stream in quality_parts.STREAMS.items()))
        return
    of_parts = options.names[:1] == ["parts"]
    names = options.names[1:] if of_parts else options.names
    for name in names:
        if name not in (quality_parts.STREAMS if of_parts else known):
            parser.error(f"no {'stream' if of_parts else 'bar'} {name}; ./run quality --list names them")
    data = quality_data.Data(shared, os.path.join(FOLDER, "data"))
    if of_parts:
        measure_parts(names, data)
        return
    for name in names or known:
        write_page(BARS, table(keep("results.json", name, measure(known[name], data, options.every))))


if __name__ == "__main__":
    main()
