import { createValidator } from "@bufbuild/protovalidate";
import { describe, expect, it } from "vitest";
import { type LoadOptions, loadConfig } from "../../../src/config/loading/load-config.ts";
import { printViolation } from "../../../src/config/violation.ts";

const files: Readonly<Record<string, string>> = {
  "/run/key": "from-file\n",
  "/run/empty": " \n",
  "/run/crt": "no pem",
};

function readText(path: string): string {
  const text = files[path];
  if (text === undefined)
    throw Object.assign(new Error(`no such file: ${path}`), { code: "ENOENT" });
  return text;
}

const validator = createValidator();

const env = { OPENAI_API_KEY: "sk-openai", DEV_KEY: "dev-1", OPS_KEY: "dev-1", BLANK: "  " };

function load(text: string, overrides: LoadOptions = {}) {
  return loadConfig({ text, filename: "c.yaml" }, env, readText, { validator, ...overrides });
}

function violations(text: string, overrides: LoadOptions = {}): readonly string[] {
  const result = load(text, overrides);
  return result.ok ? [] : result.violations.map((violation) => printViolation("c.yaml", violation));
}

const sim = "providers: { sim: { kind: sim } }\n";

describe("loadConfig refuses", () => {
  const cases: readonly [title: string, text: string, expected: readonly string[]][] = [
    [
      "an unknown key, naming the nearest one",
      "sever: {}",
      ["c.yaml:1:1: sever: is not a known key (did you mean `server`?)"],
    ],
    [
      "an unknown key deep inside",
      "providers:\n  a:\n    kind: sim\n    apikey: { env: X }\n",
      ["c.yaml:4:5: providers.a.apikey: is not a known key (did you mean `api_key`?)"],
    ],
    ...["first_byte", "firstByte"].map((key): [string, string, readonly string[]] => [
      `a key that has a successor, naming it (${key})`,
      `providers:\n  a:\n    kind: sim\n    timeouts: { ${key}: 5s }\n`,
      [
        `c.yaml:4:17: providers.a.timeouts.${key}: is no longer a key: \`first_token\` has taken its place ` +
          "(write `first_token`, the time until the first content of a reply)",
      ],
    ]),
    ...["max_connections: 0", "max_connections: 10001", "max_connections_per_key_percent: 101"].map(
      (setting): [string, string, readonly string[]] => [
        `connections out of bounds (${setting})`,
        `providers: { a: { kind: sim, ${setting} } }`,
        [
          expect.stringContaining(
            `c.yaml:1:${setting.indexOf(":") + 32}: providers.a.max_connections`,
          ),
        ],
      ],
    ),
    [
      "an unknown key that resembles none, naming all",
      "auth: { zzzzzzzzzz: 1 }",
      ["c.yaml:1:9: auth.zzzzzzzzzz: is not a known key (known here: admin_key)"],
    ],
    [
      "the same key twice",
      "server: {}\nserver: {}\n",
      ["c.yaml:2:1: this key is already given in the same mapping"],
    ],
    [
      "the same name twice in a map",
      "providers:\n  a: { kind: sim }\n  a: { kind: sim }",
      ["c.yaml:3:3: providers: this key is already given in the same mapping"],
    ],
    [
      "a merge of what is no mapping",
      "server: { <<: 1 }",
      ["c.yaml:1:15: server: only a mapping can be merged"],
    ],
    [
      "the same key in both spellings",
      `${sim}server: { drain_grace: 1s, drainGrace: 2s }`,
      [
        "c.yaml:2:28: server.drain_grace: is given twice, in two spellings (keep the one with underscores)",
      ],
    ],
    [
      "text where a number belongs",
      'server: { port: "80" }',
      [
        "c.yaml:1:17: server.port: must be a whole number from 0 to 4294967295, but is text (write digits, without quotes)",
      ],
    ],
    [
      "a number where text belongs",
      "server: { host: 1 }",
      ["c.yaml:1:17: server.host: must be text, but is a number (put it in quotes)"],
    ],
    [
      "a word where a boolean belongs",
      "server: { allow_unauthenticated: yes }",
      [
        "c.yaml:1:34: server.allow_unauthenticated: must be true or false, but is text (write true or false, without quotes)",
      ],
    ],
    [
      "a list where a mapping belongs",
      "server: []",
      [
        "c.yaml:1:9: server: must be a mapping, but is a list (known here: host, port, tls, cors, limits, drain_grace, allow_unauthenticated, drain_delay, workers, heartbeat, trusted_proxies, proxy_protocol, max_connection_age, worker_hang_timeout, egress)",
      ],
    ],
    [
      "a mapping where a list belongs",
      "keys: {}",
      [
        "c.yaml:1:7: keys: must be a list, but is a mapping (begin each element with a dash, or write [a, b])",
      ],
    ],
    [
      "a document that is no mapping",
      "- 1",
      [
        "c.yaml:1:1: must be a mapping, but is a list (known here: server, auth, store, state, providers, models, keys, media_fetch, routing, cache, rules, aliases, rule_headers, teams, prices, ledger, identity, limits, budgets, observe, guards, privacy, secret_managers, config_source)",
      ],
    ],
    [
      "a duration without a unit",
      "server: { drain_grace: 30 }",
      [
        'c.yaml:1:24: server.drain_grace: must be a duration in seconds (write it in seconds: "30s")',
      ],
    ],
    [
      "fallbacks for long prompts that stand for nothing",
      "providers: { sim: { kind: sim } }\nmodels: [{ name: m, targets: [{ model: sim/echo }], context_fallbacks: [sim/json, nope] }]",
      [expect.stringContaining("models[0].context_fallbacks[1]: there is no model nope")],
    ],
    [
      "a hedge with two delays, and one with none",
      "providers: { sim: { kind: sim } }\nmodels: [{ name: m, targets: [{ model: sim/echo }, { model: sim/x }], hedge: { after: 1s, after_p95: true } }, { name: n, targets: [{ model: sim/echo }, { model: sim/x }], hedge: { after_p95: false } }]",
      [
        expect.stringContaining("models[0].hedge: has both after and after_p95"),
        expect.stringContaining("models[1].hedge: says neither"),
      ],
    ],
    [
      "default fallbacks that stand for nothing, and failures that are no vendor's or there twice",
      "routing: { default_fallbacks: [nope], failures: [{ reason: CANCELLED }, { reason: UPSTREAM_CUT }, { reason: UPSTREAM_CUT, cool: false }] }",
      [
        expect.stringContaining("routing.default_fallbacks[0]: there is no model nope"),
        expect.stringContaining("routing.failures[0].reason: is no failure of a vendor"),
        expect.stringContaining("routing.failures[2].reason: is there twice"),
      ],
    ],
    [
      "a duration in minutes",
      "server: { drain_grace: 5m }",
      [
        'c.yaml:1:24: server.drain_grace: must be a duration in seconds, but is text (write it in seconds: "300s")',
      ],
    ],
    [
      "a duration beyond its bound",
      "server: { drain_grace: 3601s }",
      [expect.stringContaining("c.yaml:1:24: server.drain_grace: must be")],
    ],
    ...["0", "65", "1.5", "-1", "all", "AUTO", '"04"'].map(
      (workers): [string, string, readonly string[]] => [
        `workers that are ${workers}`,
        `server: { workers: ${workers} }`,
        [
          "c.yaml:1:20: server.workers: is not written as it must be (write a whole number from 1 to 64, or auto for one worker for each core)",
        ],
      ],
    ),
    [
      "workers that are a list",
      "server: { workers: [1] }",
      ["c.yaml:1:20: server.workers: must be a single value, but is a list"],
    ],
    [
      "a port out of range",
      "server: { port: 70000 }",
      ["c.yaml:1:17: server.port: must be less than or equal to 65535"],
    ],
    [
      "an unfinished bracket",
      "server: { port: 1",
      ["c.yaml:1:18: the indentation does not fit, or a bracket is not closed"],
    ],
    [
      "a tab as indentation",
      "server:\n\tport: 1",
      ["c.yaml:2:1: a tab is used for indentation; use spaces"],
    ],
    ["a tag", "server: !secret {}", ["c.yaml:1:9: tags (!name) are not supported"]],
    [
      "an alias to nothing",
      "server: *nowhere",
      ["c.yaml:1:9: server: there is no anchor (&name) before this alias"],
    ],
    [
      "two members of a choice",
      "store: { memory: {}, sqlite: { path: a } }",
      ["c.yaml:1:22: store.sqlite: cannot be given together with memory (keep one of the two)"],
    ],
    [
      "a choice without a value",
      "store: { memory: }",
      [expect.stringContaining("store.memory: has no value (write memory: {}")],
    ],
    [
      "a bad provider name",
      '"providers": { "a b": { kind: sim } }',
      [expect.stringContaining('c.yaml:1:16: providers["a b"]: is not a usable name')],
    ],
    [
      "an unknown kind, naming the nearest one",
      "providers: { a: { kind: opnai } }",
      ["c.yaml:1:25: providers.a.kind: no vendor is known by this kind (did you mean `openai`?)"],
    ],
    [
      "a provider without a kind",
      "providers: { a: {} }",
      [expect.stringContaining("c.yaml:1:14: providers.a.kind: is missing")],
    ],
    [
      "a vendor without its credential",
      "providers:\n  a: { kind: openai }",
      [
        "c.yaml:2:3: providers.a.api_key: is missing: OpenAI answers nobody without a credential (write api_key: { env: OPENAI_API_KEY })",
      ],
    ],
    [
      "a kind without an address",
      "providers: { a: { kind: openai_compatible } }",
      [
        expect.stringContaining(
          "c.yaml:1:14: providers.a.base_url: is missing: kind openai_compatible has no address",
        ),
      ],
    ],
    [
      "a base URL that is none",
      "providers: { a: { kind: ollama, base_url: localhost } }",
      [expect.stringContaining("c.yaml:1:43: providers.a.base_url: is not an http or https URL")],
    ],
    [
      "simulator options for a vendor",
      "providers: { a: { kind: ollama, sim: {} } }",
      [expect.stringContaining("providers.a.sim: is only for kind sim")],
    ],
    [
      "a header that frames the message",
      "providers: { a: { kind: sim, headers: { Content-Length: '1' } } }",
      [
        "c.yaml:1:57: providers.a.headers.Content-Length: is set by the gateway alone (leave it out)",
      ],
    ],
    [
      "a header in two spellings",
      "providers: { a: { kind: sim, headers: { X-A: '1', x-a: '1' } } }",
      [expect.stringContaining("providers.a.headers.x-a: is given twice")],
    ],
    [
      "a header name that is none",
      "providers: { a: { kind: sim, headers: { 'a b': '1' } } }",
      [expect.stringContaining('providers.a.headers["a b"]: is not a usable name')],
    ],
    [
      "a map key that JavaScript would misread",
      "providers: { a: { kind: sim, headers: { __proto__: '1' } } }",
      [expect.stringContaining("providers.a.headers.__proto__: is not a usable name")],
    ],
    [
      "a secret whose variable is not set",
      "auth: { admin_key: { env: NOT_THERE } }",
      [
        "c.yaml:1:27: auth.admin_key.env: the environment variable NOT_THERE is not set (set it before the start, or use { file: path })",
      ],
    ],
    [
      "a secret whose variable is blank",
      "auth: { admin_key: { env: BLANK } }",
      [expect.stringContaining("the environment variable BLANK is empty")],
    ],
    [
      "a secret whose file is missing",
      "auth: { admin_key: { file: /run/none } }",
      [
        "c.yaml:1:28: auth.admin_key.file: the file cannot be read: it does not exist (paths start at the working directory)",
      ],
    ],
    [
      "a secret whose file is empty",
      "auth: { admin_key: { file: /run/empty } }",
      ["c.yaml:1:28: auth.admin_key.file: the file is empty"],
    ],
    [
      "a secret without a source",
      "auth: { admin_key: {} }",
      [expect.stringContaining("auth.admin_key: ")],
    ],
    [
      "a target at an unknown provider",
      `${sim}models: [{ name: a, targets: [{ model: smi/echo }] }]`,
      ["c.yaml:2:40: models[0].targets[0].model: there is no provider smi (did you mean `sim`?)"],
    ],
    [
      "a target without a provider",
      `${sim}models: [{ name: a, targets: [{ model: echo }] }]`,
      [
        "c.yaml:2:40: models[0].targets[0].model: is not written as it must be (write provider/model)",
      ],
    ],
    [
      "a model without targets",
      `${sim}models: [{ name: a }]`,
      [expect.stringContaining("models[0].targets: must not be empty")],
    ],
    [
      "memory for bodies that the largest body does not fit into",
      "server: { limits: { body_memory_bytes: 1048576 } }",
      [
        "c.yaml:1:40: server.limits.body_memory_bytes: is less than max_body_bytes (67108864): " +
          "a body of that size would never be taken (give it several times max_body_bytes)",
      ],
    ],
    [
      "targets that would never be called",
      `${sim}models: [{ name: a, targets: [{ model: sim/echo, weight: 0 }] }]`,
      [expect.stringContaining("models[0].targets: every target has weight 0")],
    ],
    [
      "two models of one name",
      `${sim}models:\n- { name: a, targets: [{ model: sim/b }] }\n- { name: a, targets: [{ model: sim/c }] }`,
      [
        "c.yaml:4:11: models[1].name: another model has this name (join their targets, or rename one)",
      ],
    ],
    [
      "a name that hides a provider's models",
      `${sim}models: [{ name: sim/x, targets: [{ model: sim/b }] }]`,
      [expect.stringContaining("models[0].name: hides the models of the provider sim")],
    ],
    [
      "a fallback to nothing",
      `${sim}models: [{ name: fast, targets: [{ model: sim/b }], fallbacks: [fats] }, { name: slow, targets: [{ model: sim/b }] }]`,
      ["c.yaml:2:65: models[0].fallbacks[0]: there is no model fats (did you mean `fast`?)"],
    ],
    [
      "fallbacks in a circle",
      `${sim}models:\n- { name: a, targets: [{ model: sim/b }], fallbacks: [b] }\n- { name: b, targets: [{ model: sim/b }], fallbacks: [a] }`,
      [
        "c.yaml:4:55: models[1].fallbacks[0]: the fallbacks go round in a circle: a -> b -> a (take one of them out, or set routing.allow_fallback_cycles: each is tried once)",
      ],
    ],
    [
      "a fallback to itself",
      `${sim}models: [{ name: a, targets: [{ model: sim/b }], fallbacks: [a] }]`,
      [expect.stringContaining("the fallbacks go round in a circle: a -> a")],
    ],
    [
      "a key for an unknown model",
      `${sim}keys: [{ name: k, value: { env: DEV_KEY }, models: [nope] }]`,
      [expect.stringContaining("c.yaml:2:53: keys[0].models[0]: there is no model nope")],
    ],
    [
      "a key for a pattern that is none, and one that no model fits",
      `${sim}keys: [{ name: k, value: { env: DEV_KEY }, models: ["sim/*-*", "gpt-*"] }]`,
      [
        expect.stringContaining("keys[0].models[0]: has more than one `*`"),
        expect.stringContaining("keys[0].models[1]: there is no model gpt-*"),
      ],
    ],
    [
      "stars that nothing stands for",
      `${sim}models: [{ name: a, targets: [{ model: sim/*, base_model: x-* }], fallbacks: [sim/*] }]`,
      [
        expect.stringContaining("models[0].targets[0].model: has a `*`, and the model's name has"),
        expect.stringContaining("models[0].targets[0].base_model: has a `*`"),
        expect.stringContaining("models[0].fallbacks[0]: has a `*`"),
      ],
    ],
    [
      "a pattern with two stars, and a target with two",
      `${sim}models: [{ name: a-*-*, targets: [{ model: sim/a }] }, { name: b-*, targets: [{ model: sim/*-* }] }]`,
      [
        expect.stringContaining("models[0].name: has more than one `*`"),
        expect.stringContaining("models[1].targets[0].model: has more than one `*`"),
      ],
    ],
    [
      "two keys of one name",
      `${sim}keys: [{ name: k, value: { value: a } }, { name: k, value: { value: b } }]`,
      [expect.stringContaining("keys[1].name: another key has this name")],
    ],
    [
      "a key that nobody can call as",
      `${sim}keys: [{ name: k }]`,
      [expect.stringContaining("keys[0].value: value is required")],
    ],
    [
      "clients that are asked for no certificate",
      `${sim}keys: [{ name: k, client_names: [shop] }]`,
      [expect.stringContaining("keys[0].client_names: clients are asked for no certificate")],
    ],
    [
      "a client of two keys",
      `${sim}keys: [{ name: k, client_names: [shop] }, { name: l, client_names: [shop] }]`,
      expect.arrayContaining([
        expect.stringContaining("keys[1].client_names[0]: is a client of keys[0] too"),
      ]),
    ],
    [
      "a proxy that is no address",
      "server: { trusted_proxies: [10.0.0.0/8, 10.0.0.0/33, lb.internal] }",
      [
        expect.stringContaining("server.trusted_proxies[1]: is neither an address nor a network"),
        expect.stringContaining("server.trusted_proxies[2]: is neither an address nor a network"),
      ],
    ],
    [
      "headers of proxies that nobody believes",
      "server: { proxy_protocol: true }",
      [expect.stringContaining("server.proxy_protocol: says nothing without trusted_proxies")],
    ],
    [
      "a rule for certificates that nobody asks for",
      "server: { tls: { cert_file: a, key_file: b, client_auth: OPTIONAL } }",
      expect.arrayContaining([
        expect.stringContaining("server.tls.client_auth: says nothing without client_ca_file"),
      ]),
    ],
    [
      "two keys of one value",
      `${sim}keys: [{ name: k, value: { env: DEV_KEY } }, { name: l, value: { env: OPS_KEY } }]`,
      [
        "c.yaml:2:57: keys[1].value: is the same key as keys[0] (every key needs a value of its own)",
      ],
    ],
    [
      "a key that equals the admin key",
      `${sim}auth: { admin_key: { value: a } }\nkeys: [{ name: k, value: { value: a } }]`,
      [expect.stringContaining("keys[0].value: is the same key as auth.admin_key")],
    ],
    [
      "a budget that is no amount",
      `${sim}keys: [{ name: k, value: { value: a }, budget: { usd: "1e3", window: MONTH } }]`,
      [expect.stringContaining("keys[0].budget.usd: is not written as it must be")],
    ],
    [
      "a budget window that is none",
      `${sim}keys: [{ name: k, value: { value: a }, budget: { usd: "1", window: MOTNH } }]`,
      ["c.yaml:2:68: keys[0].budget.window: is not one of the known values (did you mean MONTH?)"],
    ],
    [
      "a budget without a window, in no time zone, or that warns too late",
      `${sim}keys:
  - { name: k, value: { value: a }, budget: { usd: "1" } }
  - { name: l, value: { value: b }, budget: { usd: "1", window: DAY, time_zone: Berlin, rolling: 60s } }
  - { name: n, value: { value: c }, budget: { usd: "1", window: HOUR, time_zone: UTC, soft_usd: "2" } }`,
      [
        "c.yaml:3:37: keys[0].budget.window: window is required (write HOUR, DAY, WEEK, MONTH or TOTAL, or rolling)",
        "c.yaml:4:65: keys[1].budget.window: stands beside rolling (leave one of them out)",
        "c.yaml:4:81: keys[1].budget.time_zone: is no time zone (write its IANA name, such as Europe/Berlin)",
        "c.yaml:5:82: keys[2].budget.time_zone: only windows of days have a time zone (leave it out)",
        "c.yaml:5:97: keys[2].budget.soft_usd: is more than usd, so that it never warns",
      ],
    ],
    [
      "budgets of what there is not, or that end before they begin",
      `${sim}budgets:
  - { name: a, models: [gone], targets: [sim], budget: { usd: "1", window: DAY, fallback: nowhere } }
  - { name: a, per: [TARGET], budget: { usd: "1", window: DAY, fallback: sim/echo } }
  - { name: b, budget: { usd: "1", window: DAY, soft: true, fallback: sim/echo, increases: [{ usd: "1", until: soon }] } }
  - { name: c, budget: { usd: "1", window: DAY, increases: [{ usd: "1", since: 2026-12-02, until: 2026-12-01 }] } }`,
      [
        "c.yaml:3:25: budgets[0].models[0]: there is no model gone (name a model of this file, or provider/model)",
        "c.yaml:3:42: budgets[0].targets[0]: is no provider/model (name a target as provider/model, or several as provider/*)",
        "c.yaml:3:91: budgets[0].budget.fallback: there is no model nowhere (name a model of this file, or provider/model)",
        "c.yaml:3:91: budgets[0].budget.fallback: a target that a budget has no room for is passed over (leave it out, and set fallbacks of the model)",
        "c.yaml:4:13: budgets[1].name: another budget has this name",
        "c.yaml:4:74: budgets[1].budget.fallback: a target that a budget has no room for is passed over (leave it out, and set fallbacks of the model)",
        "c.yaml:5:71: budgets[2].budget.fallback: a soft budget refuses nothing (leave it out)",
        "c.yaml:5:112: budgets[2].budget.increases[0].until: is no day or time (write a day such as 2026-12-31 or a time such as 2026-12-31T08:00:00Z)",
        "c.yaml:6:99: budgets[3].budget.increases[0].until: is not after since",
      ],
    ],
    [
      "to listen to the world without a key",
      "server: { host: 0.0.0.0 }",
      [
        expect.stringContaining(
          "c.yaml:1:17: server.host: would serve everyone who can reach it: no key is configured",
        ),
      ],
    ],
    [
      "a private host written as an address of the web",
      'media_fetch: { private_hosts: ["http://files.example.internal"] }',
      [
        "c.yaml:1:32: media_fetch.private_hosts[0]: is not written as it must be (write a host in lower case, without scheme and port: files.example.internal, or *.example.internal)",
      ],
    ],
    [
      "a certificate that is missing",
      "server: { tls: { cert_file: /run/none, key_file: /run/key } }",
      [expect.stringContaining("server.tls.cert_file: the file cannot be read: it does not exist")],
    ],
    [
      "a certificate that is none",
      "server: { tls: { cert_file: /run/crt, key_file: /run/key } }",
      [expect.stringContaining("server.tls: the certificate and the key cannot be used together")],
    ],
  ];
  for (const [title, text, expected] of cases) {
    it(title, () => {
      expect(violations(text)).toEqual(expected);
    });
  }

  it("everything at once, in the order of the file", () => {
    const text =
      "server: { port: x }\nproviders:\n  a: { kind: openai }\nmodels: [{ name: m, targets: [{ model: b/c }] }]\nfoo: 1\n";
    expect(violations(text).map((line) => line.split(": ")[0])).toEqual([
      "c.yaml:1:17",
      "c.yaml:3:3",
      "c.yaml:4:40",
      "c.yaml:5:1",
    ]);
  });

  it("what is wrong beside a key that is given twice", () => {
    const text = "providers:\n  a: { kind: sim }\n  a: { kind: sim }\n  b: { kind: nobody }";
    expect(violations(text)).toEqual([
      expect.stringContaining("c.yaml:3:3: providers: this key is already given"),
      expect.stringContaining("c.yaml:4:14: providers.b.kind: no vendor is known"),
    ]);
  });

  it("aliases that would grow without bound", () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `a${level}: &a${level} { <<: [*a${level - 1}, *a${level - 1}] }`,
    );
    const bomb = ["x: &a-1 { host: h }", ...levels.map((line) => `  ${line}`)]
      .join("\n")
      .replace("x: ", "server:\n  a: ");
    expect(violations(bomb)).toEqual(
      expect.arrayContaining([expect.stringContaining("is not a known key")]),
    );
    const merged = `x: &x { <<: *x }\nserver: { <<: *x }`;
    expect(violations(merged).length).toBeGreaterThan(0);
  });

  it("a large file of mistakes, without taking minutes", () => {
    const models = Array.from(
      { length: 1000 },
      (_, index) => `- { name: m${index}, targets: [], fallbacks: [x${index}] }`,
    );
    expect(violations(`models:\n${models.join("\n")}`)).toHaveLength(1001);
    const keys = Array.from({ length: 4000 }, (_, index) => `k${index}: 1`);
    const listed = violations(keys.join("\n"));
    expect(listed).toHaveLength(1001);
    expect(listed.at(-1)).toContain("3000 more are not listed");
  });

  it("a file nested too deeply", () => {
    const lines = violations("[".repeat(100_000));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(10);
  });
});

