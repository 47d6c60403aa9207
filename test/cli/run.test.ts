import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { product } from "../../src/edge/product.ts";
import { startGateway } from "../../src/serve.ts";
import { runIn } from "./shell.ts";
import { folderWith } from "./spawn-parlance.ts";

const misunderstood: readonly (readonly [
  title: string,
  args: readonly string[],
  message: string,
])[] = [
  [
    "an unknown command, with the nearest",
    ["serv"],
    "parlance: unknown command serv; did you mean serve?\n",
  ],
  [
    "an unknown command that is like no other",
    ["frobnicate"],
    "parlance: unknown command frobnicate\n",
  ],
  [
    "an option in the place of a command",
    ["--verson"],
    "parlance: unknown option --verson; did you mean --version?\n",
  ],
  [
    "an unknown option, with the nearest",
    ["serve", "--prot=1"],
    "unknown option --prot; did you mean --port?\n",
  ],
  [
    "an option without its value",
    ["serve", "--port"],
    "parlance serve: --port needs a value: --port=PORT\n",
  ],
  [
    "an option that swallows the next",
    ["serve", "--config", "--port"],
    "--config needs a value: --config=FILE\n",
  ],
  ["a missing argument", ["check"], "parlance check: FILE is missing\n"],
  ["missing arguments", ["chat"], "parlance chat: MODEL and TEXT are missing\n"],
  ["an argument too many", ["models", "extra"], 'parlance models: unexpected argument "extra"\n'],
  [
    "a port that is none",
    ["serve", "--port", "http"],
    "--port must be a whole number from 0 to 65535\n",
  ],
  [
    "a port beyond the last",
    ["serve", "--port", "65536"],
    "--port must be a whole number from 0 to 65535\n",
  ],
  [
    "a log format that is none",
    ["serve", "--log", "xml"],
    "--log must be json, pretty, text, none\n",
  ],
];

describe("the command line", () => {
  for (const [title, args, message] of misunderstood) {
    it(`refuses ${title}`, async () => {
      const { code, stdout, stderr } = await runIn(args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/Run: parlance .*--help\n$/);
    });
  }

  it("refuses a port in the environment that is none", async () => {
    for (const [PARLANCE_PORT, why] of [
      ["4000x", ""],
      ["tcp://10.0.0.1:4000", "; Kubernetes sets it where a Service is named parlance: "],
    ] as const) {
      const { code, stderr } = await runIn(["serve"], { env: { PARLANCE_PORT } });
      const message = `parlance serve: PARLANCE_PORT must be a whole number from 0 to 65535${why}`;
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    }
  });

  for (const { name, options, positionals } of commands) {
    it(`tells all about ${name}`, async () => {
      for (const args of [
        [name, "--help"],
        [name, "-h"],
      ]) {
        const { code, stdout, stderr } = await runIn(args);
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        for (const word of [
          name,
          ...positionals,
          ...Object.keys(options).map((option) => `--${option}`),
        ]) {
          expect(stdout).toContain(word);
        }
      }
    });
  }

  it("lists every command in its help", async () => {
    const { code, stdout } = await runIn(["--help"]);
    expect(code).toBe(0);
    for (const { name, summary } of commands)
      expect(stdout).toMatch(new RegExp(`${name}.*${summary}`));
    expect((await runIn([])).stderr).toBe(stdout);
    expect((await runIn([])).code).toBe(2);
  });

  it("tells the version of the package", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(product.version).toBe(version);
    expect(await runIn(["--version"])).toEqual({
      code: 0,
      stdout: `parlance ${version}\n`,
      stderr: "",
    });
  });
});

const broken = `providers:
  sim: { kind: sim }
  far: { kind: openai_compatible }
modles: []
keys:
  - { name: dev, value: { env: NOT_SET } }
`;

