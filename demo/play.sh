#!/bin/bash
# Replays the events of this folder into a fresh instance and shows lists as they change. Called by ./run demo.
#   --once   leave after the replay (the default without a terminal)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

FRESHET=${FRESHET:-build/release/freshet}
DATA=build/demo-data
ADDRESS=127.0.0.1:${DEMO_PORT:-8640}
PAST_EVENTS=110000     # sent as fast as they are taken: four months of history
PAST_CHUNK=5000        # events a request of the past
LIVE_CHUNK=50          # events a request of the rest, which is sent as if it happened now
SHOW_EVERY=20          # live requests between two lists that are shown
export FRESHET_HTTP__LISTEN=$ADDRESS FRESHET_DATA__DIR=$DATA FRESHET_LOG__LEVEL=${FRESHET_LOG__LEVEL:-warn}

once=0
[ -t 1 ] || once=1
[ "${1:-}" = --once ] && once=1

service=
stop() {
  [ -z "$service" ] || { kill -TERM "$service" 2>/dev/null && wait "$service"; } || true
}
trap stop EXIT
trap 'exit 0' INT TERM

fail() {
  echo "demo: $*" >&2
  exit 1
}

start() {
  rm -rf "$DATA"
  "$FRESHET" run &
  service=$!
  for _ in $(seq 300); do
    kill -0 "$service" 2>/dev/null || fail "freshet ended; is $ADDRESS in use? DEMO_PORT=8641 ./run demo takes another port"
    curl -fsS -o /dev/null "http://$ADDRESS/readyz" 2>/dev/null && return
    sleep 0.1
  done
  fail "freshet is not ready after 30 s"
}

# post TOPIC: one request with the lines of stdin. Pushed back (429), it waits as it was told and tries again.
post() {
  curl -fsS -o /dev/null --retry 60 --retry-max-time 120 -H 'Content-Type: application/x-ndjson' \
    --data-binary @- "http://$ADDRESS/v1/events/$1" || fail "events for $1 were not taken"
}

# show EVENT: what the user of an event bought, and the list that came of it.
show() {
  local user item
  user=$(sed -E 's/.*"user_id":"([^"]*)".*/\1/' <<<"$1")
  item=$(sed -E 's/.*"item_id":"([^"]*)".*/\1/' <<<"$1")
  echo
  echo "$(sed -E 's/.*"occurred_at":"([^"]*)".*/\1/' <<<"$1")  customer $user took $(title "$item"); now recommended:"
  curl -fsS "http://$ADDRESS/v1/users/$user/recommendations?k=3&explain=true" | sed 's/{"rank":/\n&/g' | awk '
    # The text of the first member of that name in the line.
    function text_of(name) {
      if (!match($0, "\"" name "\":\"([^\"\\\\]|\\\\.)*\"")) return ""
      return substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5)
    }
    /^{"rank":/ { printf "  %d. %-36s %s\n", ++rank, text_of("title"), text_of("text") }'
}

title() {
  grep -F "\"$1\"" "$DATA/catalogue.jsonl" | head -1 | sed -E 's/.*"title":"(([^"\\]|\\.)*)".*/\1/'
}

metrics() {
  curl -fsS "http://$ADDRESS/metrics"
}

# consumed [LABEL]: records, of all tasks or of those with the label.
consumed() {
  metrics | awk -v label="${1:-}" '/^freshet_records_consumed_total/ && index($0, label) { sum += $2 }
    END { print sum + 0 }'
}

# catch_up EVENTS: until the user tasks learned so many and no task has anything left to read.
catch_up() {
  local before=-1 now
  until [ "$(consumed 'operator="user"')" -ge "$1" ]; do
    kill -0 "$service" 2>/dev/null || fail "freshet ended before it had learned all events"
    sleep 0.2
  done
  now=$(consumed)
  while [ "$now" != "$before" ]; do
    sleep 0.5
    before=$now
    now=$(consumed)
  done
}

replay_past() {
  local chunk started=$SECONDS
  head -n "$PAST_EVENTS" "$DATA/interactions.jsonl" | split -l "$PAST_CHUNK" -a 3 -d - "$DATA/past-"
  for chunk in "$DATA"/past-*; do
    post interactions <"$chunk"
  done
  catch_up "$PAST_EVENTS"
  rm "$DATA"/past-*
  echo "demo: learned $PAST_EVENTS past events in $((SECONDS - started)) s"
}

replay_live() {
  local chunk number=0
  tail -n +$((PAST_EVENTS + 1)) "$DATA/interactions.jsonl" | split -l "$LIVE_CHUNK" -a 3 -d - "$DATA/live-"
  for chunk in "$DATA"/live-*; do
    post interactions <"$chunk"
    number=$((number + 1))
    [ $((number % SHOW_EVERY)) -ne 0 ] || show "$(grep -F '"purchase"' "$chunk" | tail -1)"
  done
  catch_up "$(wc -l <"$DATA/interactions.jsonl")"
  rm "$DATA"/live-*
}

# freshness BEFORE: from two readings of the histogram, the second on stdin.
freshness() {
  awk '
    /^freshet_freshness_seconds_bucket/ {
      match($0, /le="[^"]*"/); le = substr($0, RSTART + 4, RLENGTH - 5)
      if (!(le in count)) order[++n] = le
      count[le] += FILENAME == "-" ? $2 : -$2
    }
    END {
      total = count["+Inf"]
      for (i = 1; i <= n; ++i) {
        if (!p50 && count[order[i]] >= total * .5) p50 = order[i]
        if (!p99 && count[order[i]] >= total * .99) p99 = order[i]
      }
      printf "demo: %d lists refreshed; from event to readable list: half within %g ms, 99 %% within %g ms\n",
        total, p50 * 1000, p99 * 1000
    }' "$1" -
}

start
zstd -dcq demo/catalogue.jsonl.zst >"$DATA/catalogue.jsonl"
zstd -dcq demo/interactions.jsonl.zst >"$DATA/interactions.jsonl"
post catalogue <"$DATA/catalogue.jsonl"
replay_past
metrics >"$DATA/before.txt"
replay_live
echo
metrics | freshness "$DATA/before.txt"
if [ "$once" -eq 0 ]; then
  echo
  echo "still serving: http://$ADDRESS/v1/users/13085/recommendations and http://$ADDRESS/metrics; Ctrl-C ends it"
  wait "$service"
fi
