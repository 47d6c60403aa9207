import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogFormat, LogLevel } from "../../../gen/parlance/config/v1/log_pb.js";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { loadInSlices } from "../../../src/config/loading/load-in-slices.ts";
import { printViolation } from "../../../src/config/violation.ts";
import { shiftDecimal } from "../../../src/core/facts/shift-decimal.ts";
import { createLazyValidator } from "../../../src/validation/validator.ts";
import { runIn } from "../../cli/shell.ts";

const files: Readonly<Record<string, string>> = {
  "conf/models.yaml":
    "model_list:\n  - model_name: b\n    litellm_params: { model: openai/gpt-4o, odd: 1 }\n",
};

function readText(path: string): string {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error("no file"), { code: "ENOENT" });
  return text;
}

const env = { OPENAI_API_KEY: "sk-of-openai", REDIS_PASSWORD: "a b", LEVEL: "warning" };

function load(text: string, lookUps = true) {
  return loadConfig({ text, filename: "conf/config.yaml" }, env, readText, { lookUps });
}

function settingsOf(text: string) {
  const loaded = load(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.violations));
  return loaded.settings;
}

const one =
  "model_list:\n  - { model_name: a, litellm_params: { model: openai/gpt-4o, weight: 0.9, rpm: 6, tpm: '7' } }\n  - { model_name: a, litellm_params: { model: openai/gpt-4.1, weight: 0.1 } }\n";