describe("parlance check", () => {
  it("prints every mistake with its place and exits with 1", async () => {
    const path = join(folderWith({ "parlance.yaml": broken }), "parlance.yaml");
    const { code, stdout, stderr } = await runIn(["check", path]);
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    const places = lines.map((line) =>
      line.replace(`${path}:`, "").split(" ").slice(0, 2).join(" "),
    );
    expect(places).toEqual([
      "3:3: providers.far.base_url:",
      "4:1: modles:",
      "6:32: keys[0].value.env:",
    ]);
    expect(lines[1]).toContain("models");
    expect(stderr).toBe(`${path}: 3 mistakes\n`);
  });

  it("sums up a file that can be used, and prints its warnings", async () => {
    const path = join(
      folderWith({ "ok.yaml": "providers: { sim: { kind: sim } }\nserver: { port: 5000 }\n" }),
      "ok.yaml",
    );
    const { code, stdout } = await runIn(["check", path]);
    expect([code, stdout]).toEqual([
      0,
      `${path}: ok: 1 provider, 0 models, 0 keys; open, on 127.0.0.1:5000\n`,
    ]);
  });

  it("says why a file cannot be read", async () => {
    const path = join(folderWith({}), "none.yaml");
    const { code, stderr } = await runIn(["check", path]);
    expect([code, stderr]).toEqual([1, `${path}: the file cannot be read: it does not exist\n`]);
  });
});

describe("parlance models", () => {
  it("lists names, what is known, targets with their share or strategy, fallbacks, and what can be called directly", async () => {
    const config = `providers:
  sim: { kind: sim }
  far: { kind: openai_compatible, base_url: "http://127.0.0.1:1/v1" }
  claude: { kind: anthropic, api_key: { value: key } }
models:
  - { name: mix, targets: [{ model: sim/echo, weight: 3 }, { model: far/x }], fallbacks: [sim/length] }
  - { name: turn, strategy: PRIORITY, targets: [{ model: sim/echo }, { model: far/x }] }
  - { name: smart, targets: [{ model: claude/claude-sonnet-4-5 }] }
  - { name: own, targets: [{ model: far/x }], facts: { context_window: 4096, prices: { tokens: { input: "0.075" } } } }
`;
    const path = join(folderWith({ "parlance.yaml": config }), "parlance.yaml");
    const { code, stdout } = await runIn(["models"], { env: { PARLANCE_CONFIG: path } });
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "MODEL     CONTEXT  MAX OUTPUT  USD/M IN  USD/M OUT  SERVED BY                                             FALLBACKS",
      "mix       unknown  unknown     unknown   unknown    sim/echo (75%), far/x (25%)                           sim/length",
      "turn      unknown  unknown     unknown   unknown    PRIORITY: sim/echo, far/x",
      "smart     200000   64000       3.00      15.00      claude/claude-sonnet-4-5",
      "own       4096     unknown     0.075     unknown    far/x",
      "sim/*     -        -           -         -          the built-in simulator",
      "far/*     -        -           -         -          any model of any server that speaks OpenAI's dialect",
      "claude/*  -        -           -         -          any model of Anthropic",
      "",
    ]);
  });

  it("prints what is wrong with the config instead", async () => {
    const path = join(folderWith({ "parlance.yaml": broken }), "parlance.yaml");
    const { code, stdout, stderr } = await runIn(["models", "--config", path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`${path}:4:1: modles`);
  });
});

