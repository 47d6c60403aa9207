import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { printViolation } from "../../src/config/violation.ts";

const providers = "providers: { a: { kind: sim }, b: { kind: sim } }";

/** A config with the model `m`, whose members begin in line 5, and more lines of the root. */
const model = (members: string, ...root: readonly string[]) =>
  [
    providers,
    "models:",
    "  - name: m",
    "    targets: [{ model: a/x }, { model: b/y }]",
    ...(members === "" ? [] : [`    ${members}`]),
    ...root,
  ].join("\n");

/** A config with the model `m` of these targets. */
const targets = (list: string) => `${providers}\nmodels:\n  - name: m\n    targets: ${list}\n`;

/** A config with rules, which begin in line 6. */
const rules = (...lines: readonly string[]) =>
  model("", "rules:", ...lines.map((one) => `  ${one}`));

/** A config with an issuer of tokens. */
const issuer = (mapping: string, more = "") =>
  model(
    "",
    `identity: { issuers: [{ name: c, issuer: "https://i.example", audiences: [a], mappings: [{ ${mapping} }]${more} }] }`,
  );

/** What is wrong, the config, and what is said of it, with its place. */
const rows: readonly (readonly [title: string, text: string, said: string | RegExp])[] = [
  [
    "a provider that there is not",
    targets("[{ model: c/x }]"),
    "4:24: models[0].targets[0].model: there is no provider c (did you mean `a`?)",
  ],
  [
    "a fallback that there is not",
    model("fallbacks: [gone]"),
    "5:17: models[0].fallbacks[0]: there is no model gone (name a model of this file, or provider/model)",
  ],
  ["a fallback for long prompts", model("context_fallbacks: [gone]"), /^5:25: .*no model gone/],
  ["a fallback for content", model("content_fallbacks: [gone]"), /^5:25: .*no model gone/],
  [
    "a default fallback",
    model("", "routing: { default_fallbacks: [gone] }"),
    /^5:32: routing\.default_fallbacks\[0\]: there is no model gone/,
  ],
  [
    "an alias of nothing",
    model("", "aliases: [{ name: x, model: gone }]"),
    /^5:29: .*no model gone/,
  ],
  ["a shadow of nothing", model("shadow: { model: gone, percent: 1 }"), /^5:22: .*no model gone/],
  [
    "an embedding model that there is not",
    model("semantic_cache: { threshold: 0.9, embed_model: gone }", "    cache: {}"),
    /^5:52: models\[0\]\.semantic_cache\.embed_model: there is no model gone/,
  ],
  [
    "fallbacks in a circle",
    `${providers}\nmodels:\n  - { name: m, targets: [{ model: a/x }], fallbacks: [n] }\n  - { name: n, targets: [{ model: a/x }], fallbacks: [m] }\n`,
    /^4:55: models\[1\]\.fallbacks\[0\]: the fallbacks go round in a circle: m -> n -> m/,
  ],
  [
    "fallbacks for long prompts in a circle",
    `${providers}\nmodels:\n  - { name: m, targets: [{ model: a/x }], context_fallbacks: [n] }\n  - { name: n, targets: [{ model: a/x }], context_fallbacks: [m] }\n`,
    /^4:63: models\[1\]\.context_fallbacks\[0\]: the context_fallbacks go round in a circle: m -> n -> m/,
  ],
  [
    "a fallback for content to itself",
    model("content_fallbacks: [m]"),
    /^5:25: .*the content_fallbacks go round in a circle: m -> m/,
  ],
  ["a fallback to itself", model("fallbacks: [m]"), /^5:17: .* in a circle: m -> m/],
  [
    "weights that are all 0",
    targets("[{ model: a/x, weight: 0 }, { model: b/x, weight: 0 }]"),
    "4:5: models[0].targets: every target has weight 0, so none would ever be called (give one a weight of 1)",
  ],
  [
    "weights of an arm that are all 0",
    model(
      "experiment: { arms: [{ name: a, percent: 50 }, { name: b, percent: 50, targets: [{ model: a/x, weight: 0 }] }] }",
    ),
    /^5:76: models\[0\]\.experiment\.arms\[1\]\.targets: every target has weight 0/,
  ],
  ["a weight below 0", targets("[{ model: a/x, weight: -1 }]"), /^4:37: .*weight: must be a whole/],
  ["an order below 0", targets("[{ model: a/x, order: -1 }]"), /^4:36: .*order: must be a whole/],
  [
    "no call at once",
    targets("[{ model: a/x, max_in_flight: 0 }]"),
    /^4:44: .*max_in_flight: must be greater than or equal to 1/,
  ],
  [
    "no request a minute",
    targets("[{ model: a/x, requests_per_minute: 0 }]"),
    /^4:50: .*requests_per_minute: must be greater than or equal to 1/,
  ],
  [
    "no targets",
    `${providers}\nmodels:\n  - { name: m }\n`,
    /^3:5: models\[0\]\.targets: must not be/,
  ],
  [
    "a rule after one that holds always",
    rules(
      "- { name: one, when: 'true', route: m }",
      "- { name: two, when: call.stream, route: m }",
    ),
    /^7:24: rules\[1\]\.when: is never reached: the rule one before it holds for every call/,
  ],
  [
    "a rule after one that holds wherever it does",
    rules(
      "- { name: one, when: call.stream, route: m }",
      "- { name: two, when: call.stream, route: a/x }",
    ),
    /^7:24: rules\[1\]\.when: is never reached: the rule one before it holds wherever this does/,
  ],
  [
    "a condition of two kinds",
    rules(`- { name: r, when: 'call.input_tokens > "x"', route: m }`),
    "6:23: rules[0].when: no such overload: int > string",
  ],
  [
    "an attribute that there is not",
    rules("- { name: r, when: call.stream && call.inputtokens > 5, route: m }"),
    "6:42: rules[0].when: call has no attribute inputtokens (did you mean `call.input_tokens`?)",
  ],
  [
    "an attribute in the second line of a condition",
    rules("- name: r", "  when: >-", "    call.stream &&", "    call.oops == 1", "  route: m"),
    /^9:12: rules\[0\]\.when: call has no attribute oops/,
  ],
  [
    "a condition that breaks off",
    rules("- { name: r, when: 'call.stream && (', route: m }"),
    /^6:39: rules\[0\]\.when: unexpected token: EOF/,
  ],
  [
    "a condition that is a number",
    rules("- { name: r, when: call.input_tokens, route: m }"),
    /^6:22: rules\[0\]\.when: gives an int, not true or false/,
  ],
  [
    "a rule without an action",
    rules("- { name: r, when: 'true' }"),
    /^6:5: rules\[0\]: does nothing/,
  ],
  [
    "a route to nothing",
    rules("- { name: r, when: 'true', route: gone }"),
    /^6:37: rules\[0\]\.route: there is no model gone/,
  ],
  [
    "a target of no provider",
    rules("- { name: r, when: 'true', target: gone/x }"),
    /^6:38: rules\[0\]\.target: there is no provider gone/,
  ],
  [
    "an exclusion of no provider",
    rules("- { name: r, when: 'true', exclude: [gone/x] }"),
    /^6:40: rules\[0\]\.exclude\[0\]: there is no provider gone/,
  ],
  [
    "a label that no target has",
    rules("- { name: r, when: call.stream, require_labels: { region: eu } }"),
    "6:61: rules[0].require_labels.region: no target has the label region: eu, so that every call of the rule would fail (give targets labels, as in labels: { region: eu })",
  ],
  [
    "labels beside a refusal",
    rules("- { name: r, refuse: no, require_labels: { region: eu } }"),
    /^6:28: rules\[0\]\.require_labels: has no effect: the rule refuses the call/,
  ],
  [
    "shares that are not 100",
    model("experiment: { arms: [{ name: a, percent: 50 }, { name: b, percent: 40 }] }"),
    "5:19: models[0].experiment.arms: the shares of the arms add up to 90 percent, not to 100 (give the first arm what the others leave)",
  ],
  [
    "a share below 0",
    model(
      "experiment: { arms: [{ name: a, percent: 51 }, { name: b, percent: 50 }, { name: c, percent: -1 }] }",
    ),
    /^5:98: .*arms\[2\]\.percent: must be greater than or equal to 0/,
  ],
  [
    "one arm",
    model("experiment: { arms: [{ name: a, percent: 100 }] }"),
    /^5:19: .*arms: must contain at least 2/,
  ],
  [
    "a share of hedges above 100",
    model("hedge: { after: 1s, max_percent: 101 }"),
    /^5:38: .*max_percent: must be/,
  ],
  [
    "a strategy that there is not",
    model("strategy: FASTEST"),
    /^5:15: models\[0\]\.strategy: is not one of the known values \(write one of WEIGHTED, /,
  ],
  ["a mode that there is not", model("mid_stream: RESUME"), /^5:17: .*END, HOLD, CONTINUE/],
  ["a scope that there is not", model("cache: { scope: ALL }"), /^5:21: .*KEY, TEAM, PUBLIC/],
  [
    "a member that there is not",
    model("fallback: [a/x]"),
    "5:5: models[0].fallback: is not a known key (did you mean `fallbacks`?)",
  ],
  ["a delay below 0", model("hedge: { after: -1s }"), /^5:21: .*after: must not be negative/],
  [
    "a timeout below 0",
    model("timeouts: { first_token: -200ms }"),
    /^5:30: .*first_token: must not be negative \(write seconds/,
  ],
  ["a timeout of 0", model("timeouts: { idle: 0s }"), /^5:23: .*idle: must be greater than 0s/],
  ["a pause below 0", model("breaker: { open_for: -5s }"), /^5:26: .*must not be negative/],
  ["a time below 0", model("cache: { ttl: -1 }"), /^5:19: .*ttl: must not be negative/],
  ["a time without its unit", model("cache: { ttl: 60 }"), /^5:19: .*write it in seconds: "60s"/],
  ["a time in words", model("timeouts: { total: soon }"), /^5:24: .*must be a duration in seconds/],
  ["no try at all", model("retry: { attempts: 0 }"), /^5:24: .*attempts: must be greater/],
  ["a budget above 100", model("retry: { budget_percent: 101 }"), /^5:30: .*must be less than/],
  ["a breaker that always opens", model("breaker: { failure_percent: 0 }"), /^5:33: .*must be/],
  [
    "a sticky target without the strategy",
    model("sticky: { on: PREFIX }"),
    /^5:5: models\[0\]\.sticky: has no effect/,
  ],
  [
    "a semantic cache without a cache",
    model("semantic_cache: { threshold: 0.9, embed_model: a/x }"),
    /^5:5: models\[0\]\.semantic_cache: needs the stored answers of `cache`/,
  ],
  [
    "questions in a database that there is not",
    model("semantic_cache: { threshold: 0.9, embed_model: a/x, index: POSTGRES }", "    cache: {}"),
    "5:64: models[0].semantic_cache.index: needs the database of store.postgres (write store: { postgres: { url: { env: DATABASE_URL } } }, or leave index out)",
  ],
  [
    "questions in a database of another kind",
    model(
      "semantic_cache: { threshold: 0.9, embed_model: a/x, index: POSTGRES }",
      "    cache: {}",
      "store: { sqlite: {} }",
    ),
    /^5:64: .*needs the database of store\.postgres/,
  ],
  [
    "an index that there is not",
    model("semantic_cache: { threshold: 0.9, embed_model: a/x, index: REDIS }", "    cache: {}"),
    /^5:64: .*index: is not one of the known values \(write one of MEMORY, POSTGRES\)/,
  ],
  [
    "a role of a team without one",
    issuer("role: TEAM_ADMIN"),
    /role: is of a team, and the mapping has none/,
  ],
  ["a role beside admin", issuer("admin: true, role: VIEWER"), /role: says nothing beside admin/],
  ["a role that users of the store alone have", issuer("role: MEMBER"), /role: /],
  [
    "scopes without a client",
    issuer("", ", cli_scopes: [openid]"),
    /cli_scopes: says nothing without cli_client_id/,
  ],
  [
    "a failure that there is not",
    model("", "routing: { failures: [{ reason: NOPE, retry: false }] }"),
    /^5:33: routing\.failures\[0\]\.reason: is not one of/,
  ],
];

describe("a config is refused, with the place,", () => {
  for (const [title, text, said] of rows)
    it(`for ${title}`, () => {
      const loaded = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
      const [first] = loaded.ok ? [] : loaded.violations;
      const printed = first === undefined ? "nothing is wrong" : printViolation("c.yaml", first);
      const place = printed.replace(/^c\.yaml:/, "");
      if (typeof said === "string") expect(place).toBe(said);
      else expect(place).toMatch(said);
    });
});