describe("a file of LiteLLM", () => {
  it("has the shares, limits and default of retries of its deployments", () => {
    const model = settingsOf(one).models.get("a");
    expect(model?.settings.targets).toMatchObject([
      { model: "openai/gpt-4o", weight: 900, requestsPerMinute: 6, tokensPerMinute: 7 },
      { model: "openai/gpt-4.1", weight: 100 },
    ]);
    expect(model?.settings.retry?.attempts).toBe(3);
  });

  for (const list of ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"])
    it(`may have models that stand in for each other in ${list}`, () => {
      const other = one.replaceAll("model_name: a", "model_name: b").replace("model_list:\n", "");
      const { config } = settingsOf(
        `${one}${other}litellm_settings: { ${list}: [{ a: [b] }, { b: [a] }] }`,
      );
      expect(config.routing.allowFallbackCycles).toBe(true);
    });

  const logs: readonly (readonly [settings: string, log: object])[] = [
    ["litellm_settings: { json_logs: true }", { format: LogFormat.JSON, level: LogLevel.INFO }],
    ["litellm_settings: { json_logs: false }", { format: LogFormat.UNSPECIFIED }],
    ["litellm_settings: { set_verbose: true }", { level: LogLevel.DEBUG }],
    ["general_settings: { set_verbose: false, debug: true }", { level: LogLevel.DEBUG }],
    ["router_settings: { set_verbose: true }", { level: LogLevel.INFO }],
    ["router_settings: { set_verbose: true, debug_level: DEBUG }", { level: LogLevel.DEBUG }],
    ["router_settings: { debug_level: DEBUG }", { level: LogLevel.INFO }],
    ["environment_variables: { LITELLM_LOG: ERROR }", { level: LogLevel.ERROR }],
    ["environment_variables: { LITELLM_LOG: os.environ/LEVEL }", { level: LogLevel.WARN }],
    [
      "environment_variables: { LITELLM_LOG: ERROR }\nlitellm_settings: { set_verbose: true }",
      { level: LogLevel.DEBUG },
    ],
  ];
  it.each(logs)("has the log of %s", (settings, log) => {
    expect(settingsOf(one + settings).config.observe.log).toMatchObject(log);
  });

  it("has a master key that is the admin key", () => {
    const { auth } = settingsOf(`${one}general_settings: { master_key: sk-1234 }`);
    expect(auth.adminKey?.reveal()).toBe("sk-1234");
  });

  it("puts the address and the password of Redis together", () => {
    const settings = settingsOf(
      `${one}router_settings: { redis_host: r, redis_port: 1992, redis_password: os.environ/REDIS_PASSWORD }`,
    );
    expect(settings.redis).toMatchObject({ nodes: [{ host: "r", port: 1992 }] });
    expect(settings.redis?.password?.reveal()).toBe("a b");
  });

  it("includes other files, whose keys have their own places", () => {
    const loaded = load(`include: [models.yaml]\n${one}`);
    expect(loaded.ok && [...loaded.settings.models.keys()]).toEqual(["a", "b"]);
    expect(loaded.ok && loaded.warnings.map((one) => printViolation("c.yaml", one))).toEqual([
      "c.yaml:1:11: model_list[0].litellm_params.odd: is not a known key of LiteLLM, and has no effect, at conf/models.yaml:3:45",
    ]);
  });

  it.each([
    [
      "a file that is not there",
      `include: [no.yaml]\n${one}`,
      "include[0]: the file cannot be read",
    ],
    [
      "a bad number",
      `${one}router_settings: { num_retries: many }`,
      "c.yaml:4:33: router_settings.num_retries: must be a number (write digits)",
    ],
    [
      "an address that is none",
      "model_list: [{ model_name: a, litellm_params: { model: openai/x, api_base: 'nowhere', api_key: k } }]",
      "c.yaml:1:76: model_list[0].litellm_params.api_base: is not an http or https URL",
    ],
    [
      "a secret that is not set",
      "model_list:\n- { model_name: a, litellm_params: { model: openai/gpt-4o, api_key: os.environ/NOPE } }",
      "c.yaml:2:69: model_list[0].litellm_params.api_key: the environment variable NOPE is not set",
    ],
  ])("is refused at its own line for %s", (_, text, message) => {
    const loaded = load(text);
    const printed = loaded.ok ? [] : loaded.violations.map((one) => printViolation("c.yaml", one));
    expect(printed).toEqual([expect.stringContaining(message)]);
  });

  it("looks nothing up for those who may not", () => {
    const loaded = load(
      `${one}general_settings: { database_url: os.environ/OPENAI_API_KEY }`,
      false,
    );
    expect(inspect(loaded, { depth: 20 })).not.toContain("sk-of-openai");
  });

  it("is read in a thread as it is here", async () => {
    const text = `${one}litellm_settings: { callbacks: [x] }\n${"# filler\n".repeat(2000)}`;
    const source = { text, filename: "conf/config.yaml" };
    const there = await loadInSlices(source, env, readText, { validator: createLazyValidator() });
    const here = load(text);
    expect(there.ok && there.settings.hash).toBe(here.ok && here.settings.hash);
    expect(there.ok && there.warnings).toEqual(here.ok && here.warnings);
  });

  it("is not seen in a file that has keys of ours", () => {
    const loaded = load(`providers: {}\n${one}`);
    expect(loaded.ok ? [] : loaded.violations.map(({ path }) => path)).toContain("model_list");
  });
});

describe("prices for a million tokens", () => {
  it.each([
    ["2.5e-06", "2.5"],
    ["0.00001", "10"],
    ["3e-7", "0.3"],
    ["1.875e-6", "1.875"],
    ["0", "0"],
    ["1E-9", "0.001"],
  ])("%s for one is %s", (text, expected) => expect(shiftDecimal(text, 6)).toBe(expected));

  it.each(["", "x", "-1", "1e20", "."])("%s is none", (text) =>
    expect(shiftDecimal(text, 6)).toBe(undefined),
  );
});

describe("parlance import litellm", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "import-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it("writes a config that loads, and says what is not honoured", async () => {
    const path = write("config.yaml", `${one}litellm_settings: { callbacks: [langfuse] }\n`);
    const out = join(folder, "ours.yaml");
    const ran = await runIn(["import", "litellm", path, "--out", out], { env });
    expect(ran.code).toBe(3);
    expect(ran.stderr).toMatch(/config\.yaml:4:21 +litellm_settings\.callbacks +NOT HONOURED/);
    const text = readFileSync(out, "utf8");
    expect(text).toContain("env: OPENAI_API_KEY");
    expect(text).not.toContain("sk-of-openai");
    expect(loadConfig({ text, filename: out }, env, readText)).toMatchObject({ ok: true });
    expect((await runIn(["import", "litellm", path, "--out", out], { env })).code).toBe(1);
  });

  it("exits with 0 where all is honoured, and prints the config", async () => {
    const ran = await runIn(["import", "litellm", write("c.yaml", one)], { env });
    expect([ran.code, ran.stdout.includes("model: openai/gpt-4o")]).toEqual([0, true]);
  });

  it.each([
    ["litellm", "providers: {}", 1, "is not a config of LiteLLM"],
    ["litellm", "model_list: [{}]", 1, "model_name is missing"],
    ["portkey", one, 2, "the sources are litellm and litellm-db"],
  ])("refuses what it cannot read: %s %s", async (source, text, code, message) => {
    const ran = await runIn(["import", source, write("c.yaml", text)], { env });
    expect([ran.code, ran.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});
