import { availableParallelism } from "node:os";
import { inspect } from "node:util";
import { create, toJson, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { ModelSchema } from "../../gen/parlance/config/v1/model_pb.js";
import { TimeoutsSchema } from "../../gen/parlance/config/v1/provider_pb.js";
import { isLoopback } from "../../src/config/compile/compile-server.ts";
import { fillModelDefaults } from "../../src/config/defaults.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import type { Settings } from "../../src/config/settings.ts";
import { durationMs } from "../../src/core/time/duration-ms.ts";
import { selfSigned } from "../upstream/self-signed.ts";

const secrets = {
  OPENAI_API_KEY: "sk-openai-secret",
  DEV_KEY: "dev-key-secret",
  ADMIN: "admin-secret",
};

const text = `
server: { port: 0, drain_grace: 1.5s }
auth: { admin_key: { env: ADMIN } }
providers:
  openai:
    kind: openai
    base_url: "http://127.0.0.1:9/v1/"
    api_key: { env: OPENAI_API_KEY }
    api_keys: [{ value: literal-secret }, { file: /run/key }]
    headers: { X-Token: header-secret, X-Team: blue }
    timeouts: { connect: 0.25s, total: 60s }
  claude: { kind: anthropic, base_url: "https://proxy.example/anthropic/v1", api_key: { value: literal-secret } }
  local: { kind: openai_compatible, base_url: "http://[::1]:8000" }
  sim: { kind: sim, sim: { latency: 0.01s, tool_calls: 2 } }
models:
  - name: fast
    description: Quick
    targets: [ { model: openai/gpt-5-mini, weight: 3 }, { model: claude/claude/haiku } ]
    fallbacks: [ local/m ]
    timeout: 0.0001s
  - name: org/name
    targets: [ { model: sim/echo } ]
keys:
  - { name: dev, value: { env: DEV_KEY }, models: [fast] }
`;

function load(source = text): Settings {
  const result = loadConfig({ text: source, filename: "c.yaml" }, secrets, () => "file-secret\n");
  if (!result.ok)
    throw new Error(result.violations.map((violation) => violation.message).join("\n"));
  return result.settings;
}

describe("settings", () => {
  const settings = load();

  it("has every default filled in", () => {
    expect(toJson(ConfigSchema, load("").config)).toEqual({
      server: {
        host: "127.0.0.1",
        port: 4000,
        limits: {
          maxBodyBytes: 67_108_864,
          maxHeaderBytes: 65_536,
          headersTimeout: "30s",
          requestTimeout: "300s",
          idleTimeout: "75s",
          maxConcurrentStreams: 1000,
          sendTimeout: "30s",
          bodyMemoryBytes: 536_870_912,
        },
        drainGrace: "30s",
        drainDelay: "5s",
        heartbeat: "15s",
        workers: "1",
        workerHangTimeout: "30s",
      },
      store: { memory: {} },
      state: { memory: {} },
      cache: { maxBytes: 134217728, maxEntryBytes: 1048576 },
      observe: { metrics: { path: "/metrics" }, log: { level: "LOG_LEVEL_INFO" } },
      mediaFetch: { maxBytes: 20_971_520, maxTotalBytes: 67_108_864, timeout: "10s" },
      routing: { maxFallbacks: 5 },
      secretManagers: { refresh: "300s" },
    });
    const local = settings.config.providers.local;
    expect(local?.timeouts && toJson(TimeoutsSchema, local.timeouts)).toEqual({
      connect: "10s",
      firstToken: "600s",
      idle: "120s",
    });
    expect(settings.providers.get("local")?.settings).toBe(local);
  });

  it("never takes a part of a duration for one that is not set", () => {
    const { server } = load("server: { drain_grace: 0.5s, limits: { idle_timeout: 2s } }").config;
    expect(durationMs(server.drainGrace)).toBe(500);
    expect(durationMs(server.limits.idleTimeout)).toBe(2000);
    expect(durationMs(server.limits.sendTimeout)).toBe(30_000);
  });

  const milliseconds: readonly (readonly [text: string, ms: number])[] = [
    ["0ms", 0],
    ["7ms", 7],
    ["200ms", 200],
    ["1500ms", 1500],
    ["60000ms", 60_000],
  ];
  for (const [text, ms] of milliseconds)
    it(`takes ${text} for a duration`, () => {
      const { server } = load(`server: { drain_grace: ${text} }`).config;
      expect(durationMs(server.drainGrace)).toBe(ms);
    });

  it("has room for a body of the largest size", () => {
    const { limits } = load("server: { limits: { max_body_bytes: 1073741824 } }").config.server;
    expect(limits.bodyMemoryBytes).toBe(1_073_741_824);
  });

  const sharing: readonly (readonly [
    keys: string,
    settings: string,
    perKey: number,
    total: number,
  ])[] = [
    ["", "", 256, 256],
    ["keys: [{ name: a, value: { value: a } }]", "", 256, 256],
    ["auth: { admin_key: { value: z } }", "", 256, 256],
    ["auth: { admin_key: { value: z } }\nkeys: [{ name: a, value: { value: a } }]", "", 128, 256],
    ["keys: [{ name: a, value: { value: a } }, { name: b, value: { value: b } }]", "", 128, 256],
    [
      "keys: [{ name: a, value: { value: a } }, { name: b, value: { value: b } }]",
      "max_connections: 9",
      4,
      9,
    ],
    [
      "keys: [{ name: a, value: { value: a } }, { name: b, value: { value: b } }]",
      "max_connections: 1",
      1,
      1,
    ],
    [
      "keys: [{ name: a, value: { value: a } }, { name: b, value: { value: b } }]",
      "max_connections: 50, max_connections_per_key_percent: 1",
      1,
      50,
    ],
    [
      "keys: [{ name: a, value: { value: a } }, { name: b, value: { value: b } }]",
      "max_connections_per_key_percent: 100",
      256,
      256,
    ],
  ];
  for (const [keys, settings, perKey, total] of sharing) {
    it(`shares ${total} connections out by ${perKey} a key (${keys}; ${settings})`, () => {
      const provider = `{ kind: ollama${settings === "" ? "" : `, ${settings}`} }`;
      const { providers } = load(`providers: { p: ${provider} }\n${keys}\n`);
      expect(providers.get("p")?.settings.maxConnections).toBe(total);
      expect(providers.get("p")?.connectionsPerKey).toBe(perKey);
    });
  }

  for (const [text, workers] of [
    ["4", 4],
    ['"64"', 64],
    ["auto", Math.min(64, availableParallelism())],
  ] as const) {
    it(`starts ${workers} workers where the file says ${text}`, () => {
      const loaded = loadConfig(
        { text: `server: { workers: ${text} }`, filename: "c" },
        {},
        () => "",
      );
      expect(loaded.ok && loaded.settings.workers).toBe(workers);
    });
  }

  it("takes what the file says", () => {
    expect(settings.config.server.port).toBe(0);
    expect(durationMs(settings.config.server.drainGrace)).toBe(1500);
    const { timeouts } = settings.providers.get("openai")?.settings ?? {};
    expect(durationMs(timeouts?.connect)).toBe(250);
    expect(durationMs(timeouts?.total)).toBe(60_000);
    expect(settings.providers.get("openai")?.headers).toEqual([
      ["x-token", "header-secret"],
      ["x-team", "blue"],
    ]);
    expect(settings.providers.get("sim")?.settings.sim).toMatchObject({ toolCalls: 2 });
    const fast = settings.models.get("fast");
    expect(fast?.targets.map(({ traits: _, ...target }) => target)).toEqual([
      { provider: "openai", model: "gpt-5-mini", weight: 3 },
      { provider: "claude", model: "claude/haiku", weight: 1 },
    ]);
    expect(fast && toJson(ModelSchema, fast.settings)).toEqual({
      name: "fast",
      description: "Quick",
      targets: [
        { model: "openai/gpt-5-mini", weight: 3 },
        { model: "claude/claude/haiku", weight: 1 },
      ],
      fallbacks: ["local/m"],
      timeout: "0.000100s",
      breaker: {
        failurePercent: 50,
        minCalls: 5,
        consecutiveFailures: 5,
        openFor: "5s",
        allOpen: "ALL_OPEN_TRY",
      },
    });
    expect(durationMs(fast?.settings.timeout)).toBe(1);
  });

  it("resolves secrets, in the order in which they rotate", () => {
    expect(settings.providers.get("openai")?.credentials.map((secret) => secret.reveal())).toEqual([
      "sk-openai-secret",
      "literal-secret",
      "file-secret",
    ]);
    expect(settings.auth.adminKey?.reveal()).toBe("admin-secret");
    expect(
      settings.keys.map((key) => [key.settings.name, key.value?.reveal(), key.settings.models]),
    ).toEqual([["dev", "dev-key-secret", ["fast"]]]);
  });

  it("shows no secret, however it is printed", () => {
    const shown = [
      inspect(settings, { depth: 20, showHidden: true }),
      JSON.stringify(settings, (_, value) =>
        value instanceof Map ? [...value] : typeof value === "bigint" ? `${value}` : value,
      ),
      toJsonString(ConfigSchema, settings.config),
      `${settings.auth.adminKey}`,
    ];
    for (const printed of shown)
      expect(printed.replaceAll("header-secret", "")).not.toMatch(/-secret/);
    expect(toJsonString(ConfigSchema, settings.config)).not.toContain("header-secret");
    expect(`${settings.auth.adminKey}`).toBe("[redacted]");
  });

  it("shows the effective config", () => {
    expect(settings.config.server?.host).toBe("127.0.0.1");
    expect(settings.config.store?.kind.case).toBe("memory");
    expect(settings.config.providers.openai?.apiKey?.source).toEqual({
      case: "env",
      value: "OPENAI_API_KEY",
    });
    expect(settings.config.providers.claude?.apiKey?.source).toEqual({
      case: "value",
      value: "[redacted]",
    });
    expect(settings.config.providers.openai?.headers).toEqual({
      "X-Token": "[redacted]",
      "X-Team": "[redacted]",
    });
    expect(settings.config.models[0]?.targets[1]?.weight).toBe(1);
  });

  const urls: readonly [provider: string, origin: string, path: string][] = [
    ["openai", "http://127.0.0.1:9", "/v1"],
    ["claude", "https://proxy.example", "/anthropic"],
    ["local", "http://[::1]:8000", ""],
  ];
  for (const [provider, origin, path] of urls) {
    it(`calls ${provider} at ${origin}${path}`, () => {
      expect(settings.providers.get(provider)?.baseUrl).toEqual({ origin, path });
    });
  }

  const names: readonly [name: string, expected: unknown][] = [
    ["fast", expect.objectContaining({ settings: settings.config.models[0] })],
    [
      "org/name",
      expect.objectContaining({ targets: [{ provider: "sim", model: "echo", weight: 1 }] }),
    ],
    [
      "openai/ft:gpt/x",
      {
        settings: fillModelDefaults(create(ModelSchema, { name: "openai/ft:gpt/x" })),
        targets: [{ provider: "openai", model: "ft:gpt/x", weight: 1 }],
      },
    ],
    ["openai/", undefined],
    ["openai", undefined],
    ["/fast", undefined],
    ["nowhere/fast", undefined],
    ["toString", undefined],
    ["", undefined],
  ];
  for (const [name, expected] of names) {
    it(`resolves ${JSON.stringify(name)} to ${expected === undefined ? "nothing" : "its targets"}`, () => {
      expect(settings.resolve(name)).toEqual(expected);
    });
  }

  it("cannot be changed", () => {
    const changes: readonly (() => unknown)[] = [
      () => Object.assign(settings, { hash: "" }),
      () => Object.assign(settings.config.server.limits, { maxBodyBytes: 0 }),
      () => Object.assign(settings.models.get("fast")?.targets ?? {}, { length: 0 }),
      () => Reflect.get(settings.models, "set").call(settings.models, "x", {}),
      () => Reflect.get(settings.providers, "clear").call(settings.providers),
      () => settings.keys[0]?.settings.models.push("x"),
      () => Object.assign(settings.config, { keys: [] }),
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
  });

  it("needs a key from callers as soon as one is configured", () => {
    expect(settings.auth.required).toBe(true);
    expect(load("auth: { admin_key: { env: ADMIN } }").auth.required).toBe(true);
    expect(load("").auth.required).toBe(false);
  });
});

describe("the listener", () => {
  it("has its certificate and key read, and the key kept secret", () => {
    const files: Readonly<Record<string, string>> = {
      "a.crt": selfSigned.cert,
      "a.key": selfSigned.key,
    };
    const source = {
      text: "server: { tls: { cert_file: a.crt, key_file: a.key } }",
      filename: "c",
    };
    const result = loadConfig(source, {}, (path) => files[path] ?? "");
    expect(result.ok && result.settings.tls?.certificate).toBe(selfSigned.cert);
    expect(result.ok && result.settings.tls?.key.reveal()).toBe(selfSigned.key);
    expect(result.ok && inspect(result.settings, { depth: 20 })).not.toContain("PRIVATE KEY");
  });

  const hosts: readonly [host: string, loopback: boolean][] = [
    ["127.0.0.1", true],
    ["127.255.0.3", true],
    ["localhost", true],
    ["LOCALHOST", true],
    ["::1", true],
    ["[::1]", true],
    ["0.0.0.0", false],
    ["::", false],
    ["10.0.0.1", false],
    ["127.example.com", false],
    ["localhost.example.com", false],
  ];
  for (const [host, loopback] of hosts) {
    it(`${host} is ${loopback ? "" : "not "}this machine alone`, () => {
      expect(isLoopback(host)).toBe(loopback);
    });
  }
});

describe("the hash of settings", () => {
  const base =
    "providers: { a: { kind: sim }, b: { kind: ollama } }\nkeys: [{ name: k, value: { value: one } }]";
  const cases: readonly [title: string, text: string, same: boolean][] = [
    [
      "ignores order, spelling and comments",
      '# c\n{"keys":[{"value":{"value":"one"},"name":"k"}],"providers":{"b":{"kind":"ollama"},"a":{"kind":"sim"}}}',
      true,
    ],
    [
      "ignores a default that is written out",
      `${base}\nserver: { port: 4000, host: 127.0.0.1 }`,
      true,
    ],
    ["ignores secrets", base.replace("one", "two"), true],
    ["sees another port", `${base}\nserver: { port: 4001 }`, false],
    ["sees another provider", base.replace("ollama", "llamafile"), false],
    [
      "sees another order of keys",
      `${base.replace("keys: [", "keys: [{ name: j, value: { value: zero } }, ")}`,
      false,
    ],
  ];
  for (const [title, other, same] of cases) {
    it(title, () => {
      expect(load(base).hash).toMatch(/^[0-9a-f]{64}$/);
      expect(load(other).hash === load(base).hash).toBe(same);
    });
  }
});
