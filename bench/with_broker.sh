#!/bin/bash
# Runs a command beside a Kafka broker of its own, which ends with it: BROKER is its address, BROKER_PID its process.
#
#   bench/with_broker.sh COMMAND [ARGUMENT...]        "{}" in an argument becomes kafka=HOST:PORT
#
# FRESHET_KAFKA_DIR (default build/kafka) holds its jars and data, PORT (default 29492) and PORT+1 must be free.
# Exit code 77: no broker can be had here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p "${FRESHET_KAFKA_DIR:-build/kafka}"
dir=$(cd "${FRESHET_KAFKA_DIR:-build/kafka}" && pwd)
port=${PORT:-29492}
broker=tests/integration/broker/broker.sh

# A broker as people run it, with the optimising compiler: the script leaves it out, because tests start sooner so.
_JAVA_OPTIONS=-XX:TieredStopAtLevel=4 FRESHET_KAFKA_HEAP=1g $broker up "$dir" "$port" $$ >/dev/null
trap '$broker down "$dir" "$port"' EXIT
BROKER=127.0.0.1:$port
BROKER_PID=$(cat "$dir/run-$port/pid")
export BROKER BROKER_PID
"${@//\{\}/kafka=$BROKER}"