describe("parlance providers", () => {
  it("lists every kind with its credential", async () => {
    const { code, stdout } = await runIn(["providers"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^KIND +VENDOR +DIALECT +SERVES +CREDENTIAL +BASE URL +UNVERIFIED\n/);
    expect(stdout).toMatch(
      /^openai +OpenAI +openai-chat +chat, .*embed.* +OPENAI_API_KEY +https:\/\/api\.openai\.com\/v1 /m,
    );
    expect(stdout).toMatch(/^sim +.* sim +chat, .* +- +- +-$/m);
    for (const kind of ["bedrock", "dashscope", "deepinfra", "nvidia_nim"]) {
      expect(stdout).toMatch(new RegExp(`^${kind} .* chat, .*rerank`, "m"));
    }
  });
});

describe("parlance explain", () => {
  it("prints what a call would try, and what it would pass over", async () => {
    const config = folderWith({
      "parlance.yaml":
        "providers: { sim: { kind: sim } }\nmodels: [{ name: m, strategy: PRIORITY, targets: [{ model: sim/echo }, { model: sim/json }, { model: sim/lorem-5, weight: 0 }], fallbacks: [sim/lorem-9] }]",
    });
    const ran = await runIn(["explain", "m", "Hello", `--config=${config}/parlance.yaml`]);
    expect(ran).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "   TARGET       DIALECT  COST  SCORE  WHY                                                  NOT AS SENT",
        "1  sim/echo     sim      ?            model m: place 1 of 2",
        "2  sim/json     sim      ?            model m: place 2 of 2",
        "3  sim/lorem-9  sim      ?            fallback sim/lorem-9 of m: drawn with weight 1 of 1",
        "-  sim/lorem-5                        model m: has weight 0",
        "",
      ].join("\n"),
    });
  });

  it("prints what a call is expected to cost, and what the strategy compares", async () => {
    const facts = (output: string) =>
      `facts: { prices: { tokens: { input: "0", output: "${output}" } } }`;
    const config = folderWith({
      "parlance.yaml": `providers: { sim: { kind: sim } }\nmodels: [{ name: m, strategy: LOWEST_COST, targets: [{ model: sim/echo }, { model: sim/json, ${facts("8")} }, { model: sim/lorem-5, ${facts("2.5")} }] }]`,
    });
    const ran = await runIn(["explain", "m", "Hello", `--config=${config}/parlance.yaml`]);
    expect(ran.stdout).toBe(
      [
        "   TARGET       DIALECT  COST      SCORE    WHY                                  NOT AS SENT",
        "1  sim/lorem-5  sim      $0.00125  1250000  model m: about 0.00125 USD",
        "2  sim/json     sim      $0.004    4000000  model m: about 0.004 USD",
        "3  sim/echo     sim      ?                  model m: what it costs is not known",
        "",
      ].join("\n"),
    );
  });

  it("prints the rules before the targets, with what they do or why they do nothing", async () => {
    const rules = `rules:
  - { name: gold, when: "call.metadata.tier == 'gold'", route: big }
  - { name: short, when: call.input_tokens < 200, route: big }
  - { name: last, refuse: never }`;
    const config = folderWith({
      "parlance.yaml": `providers: { sim: { kind: sim } }\nmodels: [{ name: big, targets: [{ model: sim/echo }] }]\n${rules}`,
    });
    const ran = await runIn(["explain", "m", "Hello", `--config=${config}/parlance.yaml`]);
    expect(ran.stdout).toBe(
      [
        "RULE   HOLDS  WHAT IT DOES",
        "gold   no     the call's metadata have no tier",
        "short  yes    routes to big",
        "",
        "   TARGET    DIALECT  COST  SCORE  WHY                                                            NOT AS SENT",
        "1  sim/echo  sim      ?            rule short routes to big; model big: drawn with weight 1 of 1",
        "",
      ].join("\n"),
    );
  });

  it("prints what the cache would do, and the priority in queues", async () => {
    const config = folderWith({
      "parlance.yaml":
        "providers: { sim: { kind: sim } }\nmodels: [{ name: m, cache: { opt_in: true }, queue: {}, targets: [{ model: sim/echo }] }]",
    });
    const ran = await runIn(["explain", "m", "Hello", `--config=${config}/parlance.yaml`]);
    expect(ran.stdout.split("\n").slice(2)).toEqual([
      "",
      "Cache: BYPASS: the model stores answers only for calls that say so (opt_in)",
      "Priority in queues: 128",
      "",
    ]);
  });

  it("prints the limits and budgets that a call would be held to", async () => {
    const facts =
      'facts: { prices: { tokens: { input: "0", output: "1" } }, max_output_tokens: 1000 }';
    const config = folderWith({
      "parlance.yaml": `providers: { sim: { kind: sim } }
models: [{ name: m, targets: [{ model: sim/echo, ${facts} }] }]
limits: [{ name: all, limits: { requests_per_minute: 60 } }]
budgets:
  - { name: month, budget: { usd: "2", window: MONTH } }
  - { name: warned, budget: { usd: "0.0005", window: TOTAL, soft: true } }`,
    });
    const ran = await runIn(["explain", "m", "Hello", `--config=${config}/parlance.yaml`]);
    expect(ran.stdout.split("\n").slice(2)).toEqual([
      "",
      "LIMITS AND BUDGETS  ALLOWS                    USED  HOLDS  REMAINS",
      "limit all           60 requests a minute      0     1      59",
      "budget month        2.00 USD                  0.00  0.001  1.999",
      "budget warned       0.0005 USD, counted only  0.00  0.001  0.00",
      "",
    ]);
  });

  it("says which model is not there", async () => {
    const config = folderWith({ "parlance.yaml": "providers: { sim: { kind: sim } }" });
    const refused = await runIn(["explain", "nope", "Hello", `--config=${config}/parlance.yaml`]);
    expect(refused.stderr).toMatch(/^parlance explain: UNKNOWN_MODEL: there is no model nope/);
  });
});

