#!/bin/bash
# The plain fold of fold_bench.cc beside Kafka Streams on one broker, turn by turn in one run.
#
#   bench/fold_compare.sh [ROUNDS] [EVENTS]
#
# Needs java and Maven, and the sources of the Streams fold: FRESHET_STREAMS_FOLD (default
# ../shared/tools/streams-fold). Builds and data go to FRESHET_KAFKA_DIR (default build/kafka), the program is taken
# from FRESHET_BENCH_DIR (default build/bench). STREAMS_THREADS is 2. Exit code 77: something is missing here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rounds=${1:-3}; events=${2:-1000000}; threads=${STREAMS_THREADS:-2}
streams=${FRESHET_STREAMS_FOLD:-../shared/tools/streams-fold}
programs=${FRESHET_BENCH_DIR:-build/bench}
mkdir -p "${FRESHET_KAFKA_DIR:-build/kafka}"
dir=$(cd "${FRESHET_KAFKA_DIR:-build/kafka}" && pwd)
work=$dir/streams-fold

skip() { echo "SKIPPED: $*" >&2; exit 77; }
[ -f "$streams/pom.xml" ] || skip "no Kafka Streams fold in $streams (set FRESHET_STREAMS_FOLD)"
[ -x "$programs/bench_fold" ] || skip "no $programs/bench_fold (./run build bench)"
command -v mvn >/dev/null || skip "mvn is missing (apt-get install maven)"

build_streams() {
  [ -f "$work/target/streams-fold-1.jar" ] && return
  mkdir -p "$work"
  cp -r "$streams/." "$work/"
  mvn -B -q -f "$work/pom.xml" package dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory=target/lib >"$work/mvn.log" 2>&1 </dev/null || skip "Maven failed, see $work/mvn.log"
}

cpu_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# The Streams fold from an empty state until all events are through; counts from its first record.
run_streams() {
  local number=$1 log=$work/run-$1.log state=$work/state-$1 pid cpu0 broker0 cpu broker
  rm -rf "$state"
  java -Xmx1g -cp "$work/target/lib/*:$work/target/streams-fold-1.jar" \
    "-Dlog4j.configuration=file:$work/log4j.properties" Fold "$BROKER" "fold-$number" "$threads" "$state" \
    exactly_once_v2 >"$log" 2>&1 </dev/null &
  pid=$!
  for _ in $(seq 1200); do grep -qs FIRST_RECORD "$log" && break; kill -0 $pid || break; sleep 0.05; done
  cpu0=$(cpu_ticks $pid); broker0=$(cpu_ticks "$BROKER_PID")
  for _ in $(seq 6000); do
    [ "$(sed -n 's/.* n=\([0-9]*\) .*/\1/p' "$log" | tail -1)" = "$events" ] && break
    kill -0 $pid 2>/dev/null || { echo "the Streams fold ended, see $log" >&2; return 1; }
    sleep 0.1
  done
  cpu=$(($(cpu_ticks $pid) - cpu0)); broker=$(($(cpu_ticks "$BROKER_PID") - broker0))
  local rss; rss=$(awk '/VmHWM/ { printf "%d", $2 / 1024 }' /proc/$pid/status)
  kill -9 $pid; wait $pid 2>/dev/null || true
  # Its counter is printed once a second: the last second is taken in part, at the rate before.
  awk -v events="$events" -v cpu=$cpu -v broker=$broker -v rss="$rss" -v load="$(cut -d' ' -f1 /proc/loadavg)" '
    /FIRST_RECORD/ { start = $1 }
    / n=/ { split($2, n, "="); split($3, r, "[=/]")
            if (n[2] < events) { before = n[2]; at = $1; rate = r[2] }
            else if (!end) { last = (events - before) / rate * 1000; end = at + (last < $1 - at ? last : $1 - at) } }
    END { s = (end - start) / 1000
          printf "streams  seconds=%.2f events_s=%.0f cpu_us_event=%.2f broker_cpu_us_event=%.2f rss_peak_mib=%d load=%s\n",
            s, events / s, cpu * 1e4 / events, broker * 1e4 / events, rss, load }' "$log"
  rm -rf "$state"
}

run_freshet() {
  printf 'freshet  '
  "$programs/bench_fold" run "kafka=$BROKER" --events "$events" --broker-pid "$BROKER_PID" --output lists
}

if [ -z "${BROKER:-}" ]; then
  build_streams
  exec bench/with_broker.sh bench/fold_compare.sh "$@"
fi
"$programs/bench_fold" fill "kafka=$BROKER" --events "$events"
for round in $(seq "$rounds"); do
  run_streams "$round"
  run_freshet
done
