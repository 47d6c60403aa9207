import { freePort } from "./free-port.ts";
import { type RedisServer, startRedis } from "./start-redis.ts";
import { until } from "./until.ts";

/** Starts three nodes of one cluster, each with a third of the slots. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const nodes: RedisServer[] = [];
  const slots = [
    [0, 5460],
    [5461, 10_922],
    [10_923, 16_383],
  ];
  for (const range of slots) {
    const port = await freePort();
    const bus = await freePort();
    const node = await startRedis({
      port,
      args: [
        ...["--cluster-enabled", "yes", "--cluster-port", String(bus)],
        ...["--cluster-node-timeout", "5000", "--cluster-require-full-coverage", "no"],
      ],
    });
    nodes.push(node);
    await node.command("CLUSTER", "ADDSLOTSRANGE", ...range.map(String));
    const [first] = nodes;
    if (first !== node)
      await first?.command("CLUSTER", "MEET", "127.0.0.1", String(port), String(bus));
  }
  for (const node of nodes)
    await until(async () => {
      const info = await node.command("CLUSTER", "INFO");
      return info.includes("cluster_state:ok") && info.includes("cluster_slots_assigned:16384");
    });
  return nodes;
}