describe("parlance chat", () => {
  const config = `providers: { sim: { kind: sim } }
keys: [{ name: narrow, value: { value: narrow-key-of-the-test }, models: [sim/echo, sim/error-529] }]
`;
  async function remote(): Promise<readonly string[]> {
    const gateway = await startGateway({ config, port: 0 });
    onTestFinished(gateway.close);
    return ["--url", gateway.url, "--key", "narrow-key-of-the-test"];
  }
  const places: readonly (readonly [name: string, () => Promise<readonly string[]>])[] = [
    ["in this process", async () => ["--config", join(folderWith({ "c.yaml": config }), "c.yaml")]],
    ["at a running gateway", remote],
  ];
  for (const [place, where] of places) {
    it(`prints the answer, asked ${place}`, async () => {
      const ran = await runIn([
        "chat",
        "sim/echo",
        "Hello there",
        "--system",
        "Be brief",
        ...(await where()),
      ]);
      expect(ran).toEqual({ code: 0, stdout: "Hello there\n", stderr: "" });
    });

    it(`reads the question from standard input, asked ${place}`, async () => {
      const ran = await runIn(["chat", "sim/echo", "-", ...(await where())], {
        stdin: "From a pipe",
      });
      expect(ran).toEqual({ code: 0, stdout: "From a pipe\n", stderr: "" });
    });

    it(`tells what went wrong, asked ${place}`, async () => {
      const ran = await runIn(["chat", "sim/error-529", "Hello", ...(await where())]);
      expect([ran.code, ran.stdout]).toEqual([1, ""]);
      expect(ran.stderr).toMatch(/^parlance chat: UPSTREAM_OVERLOADED: .*\(sim answered 529\)\n$/);
      const refused = await runIn(["chat", "sim/json", "Hello", ...(await where())]);
      expect(refused.stderr).toMatch(/^parlance chat: PERMISSION_DENIED: /);
    });
  }

  it("prints what arrived before a stream broke", async () => {
    const { code, stdout, stderr } = await runIn(["chat", "sim/cut", "one two three four"]);
    expect([code, stdout]).toEqual([1, "one two\n"]);
    expect(stderr).toMatch(/^parlance chat: UPSTREAM_CUT: /);
  });

  it("says when nobody answers at the URL", async () => {
    const { code, stderr } = await runIn([
      "chat",
      "sim/echo",
      "Hello",
      "--url",
      "http://127.0.0.1:1",
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^parlance chat: .*ECONNREFUSED/);
  });
});
