#!/usr/bin/env bash
# Sends records of calls to a real Kafka broker, which stands still for a while, and compares what it has with the ledger. A
# missing toolchain or a registry that cannot be reached is said in one line. Everything it makes is in .tmp/kafka.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/.tmp/kafka
PATH=$PWD/node_modules/.bin:$PATH
start=$SECONDS
mkdir -p "$work"
rm -rf "$work/data"

for tool in java mvn; do
  command -v "$tool" >/dev/null || {
    echo "kafka: not run, no $tool"
    exit 0
  }
done

# The jars of the last run are used again.
if ! cmp -s test/kafka/pom.xml "$work/pom.xml"; then
  rm -rf "$work/jars"
  timeout 300 mvn --quiet --batch-mode --file test/kafka/pom.xml dependency:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$work/jars" >"$work/mvn.log" 2>&1 || {
    echo "kafka: not run, its jars cannot be fetched"
    exit 0
  }
  cp test/kafka/pom.xml "$work/pom.xml"
fi

read -r port controller signed < <(node -e '
  const servers = [0, 1, 2].map(() => require("node:net").createServer().listen(0, "127.0.0.1"));
  setTimeout(() => {
    console.log(...servers.map((server) => server.address().port));
    for (const server of servers) server.close();
  }, 50);')
cat >"$work/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller,SIGNED://127.0.0.1:$signed
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SIGNED:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.signed.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule \\
  required user_parlance="right";
controller.listener.names=CONTROLLER
log.dirs=$work/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
END
# It lives too briefly for what its JVM compiles twice.
java=(java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$work/jars/*")
"${java[@]}" kafka.tools.StorageTool format --cluster-id MkU3OEVBNTcwNTJENDM2Qg \
  --config "$work/server.properties" >"$work/format.log" 2>&1 || {
  cat "$work/format.log"
  exit 1
}
"${java[@]}" kafka.Kafka "$work/server.properties" >"$work/broker.log" 2>&1 &
broker=$!
trap 'kill -CONT "$broker" 2>/dev/null; kill "$broker" 2>/dev/null || true' EXIT
for _ in $(seq 300); do
  (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null && break
  kill -0 "$broker" 2>/dev/null || break
  sleep 0.2
done
timeout 120 node test/kafka/check-kafka.ts "$port" "$signed" "$broker" || {
  tail -n 20 "$work/broker.log"
  echo "kafka: FAILED"
  exit 1
}
echo "kafka: passed in $((SECONDS - start)) s"
