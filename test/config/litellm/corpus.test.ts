import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCatalog } from "../../../src/adapters/catalog/catalog.ts";
import { parseDocument } from "../../../src/config/document/parse-document.ts";
import { isLitellm, readLitellm } from "../../../src/config/litellm/litellm-file.ts";
import { loadConfig } from "../../../src/config/loading/load-config.ts";
import { startGateway } from "../../../src/serve.ts";
import { type PlainVendor, startPlainVendor } from "./plain-vendor.ts";

// Files as teams write them. Comments of theirs say what is checked: `calls: name -> model at the
// vendor`, `embeds`, `says: name -> answer`, and `warns`, the keys that are warned of.
const folder = new URL("corpus/", import.meta.url);
const files = readdirSync(folder).map(
  (name) => [name, readFileSync(new URL(name, folder), "utf8")] as const,
);

/** Every variable that a file names, with some value. */
function environmentOf(text: string): Record<string, string> {
  const names = [...text.matchAll(/os\.environ\/(\w+)/g)].map(([, name = ""]) => [
    name,
    name === "REDIS_PORT" ? "6379" : `value-of-${name.toLowerCase()}`,
  ]);
  return Object.fromEntries(names);
}

/** What a comment says, as pairs. */
function pairsOf(text: string, word: string): readonly (readonly [string, string])[] {
  const line = new RegExp(`^# ${word}: (.*)$`, "m").exec(text)?.[1] ?? "";
  return line === ""
    ? []
    : line.split(", ").map((pair) => {
        const [left = "", right = ""] = pair.split(" -> ");
        return [left, right] as const;
      });
}

function variable(env: Readonly<Record<string, string>>, name: string): string | undefined {
  return env[name];
}

interface WrittenProvider {
  kind: string;
  base_url?: string;
}

/** The file in our words, with every vendor at an address of the test. */
function importAt(origin: string, text: string, env: Record<string, string>): string {
  const document = parseDocument(text, (finding) => expect(finding).toBeUndefined());
  if (document === undefined) throw new Error("the file cannot be parsed");
  const inputs = { env, lookUps: true, files: {}, filename: "litellm.yaml", written: true };
  const read = readLitellm(document, text, inputs, createCatalog(), (finding) =>
    expect(finding).toBeUndefined(),
  );
  const config = read.document.toJS();
  const providers: WrittenProvider[] = Object.values(config.providers);
  for (const provider of providers) {
    const { kind } = provider;
    if (kind === "sim") continue;
    const row = createCatalog().get(kind);
    const versioned = row?.dialect === "openai-chat";
    provider.base_url = `${origin}${versioned ? "/v1" : ""}`;
  }
  return JSON.stringify({
    ...config,
    server: { ...config.server, port: 0 },
    state: { memory: {} },
    store: { memory: {} },
  });
}

let vendor: PlainVendor;
beforeAll(async () => {
  vendor = await startPlainVendor();
});
afterAll(() => vendor.close());

describe("a config.yaml of LiteLLM", () => {
  it("is shown in many kinds", () => expect(files.length).toBeGreaterThanOrEqual(30));

  it.each(files)("is recognised, loads and warns of what is lost: %s", (name, text) => {
    const document = parseDocument(text, () => undefined);
    expect(document !== undefined && isLitellm(document)).toBe(true);
    const env = environmentOf(text);
    const loaded = loadConfig({ text, filename: name }, env, () => "");
    expect(loaded.ok ? [] : loaded.violations).toEqual([]);
    if (!loaded.ok) return;
    const expected = pairsOf(text, "warns").map(([path]) => path);
    const ours = loaded.warnings.filter(({ ruleId }) => ruleId !== "not_in_this_version");
    expect(ours.map(({ path }) => path).sort()).toEqual([...expected].sort());
    const secrets = Object.values(env).filter((value) => value.startsWith("value-of"));
    const printed = JSON.stringify(loaded.warnings);
    expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  });

  it.each(files)("calls what it names once imported: %s", async (_, text) => {
    const env = environmentOf(text);
    const config = importAt(vendor.origin, text, env);
    const gateway = await startGateway({ config, env, world: { record: () => undefined } });
    try {
      const masterKey =
        /master_key: (sk-\S+?)[, ]/.exec(text)?.[1] ?? variable(env, "LITELLM_MASTER_KEY");
      const post = async (path: string, body: unknown) => {
        const response = await fetch(`${gateway.url}${path}`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${masterKey}` },
          body: JSON.stringify(body),
        });
        return { status: response.status, text: await response.text() };
      };
      const messages = [{ role: "user", content: "hi" }];
      for (const [model, upstream] of pairsOf(text, "calls")) {
        const before = vendor.asked.length;
        const answer = await post("/v1/chat/completions", { model, messages });
        expect(answer.status, answer.text).toBe(200);
        expect(answer.text).toContain('"content":"hello"');
        const sent = vendor.asked
          .slice(before)
          .map(({ path, body }) => `${decodeURIComponent(path)} ${String(body.model)}`);
        expect(sent.join("\n")).toContain(upstream);
      }
      for (const [model, upstream] of pairsOf(text, "embeds")) {
        const { status } = await post("/v1/embeddings", { model, input: "hi" });
        expect(status).toBe(200);
        expect(vendor.asked.at(-1)?.body.model).toBe(upstream);
      }
      for (const [model, answer] of pairsOf(text, "says")) {
        const said = await post("/v1/chat/completions", { model, messages });
        expect(said.text).toContain(`"content":"${answer}"`);
      }
    } finally {
      await gateway.close();
    }
  });
});
