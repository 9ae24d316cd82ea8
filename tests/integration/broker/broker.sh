#!/bin/bash
# One Kafka broker (KRaft, no security, loopback only) for tests and trials.
#
#   broker.sh fetch DIR               jars of the pinned version to DIR, checked against jars.sha256
#   broker.sh up DIR PORT [OWNER]     empty broker on PORT (and PORT+1 for its controller); ends with process OWNER
#   broker.sh resume DIR PORT [OWNER] the same, on the data it had before `down` or `kill9`
#   broker.sh down DIR PORT           ends it in order
#   broker.sh kill9 DIR PORT          ends it at once
#
# Exit code 77: no broker can be had here (java, mvn or the network are missing); the reason is on stderr.
# FRESHET_KAFKA_HEAP (default 256m) is the broker's heap.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=3.9.1
verb=${1:-}; dir=${2:-}; port=${3:-}; owner=${4:-}

die() { echo "broker.sh: $*" >&2; exit 1; }
no_broker() { echo "no broker: $*" >&2; exit 77; }

[ -n "$dir" ] || die "usage: broker.sh fetch DIR | up|resume|down|kill9 DIR PORT [OWNER]"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
jars=$dir/$version
run=$dir/run-$port
archive=$jars/classes.jsa

# A wildcard class path has no defined order, and an archive of classes belongs to one order.
class_path() { printf '%s:' "$jars"/*.jar; }

jars_are_right() { [ -d "$jars" ] && (cd "$jars" && sha256sum --quiet --status -c "$here/jars.sha256" 2>/dev/null); }

fetch() {
  command -v java >/dev/null || no_broker "java is missing (apt-get install openjdk-17-jre-headless)"
  jars_are_right && return
  command -v mvn >/dev/null || no_broker "mvn is missing (apt-get install maven)"
  rm -rf "$jars"
  mvn -B -q -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars" \
    >"$dir/mvn.log" 2>&1 </dev/null || no_broker "Maven could not fetch the jars, see $dir/mvn.log"
  jars_are_right || die "a jar in $jars does not have the hash that jars.sha256 names"
}

properties() {
  cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$run/data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.backoff.ms=500
log.retention.check.interval.ms=1000
num.network.threads=2
num.io.threads=4
END
}

logging() {
  cat <<END
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m%n
log4j.logger.kafka.server.KafkaRaftServer=INFO
END
}

prepare() {
  rm -rf "$run"
  mkdir -p "$run/data"
  properties >"$run/node.properties"
  logging >"$run/log4j.properties"
  # What the formatting tool would write; 3.9 needs no more, and a JVM less is two seconds less.
  printf 'version=1\ncluster.id=%s\nnode.id=1\n' "$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c1-22)" \
    >"$run/data/meta.properties"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
alive() { [ -s "$run/pid" ] && kill -0 "$(cat "$run/pid")" 2>/dev/null; }

# Ends the broker when its owner is gone, so that a killed test leaves nothing behind.
guard() {
  while kill -0 "$owner" 2>/dev/null && kill -0 "$1" 2>/dev/null; do sleep 0.5; done
  kill -9 "$1" 2>/dev/null
}

start() {
  local heap=${FRESHET_KAFKA_HEAP:-256m} shared=()
  [ -s "$archive" ] && shared=(-XX:SharedArchiveFile="$archive" -Xshare:auto)
  ! answers || die "port $port is taken"
  (cd "$run" && exec setsid java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "-Xmx$heap" "${shared[@]}" "$@" \
    -Dlog4j.configuration="file:$run/log4j.properties" -cp "$(class_path)" kafka.Kafka node.properties) \
    >>"$run/broker.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid" >"$run/pid"
  if [ -n "$owner" ]; then (guard "$pid") >/dev/null 2>&1 </dev/null & fi
  for _ in $(seq 600); do
    if answers && grep -q 'Kafka Server started' "$run/broker.log"; then return; fi
    alive || die "the broker ended, see $run/broker.log"
    sleep 0.1
  done
  die "the broker does not answer after a minute, see $run/broker.log"
}

stop() {
  alive || return 0
  local pid
  pid=$(cat "$run/pid")
  kill "-$1" "$pid" 2>/dev/null || true
  for _ in $(seq 300); do
    alive || { rm -f "$run/pid"; return 0; }
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$run/pid"
}

# The classes of a broker, parsed once: every later start takes about half the time.
archive_classes() {
  [ -s "$archive" ] && return
  prepare
  start -XX:ArchiveClassesAtExit="$archive.new"
  stop TERM
  mv "$archive.new" "$archive" 2>/dev/null || true
  rm -rf "$run"
}

locked() { exec 9>"$dir/.lock" && flock 9 && "$@" && exec 9>&-; }

case $verb in
  fetch)
    locked fetch
    echo "$jars" ;;
  up)
    [ -n "$port" ] || die "up needs a port"
    locked fetch
    locked archive_classes
    stop KILL
    prepare
    start
    echo "127.0.0.1:$port" ;;
  resume)
    [ -d "$run/data" ] || die "there are no data in $run"
    : >"$run/broker.log"
    start
    echo "127.0.0.1:$port" ;;
  down) stop TERM ;;
  kill9) stop KILL ;;
  *) die "unknown verb \"$verb\"" ;;
esac
