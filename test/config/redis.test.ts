import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const load = (redis: string, env: Record<string, string> = {}) =>
  loadConfig(
    { text: `providers: { sim: { kind: sim } }\nstate:\n  redis: ${redis}\n`, filename: "c.yaml" },
    env,
    () => "",
    {},
  );

describe("the address of Redis", () => {
  const good: readonly [title: string, redis: string, expected: object][] = [
    [
      "is a host and a port with defaults",
      '{ url: { value: "redis://r1" } }',
      {
        nodes: [{ host: "r1", port: 6379 }],
        kind: "single",
        tls: false,
        database: 0,
        prefix: "parlance",
        timeoutMs: 25,
      },
    ],
    [
      "has a user, a database and TLS",
      '{ url: { value: "rediss://me:p%40ss@[::1]:7000/3" }, timeout: 0.05s, prefix: a }',
      {
        nodes: [{ host: "::1", port: 7000 }],
        tls: true,
        username: "me",
        database: 3,
        prefix: "a",
        timeoutMs: 50,
      },
    ],
    [
      "is a socket",
      '{ url: { value: "unix:///run/redis.sock?db=2" } }',
      { nodes: [{ path: "/run/redis.sock" }], database: 2 },
    ],
    [
      "is the nodes of a cluster",
      '{ url: { value: "redis://r1:1" }, cluster: true, nodes: ["r2:2", "[::1]:3"] }',
      {
        kind: "cluster",
        nodes: [
          { host: "r1", port: 1 },
          { host: "r2", port: 2 },
          { host: "::1", port: 3 },
        ],
      },
    ],
    [
      "is sentinels and a master",
      '{ url: { value: "redis://:p@s1:26379" }, sentinel: { name: main, password: { value: q } } }',
      { kind: "sentinel", sentinel: expect.objectContaining({ name: "main" }) },
    ],
  ];
  for (const [title, redis, expected] of good) {
    it(title, () => {
      const result = load(redis);
      expect(result.ok && result.settings.redis).toMatchObject(expected);
      expect(result.ok && result.warnings).toEqual([]);
    });
  }

  it("is found in the environment, and is in no text of the settings", () => {
    const result = load("{ url: { env: REDIS_URL } }", { REDIS_URL: "redis://:hidden@r1" });
    if (!result.ok) throw new Error("not loaded");
    expect(result.settings.redis?.password?.reveal()).toBe("hidden");
    expect(JSON.stringify(result.settings.redis)).not.toContain("hidden");
    expect(JSON.stringify(result.settings.config.state)).not.toContain("hidden");
  });

  const bad: readonly [title: string, redis: string, expected: readonly string[]][] = [
    [
      "another scheme",
      '{ url: { value: "http://me:hidden@r1" } }',
      ["c.yaml:3:12", "state.redis.url: is not the address of a Redis server"],
    ],
    ["no address", '{ url: { value: "r1:6379" } }', ["is not the address of a Redis server"]],
    ["a database that is none", '{ url: { value: "redis://r1/x" } }', ["is not the address"]],
    ["an escape that is none", '{ url: { value: "redis://a:b%zz@r1" } }', ["is not the address"]],
    [
      "a variable that is not set",
      "{ url: { env: REDIS_URL } }",
      ["the environment variable REDIS_URL is not set"],
    ],
    ["no URL", "{ prefix: a }", ["state.redis.url"]],
    [
      "a time that is too long",
      '{ url: { value: "redis://r1" }, timeout: 0.2s }',
      ["state.redis.timeout"],
    ],
    [
      "a cluster and sentinels",
      '{ url: { value: "redis://r1" }, cluster: true, sentinel: { name: a } }',
      ["state.redis.sentinel: does not go with cluster: true"],
    ],
    [
      "nodes of neither",
      '{ url: { value: "redis://r1" }, nodes: ["r2:1"] }',
      ["state.redis.nodes: are nodes of a cluster or sentinels"],
    ],
    [
      "a node without a port",
      '{ url: { value: "redis://r1" }, cluster: true, nodes: ["r2:99999"] }',
      ["state.redis.nodes[0]: has no port from 1 to 65535"],
    ],
    [
      "a database of a cluster",
      '{ url: { value: "redis://r1/1" }, cluster: true }',
      ["names a database, and a cluster has only database 0"],
    ],
    [
      "a socket of a cluster",
      '{ url: { value: "unix:///s" }, cluster: true }',
      ["is a socket, and nodes of a cluster are called by host and port"],
    ],
    ["a prefix with a space", '{ url: { value: "redis://r1" }, prefix: "a b" }', ["prefix"]],
  ];
  for (const [title, redis, expected] of bad) {
    it(`is refused with ${title}`, () => {
      const result = load(redis);
      const text = result.ok
        ? ""
        : result.violations.map((one) => printViolation("c.yaml", one)).join("\n");
      for (const part of expected) expect(text).toContain(part);
      expect(text).not.toContain("hidden");
    });
  }
});
