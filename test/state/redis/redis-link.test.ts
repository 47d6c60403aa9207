import { describe, expect, it } from "vitest";
import { replyText } from "../../../src/state/redis/shared-redis.ts";
import { freePort } from "../../redis/free-port.ts";
import { linked } from "../../redis/linked.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";

const text = async (outcome: Promise<{ ok: boolean; value?: unknown }>) => {
  const { ok, value } = await outcome;
  return ok ? (value instanceof Uint8Array ? replyText(value) : value) : "silent";
};

describe("a link to Redis", () => {
  it("runs commands and scripts, and keeps bytes as they are", async () => {
    const redis = await startRedis();
    const { link, notices } = linked({ url: { value: redis.url }, timeout: "0.05s" });
    await until(() => link.isUp());
    const key = link.key("cache", "team a", "é");
    expect(key).toBe("parlance:{cache:team%20a}:%c3%a9");
    const bytes = new Uint8Array([0, 255, 10]);
    await link.call(["SET", key, bytes, "PX", 60_000]);
    const got = await link.call(["GET", key]);
    expect(got.ok && [...(got.value instanceof Uint8Array ? got.value : [])]).toEqual([0, 255, 10]);
    const script = "return { KEYS[1], ARGV[1], tonumber(ARGV[2]) + 1 }";
    const step = { keys: [key], args: ["x", 41] };
    await link.run(script, step);
    await redis.command("SCRIPT", "FLUSH");
    const twice = await link.run(script, step);
    expect(twice.ok && Array.isArray(twice.value) && twice.value[2]).toBe(42);
    expect(notices).toEqual([]);
  });

  it("tries nothing without a server, and says so once where there is none", async () => {
    const port = await freePort();
    const { link, notices } = linked({ url: { value: `redis://:pw-of-mine@127.0.0.1:${port}` } });
    expect(await link.call(["PING"])).toEqual({ ok: false });
    await until(() => notices.length > 0);
    expect(notices[0]?.event).toBe("redis_unavailable");
    expect(notices[0]?.message).toContain("ECONNREFUSED");
    expect(JSON.stringify(notices)).not.toContain("pw-of-mine");
    const server = await startRedis({ port });
    await until(() => link.isUp());
    expect(notices.at(-1)?.event).toBe("redis_available");
    expect(await text(link.call(["PING"]))).toBe("PONG");
    await server.kill();
    await until(() => !link.isUp());
  });

  it("says that a password is wrong without repeating it, and waits for nothing", async () => {
    const redis = await startRedis({ password: "right" });
    const wrong = redis.url.replace("right", "wrong-secret");
    const { link, notices } = linked({ url: { value: wrong } });
    await until(() => notices.length > 0);
    expect(notices[0]?.message).toContain("the password of state.redis.url is wrong");
    expect(JSON.stringify(notices)).not.toContain("wrong-secret");
    expect(link.isUp()).toBe(false);
    const none = linked({ url: { value: redis.url.replace(":right@localhost", "") } });
    await until(() => none.notices.length > 0);
    expect(none.notices[0]?.message).toContain("has no password");
    const good = linked({ url: { value: redis.url } });
    await until(() => good.link.isUp());
  });

  it("leaves a server alone that does not answer in time, until it answers again", async () => {
    const redis = await startRedis();
    const { link, notices } = linked({ url: { value: redis.url }, timeout: "0.02s" });
    await until(() => link.isUp());
    redis.freeze();
    expect(await text(link.call(["PING"], {}))).toBe("silent");
    await until(() => !link.isUp());
    expect(notices[0]?.message).toContain("for 180 ms it did not answer within 20 ms");
    for (let call = 0; call < 1_000; call += 1) await link.call(["PING"], {});
    redis.thaw();
    await until(() => link.isUp());
    expect(notices.map(({ event }) => event)).toEqual(["redis_unavailable", "redis_available"]);
  });

  it("lets all steps of a call together wait no longer than the timeout", async () => {
    const redis = await startRedis();
    const { link } = linked({ url: { value: redis.url }, timeout: "0.01s" });
    await until(() => link.isUp());
    const call = {};
    await until(async () => (await text(link.call(["PING"], call))) === "silent");
    expect(await text(link.call(["PING"], call))).toBe("silent");
  });

  it("lets a step that must not miss the server wait longer, while others give up", async () => {
    const redis = await startRedis();
    const { link, notices } = linked({ url: { value: redis.url }, timeout: "0.05s" });
    await until(() => link.isUp());
    const step = { keys: [link.key("a", "b", "c")], exact: true } as const;
    await link.run("return 7", step);
    await redis.command("CLIENT", "PAUSE", "80");
    const [exact, other] = [link.run("return 7", step), link.call(["PING"], {})];
    expect(await text(other)).toBe("silent");
    expect(await text(exact)).toBe(7);
    expect(notices).toEqual([]);
    redis.freeze();
    const lost = link.run("return 7", step);
    expect(await text(lost)).toBe("silent");
    expect(link.isUp()).toBe(false);
    redis.thaw();
  });

  it("is up again after a restart, and tells its listeners each time", async () => {
    const redis = await startRedis();
    const { link } = linked({ url: { value: redis.url } });
    let ups = 0;
    link.onUp(() => {
      ups += 1;
    });
    await until(() => ups === 1);
    await redis.restart();
    await until(() => ups === 2);
    expect(await text(link.call(["PING"]))).toBe("PONG");
  });
});