describe("loadConfig accepts", () => {
  const cases: readonly [title: string, text: string][] = [
    ["an empty file", ""],
    ["a byte order mark and Windows line ends", "\ufeffserver:\r\n  port: 1\r\n"],
    ["a file of comments", "# nothing\n"],
    ["an empty document", "{}"],
    ["JSON", '{"server": {"port": 1}, "providers": {"s": {"kind": "sim"}}}'],
    ["camelCase", "server: { drainGrace: 1s }"],
    ["sections without content", "models:\nkeys:\nproviders:\n"],
    [
      "anchors and merged mappings",
      "providers:\n  a: &a { kind: ollama, timeouts: &t { connect: 1s } }\n  b: { <<: *a, timeouts: *t }",
    ],
    [
      "a fallback to a provider's model",
      `${sim}models: [{ name: a, targets: [{ model: sim/b }], fallbacks: [sim/c/d] }]`,
    ],
    [
      "fallbacks that meet without a circle",
      `${sim}models:\n- { name: a, targets: [{ model: sim/b }], fallbacks: [b, c] }\n- { name: b, targets: [{ model: sim/b }], fallbacks: [c] }\n- { name: c, targets: [{ model: sim/b }] }`,
    ],
    [
      "proxies of one's own",
      "server: { trusted_proxies: [10.0.0.0/8, '::1', 192.0.2.1], proxy_protocol: true, max_connection_age: 3600s }",
    ],
    [
      "the world without a key when told so",
      "server: { host: 0.0.0.0, allow_unauthenticated: true }",
    ],
    ["the world with a key", "server: { host: '::' }\nkeys: [{ name: k, value: { value: a } }]"],
    [
      "memory for bodies of the size of the largest body",
      "server: { limits: { max_body_bytes: 1073741824 } }",
    ],
    ["all of loopback", "server: { host: 127.9.9.9 }"],
    [
      "an enum value by its full name",
      `keys: [{ name: k, value: { value: a }, budget: { usd: "1", window: BUDGET_WINDOW_DAY } }]`,
    ],
  ];
  for (const [title, text] of cases) {
    it(title, () => {
      expect(violations(text)).toEqual([]);
    });
  }

  it("an own setting before the merged one", () => {
    const result = load("server: &s { port: 1, host: localhost }\nproviders: {}\n");
    expect(result.ok && result.settings.config.server).toMatchObject({
      port: 1,
      host: "localhost",
    });
    const merged = load(
      "providers:\n  a: &a { kind: sim, headers: { x: '1' } }\n  b: { headers: { y: '2' }, <<: *a }",
    );
    expect(merged.ok && merged.settings.providers.get("b")?.headers).toEqual([["y", "2"]]);
  });
});

