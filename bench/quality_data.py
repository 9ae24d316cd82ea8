"""The streams that the quality bars are measured on, from the public files in ../shared/data (see its README.md)."""

import collections
import csv
import datetime
import io
import json
import os
import subprocess

HEADER = "user\titem\ttime"


class Data:
    """Makes each file once, in `folder`."""

    def __init__(self, shared, folder):
        self.shared = shared
        self.folder = folder
        os.makedirs(folder, exist_ok=True)

    def path(self, name):
        """The file of that name; it is made where it is missing."""
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            self._write(path, RECIPES[name](self))
        return path

    def lines(self, packed):
        """Lines of a packed file, without their ends."""
        path = os.path.join(self.shared, packed)
        if not os.path.exists(path):
            raise SystemExit(f"quality: {path} is not there: these figures need the shared data sets")
        process = subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE)
        with io.TextIOWrapper(process.stdout, encoding="utf-8", errors="replace", newline="") as text:
            for line in text:
                yield line.rstrip("\r\n")
        if process.wait() != 0:
            raise SystemExit(f"quality: {path} cannot be unpacked")

    @staticmethod
    def _write(path, lines):
        with open(path + ".part", "w", encoding="utf-8") as out:
            for line in lines:
                out.write(line + "\n")
        os.rename(path + ".part", path)


def ml100k_rows(data):
    """user, item, rating, time in order of time; equal times in the order of the file."""
    rows = [line.split("\t") for line in data.lines("movielens-100k/u.data.zst")]
    return sorted(rows, key=lambda row: int(row[3]))


def rated(rows):
    yield HEADER + "\tvalue"
    for user, item, value, time in rows:
        yield f"{user}\t{item}\t{time}\t{value}"


def split_ml100k(data, test):
    """Each user's last fifth by time, at least one, is the test."""
    rows = ml100k_rows(data)
    left = collections.Counter(row[0] for row in rows)
    held = {user: max(1, count // 5) for user, count in left.items()}
    chosen = []
    for row in rows:
        if (left[row[0]] <= held[row[0]]) == test:
            chosen.append(row)
        left[row[0]] -= 1
    return rated(chosen)


def ml1m(data, stars=None):
    rows = (line.split("\t") for line in data.lines("movielens-1m-stream/ratings_time_ordered.tsv.zst"))
    return rated(row for row in rows if stars is None or float(row[2]) == stars)


def ml1m_cold(data):
    """Our own events: the films' catalogue, what users say of themselves, then each rating as a click."""
    for line in data.lines("movielens-1m/movies.dat.zst"):
        item, title, genres = line.split("::")
        yield json.dumps({"item_id": item, "item_type": "movie", "title": title, "categories": genres.split("|")})
    for line in data.lines("movielens-1m/users.dat.zst"):
        user, gender, age, occupation, _ = line.split("::")
        yield json.dumps({"user_id": user, "occupation": occupation, "attributes": {"age": age, "gender": gender}})
    for line in data.lines("movielens-1m-stream/ratings_time_ordered.tsv.zst"):
        user, item, _, time = line.split("\t")
        yield json.dumps({"user_id": user, "item_id": item, "type": "click", "occurred_at": int(time) * 1000})


def retail(data):
    """The first purchase of each customer and product, without cancellations."""
    rows = []
    for row in csv.DictReader(data.lines("online-retail-2009-2010/online_retail_2009_2010.csv.zst")):
        if not row["Customer ID"] or row["Invoice"].startswith("C") or float(row["Quantity"] or 0) <= 0:
            continue
        time = datetime.datetime.strptime(row["InvoiceDate"][:16], "%Y-%m-%d %H:%M")
        seconds = int(time.replace(tzinfo=datetime.timezone.utc).timestamp())
        rows.append((seconds, len(rows), row["Customer ID"].split(".")[0], row["StockCode"].strip()))
    yield HEADER
    known = set()
    for seconds, _, customer, product in sorted(rows):
        if (customer, product) not in known:
            known.add((customer, product))
            yield f"{customer}\t{product}\t{seconds}"


def globo(data):
    rows = []
    for line in data.lines("globo-clicks/clicks_hours_000_287.csv.zst"):
        fields = line.split(",")
        if fields[0] != "user_id":
            rows.append((int(fields[5]), f"{fields[0]}\t{fields[4]}\t{fields[5]}"))
    rows.sort(key=lambda row: row[0])
    yield HEADER
    for _, line in rows:
        yield line


def stream(rows):
    """Rows of time, user and item, in order of time; equal times as they come."""
    yield HEADER
    for time, user, item in sorted(rows, key=lambda row: row[0]):
        yield f"{user}\t{item}\t{time}"


def columns(data, packed, names, delimiter):
    for row in csv.DictReader(data.lines(packed), delimiter=delimiter, quoting=csv.QUOTE_NONE):
        time, user, item = (row[name] for name in names)
        yield float(time), user, item


def steam(data):
    """Reviews that have a date; those of one day as they come."""
    rows = []
    for row in csv.DictReader(data.lines("steam/user_reviews.csv.zst")):
        try:
            day = datetime.datetime.strptime(row["posted"], "%Y-%m-%d").replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            continue
        rows.append((int(day.timestamp()), row["user_id"], row["item_id"]))
    return stream(rows)


def sessions(packed):
    return lambda data: stream(columns(data, packed, ("Time", "SessionId", "ItemId"), "\t"))


def unpacked(packed):
    return lambda data: data.lines(packed)


RECIPES = {
    "ml100k.tsv": lambda data: rated(ml100k_rows(data)),
    "ml100k-train.tsv": lambda data: split_ml100k(data, False),
    "ml100k-test.tsv": lambda data: split_ml100k(data, True),
    "ml1m.tsv": ml1m,
    "ml1m-five.tsv": lambda data: ml1m(data, 5),
    "ml1m-cold.jsonl": ml1m_cold,
    "ml1m-sequences.txt": unpacked("movielens-1m-stream/leave_one_out_sequences.txt.zst"),
    "retail.tsv": retail,
    "globo.tsv": globo,
    "rsc15-train.tsv": unpacked("session-bars/rsc15_64_train_full.tsv.zst"),
    "rsc15-test.tsv": unpacked("session-bars/rsc15_64_test.tsv.zst"),
    "serenade-train.tsv": unpacked("session-bars/serenade_toy_train.tsv.zst"),
    "serenade-test.tsv": unpacked("session-bars/serenade_toy_test.tsv.zst"),
    "rsc15-stream.tsv": sessions("session-bars/rsc15_64_train_full.tsv.zst"),
    "serenade-stream.tsv": sessions("session-bars/serenade_toy_train.tsv.zst"),
    "yoochoose-stream.tsv": sessions("yoochoose-100k/yoochoose-clicks-100k_train_full.txt.zst"),
    "grocery.tsv": lambda data: stream(columns(data, "amazon-grocery/train.csv.zst", ("time", "user_id", "item_id"), "\t")),
    "deskdrop.tsv": lambda data: stream(columns(data, "deskdrop/users_interactions.csv.zst",
                                                ("timestamp", "personId", "contentId"), ",")),
    "steam.tsv": steam,
    "gowalla-train.txt": unpacked("gowalla-lightgcn/gowalla_train.txt.zst"),
    "gowalla-test.txt": unpacked("gowalla-lightgcn/gowalla_test.txt.zst"),
}
for fold in range(1, 6):
    RECIPES[f"ml1m-fold-{fold}.csv"] = unpacked(f"movielens-1m-stream/folds/fold_{fold}.csv.zst")
