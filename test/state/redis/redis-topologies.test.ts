import { describe, expect, it } from "vitest";
import { linked } from "../../redis/linked.ts";
import { startCluster } from "../../redis/start-cluster.ts";
import { startSentinel } from "../../redis/start-sentinel.ts";
import { until } from "../../redis/until.ts";

const script = "return redis.call('INCRBY', KEYS[1], 1) + redis.call('INCRBY', KEYS[2], 1)";

describe("a link to Redis", () => {
  it("finds each scope at its node of a cluster, and goes on when one of them dies", async () => {
    const nodes = await startCluster();
    const hosts = nodes.map(({ url }) => url.slice("redis://".length));
    const { link } = linked({
      url: { value: nodes[0]?.url },
      cluster: true,
      nodes: hosts.slice(1),
      timeout: "0.05s",
    });
    await until(() => link.isUp());
    const keysOf = (scope: string) => [link.key("t", scope, "a"), link.key("t", scope, "b")];
    const scopes = Array.from({ length: 30 }, (_, at) => `scope ${at}`);
    for (const scope of scopes)
      expect(await link.run(script, { keys: keysOf(scope) })).toEqual({ ok: true, value: 2 });
    const sizes = await Promise.all(nodes.map((node) => node.command("DBSIZE")));
    expect(sizes.every((size) => size !== "0")).toBe(true);
    await nodes[2]?.kill();
    const answers = async () => {
      const all = scopes.map((scope) => link.run(script, { keys: keysOf(scope) }));
      return (await Promise.all(all)).filter(({ ok }) => ok).length;
    };
    await until(async () => (await answers()) > 10);
  });

  it("says what to do where the server is a node of a cluster and that is not said", async () => {
    const [first] = await startCluster();
    const { link, notices } = linked({ url: { value: first?.url } });
    await until(() => link.isUp());
    for (let at = 0; at < 30; at += 1) await link.call(["GET", link.key("a", String(at))]);
    expect(notices[0]?.message).toContain("state.redis.cluster: true");
  });

  it("goes on with the new master after a failover of its sentinel", async () => {
    const { master, replica, sentinel } = await startSentinel();
    const { link } = linked({ url: { value: sentinel.url }, sentinel: { name: "main" } });
    await until(() => link.isUp());
    const key = link.key("t", "s");
    expect(await link.call(["SET", key, "before"])).toMatchObject({ ok: true });
    await until(async () => (await replica.command("GET", key)) === "before");
    await master.kill();
    await until(async () => (await link.call(["SET", key, "after"])).ok);
    expect(await replica.command("GET", key)).toBe("after");
  });
});