describe("command-line settings", () => {
  it("win over the file", () => {
    const result = load(`${sim}server: { host: localhost, port: 1 }`, {
      host: "127.0.0.2",
      port: 0,
    });
    expect(result.ok && result.settings.config.server).toMatchObject({
      host: "127.0.0.2",
      port: 0,
    });
  });

  it("are checked as the file is", () => {
    for (const port of [70_000, -1, 1.5, Number.NaN]) {
      expect(violations(sim, { port })).toEqual([
        expect.stringContaining("server.port: must be a whole number"),
      ]);
    }
    expect(violations(sim, { host: "0.0.0.0" })).toEqual([
      expect.stringContaining("server.host: would serve everyone"),
    ]);
  });
});

describe("warnings", () => {
  const cases: readonly [title: string, text: string, expected: readonly string[]][] = [
    [
      "say that no provider is configured",
      "",
      [expect.stringContaining("providers: no provider is configured")],
    ],
    [
      "say that a hedge has no second target to race",
      `${sim}models:
  - { name: a, targets: [{ model: sim/b }], hedge: { after: 1s } }
  - { name: c, targets: [{ model: sim/b }, { model: sim/d }], hedge: { after: 1s } }`,
      [
        "c.yaml:3:45: models[0].hedge: has no second target to race with the first, and never acts (give the model another target, or leave hedge out)",
      ],
    ],
    [
      "say that there are no rates for the strategy to compare",
      `${sim}models:
  - { name: a, strategy: USAGE, targets: [{ model: sim/b }, { model: sim/d }] }
  - { name: c, strategy: USAGE, targets: [{ model: sim/b, tokens_per_minute: 9 }, { model: sim/d }] }`,
      [
        "c.yaml:3:26: models[0].strategy: no target has a rate to compare, so that calls are drawn by weight (give targets requests_per_minute or tokens_per_minute, or leave strategy out)",
      ],
    ],
    [
      "stay silent about budgets",
      `${sim}keys: [{ name: k, value: { value: a }, budget: { usd: "1", window: MONTH } }]`,
      [],
    ],
    [
      "stay silent about what works",
      `${sim}store: { sqlite: {} }\nmodels: [{ name: a, targets: [{ model: sim/b, weight: 2 }], fallbacks: [sim/c] }]`,
      [],
    ],
  ];
  for (const [title, text, expected] of cases) {
    it(title, () => {
      const result = load(text);
      expect(
        result.ok && result.warnings.map((warning) => printViolation("c.yaml", warning)),
      ).toEqual(expected);
    });
  }
});
