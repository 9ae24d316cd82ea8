"""A mix is never worse than its best part: on each shared stream, and in each tenth of it, its hit rate at 10 is at least
0.99 times that of the generator that was best there, by `freshet evaluate prequential --parts`."""

import math

SHARE = 0.99
CUTOFFS = (10, 20)

# Of a head, a tenth holds some hundred lists. Where two models are equally good the hits that only one of them has fall
# to either side like a coin: their difference has the square root of their number as its standard deviation (McNemar
# 1947). A tenth of a head fails where the mix is short by more than two of them. A head as a whole, and all of a whole
# stream, gets no allowance.
DEVIATIONS = 2


# Longer heads where 20,000 events are few lists (steam: one or two events a user, this is all of it) or still a young shop.
def stream(data, title, profile, repeats="exclude", head=20000):
    return {"data": data, "title": title, "profile": profile, "repeats": repeats, "head": head}


STREAMS = {
    "ml100k": stream("ml100k.tsv", "ML-100K", "ratings"),
    "ml1m": stream("ml1m.tsv", "ML-1M", "ratings"),
    "ml1m-five": stream("ml1m-five.tsv", "ML-1M five-star", "ratings"),
    "steam": stream("steam.tsv", "Steam reviews", "ratings", head=49070),
    "grocery": stream("grocery.tsv", "Amazon grocery reviews", "ratings"),
    "retail": stream("retail.tsv", "Online Retail, first purchases", "clicks", head=54000),
    "deskdrop": stream("deskdrop.tsv", "Deskdrop articles", "clicks", "allow"),
    "globo": stream("globo.tsv", "Globo clicks", "clicks"),
    "rsc15": stream("rsc15-stream.tsv", "RSC15-1/64", "sessions"),
    "serenade": stream("serenade-stream.tsv", "Serenade toy", "sessions"),
    "yoochoose": stream("yoochoose-stream.tsv", "Yoochoose, first 100,000 rows", "sessions"),
}


def words(known):
    """The command line after `freshet evaluate`, with the name of the data for its file."""
    return ["prequential", "--parts", "--input", known["data"], "--repeats", known["repeats"], "--profile", known["profile"]]


def generators(parts, cutoff):
    """Hits by tenth of the mix, and of each generator by name."""
    hits = dict(parts[f"hits@{cutoff}"])
    return hits.pop("hybrid"), hits


def ratio(mix, best):
    return mix / best if best > 0 else math.inf


def ratios(parts, cutoff):
    """The mix's hits over those of the best generator: of the whole, and of each tenth."""
    mix, alone = generators(parts, cutoff)
    whole = ratio(sum(mix), max(sum(hits) for hits in alone.values()))
    return whole, [ratio(mix[tenth], max(hits[tenth] for hits in alone.values())) for tenth in range(len(mix))]


def best(parts, cutoff):
    """The generator that was best over the whole, and its hits."""
    _, alone = generators(parts, cutoff)
    name = max(alone, key=lambda generator: sum(alone[generator]))
    return name, sum(alone[name])


def failures(parts, cutoff, deviations=0):
    """A line for each tenth, and for the whole, where a generator alone was better than the mix may be worse; tenths are
    allowed so many standard deviations."""
    mix, alone = generators(parts, cutoff)
    lost = parts[f"lost@{cutoff}"]
    found = []
    for name, hits in alone.items():
        spans = [(f"tenth {tenth + 1}", slice(tenth, tenth + 1), deviations) for tenth in range(len(mix))]
        for title, span, allowed in [*spans, ("the whole", slice(None), 0)]:
            ours, theirs, only_theirs = sum(mix[span]), sum(hits[span]), sum(lost[name][span])
            only_ours = ours - (theirs - only_theirs)
            if ours + allowed * math.sqrt(only_ours + only_theirs) < SHARE * theirs:
                found.append(f"{title}: {ours} of {sum(parts['lists'][span])} lists hit at {cutoff}, {name} alone {theirs}; "
                             f"{only_ours} only by the mix, {only_theirs} only by {name}")
    return found


def summary(known, report):
    """What the table says of a whole stream."""
    parts = report["parts"]
    name, hits = best(parts, 10)
    lists = sum(parts["lists"])
    mix, _ = generators(parts, 10)
    return {"title": known["title"], "n": lists, "mix": sum(mix) / lists, "best": name, "of_best": hits / lists,
            "ratios": [ratios(parts, cutoff) for cutoff in CUTOFFS], "seconds": report["seconds"],
            "failures": failures(parts, 10), "command": report["command"], "commit": report["commit"]}


def table(results):
    """Markdown: a row for each stream that was measured, then the commands."""
    lines = ["| stream | lists | hit_rate@10 | the best generator alone | over it | worst tenth over the best of that tenth "
             "| at 20: whole, worst tenth | reached |", "|---|---|---|---|---|---|---|---|"]
    commands = []
    for name in STREAMS:
        result = results.get(name)
        if result is None:
            continue
        (whole, tenths), (whole20, tenths20) = result["ratios"]
        worst = min(range(len(tenths)), key=lambda tenth: tenths[tenth])
        lines.append(f"| {result['title']} | {result['n']:,} | **{result['mix']:.4f}** | {result['best']} {result['of_best']:.4f} "
                     f"| {whole:.3f} | {tenths[worst]:.3f} (tenth {worst + 1}) | {whole20:.3f}, {min(tenths20):.3f} "
                     f"| {'no' if result['failures'] else 'yes'} |")
        commands.append(f"- {result['title']}, version {result['commit']}: `{result['command']}`")
    missing = [known["title"] for name, known in STREAMS.items() if name not in results]
    text = "\n".join(lines) + "\n\n" + "\n".join(commands) + "\n"
    return text + (f"\nNot measured: {'; '.join(missing)}.\n" if missing else "")
