import { createValidator } from "@bufbuild/protovalidate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { deepFreeze } from "../../src/config/deep-freeze.ts";
import { enclosingPaths } from "../../src/config/document/field-path.ts";
import { splitModelName } from "../../src/config/known-names.ts";
import { findCycles } from "../../src/config/loading/find-cycles.ts";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { parseBaseUrl } from "../../src/config/providers/parse-base-url.ts";
import { printViolation } from "../../src/config/violation.ts";
import { nearestName } from "../../src/core/names/nearest-name.ts";
import { finish } from "../../src/core/steps.ts";

const validator = createValidator();

const unreadable = () => {
  throw new Error("the secret path must not be shown");
};

describe("loadConfig", () => {
  it("answers any text with a result, whose places are in the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string().map((text) => `server: ${text}`),
        ),
        (text) => {
          const result = loadConfig({ text, filename: "c" }, {}, unreadable, { validator });
          const lines = text.split("\n").length;
          for (const { line, column } of result.ok ? result.warnings : result.violations) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines);
            expect(column).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  const section = fc.constantFrom(
    "server",
    "auth",
    "store",
    "state",
    "providers",
    "models",
    "keys",
  );
  it("answers any value in any section with a result", () => {
    fc.assert(
      fc.property(fc.dictionary(section, fc.jsonValue({ maxDepth: 4 })), (value) => {
        expect(
          loadConfig({ text: stringify(value), filename: "c" }, {}, unreadable, { validator }),
        ).toHaveProperty("ok");
      }),
      { numRuns: 100 },
    );
  });

  // Places where people put a secret by mistake: none may come back in a message.
  const secret = "sk-Very-Secret-0123456789";
  const misplaced: readonly string[] = [
    `auth: { admin_key: ${secret} }`,
    `auth: { admin_key: { ${secret} } }`,
    `auth: { admin_key: { ${secret}: x } }`,
    `auth: { admin_key: { env: ${secret} } }`,
    `auth: { admin_key: { env: ${secret.replaceAll("-", "_")} } }`,
    `auth: { admin_key: { file: ${secret} } }`,
    `auth: { admin_key: { value: [${secret}] } }`,
    `auth: { admin_key: { value: ${secret}, value: ${secret} } }`,
    `auth: { admin_key: [${secret}] }`,
    `auth: ${secret}: x`,
    `auth: { admin_key: { value: "${secret}`,
    `providers: { a: { kind: ollama, base_url: "http://user:${secret}@host/v1" } }`,
    `providers: { a: { kind: ollama, base_url: "http://host/v1?key=${secret}" } }`,
    `providers: { a: { kind: ollama, headers: { Authorization: "${secret}\\n" } } }`,
    `providers: { a: { kind: openai, api_key: { value: "${secret}\\u00e9" } } }`,
    `keys: [{ name: a, value: { value: ${secret} } }, { name: a, value: { value: ${secret} } }]`,
    `server: @${secret}`,
    `server: |${secret}`,
    `server: !${secret} x`,
    `server: *${secret}`,
  ];
  for (const text of misplaced) {
    it(`refuses and does not repeat the secret of ${text.replaceAll(/sk.Very.Secret.\d+/g, "…")}`, () => {
      const result = loadConfig({ text, filename: "c" }, {}, unreadable, { validator });
      expect(result.ok).toBe(false);
      const printed = result.ok
        ? []
        : result.violations.map((violation) => printViolation("c", violation));
      expect(printed.join("\n")).not.toMatch(/Very.Secret/);
      expect(JSON.stringify(result)).not.toMatch(/Very.Secret/);
    });
  }
});

describe("nearestName", () => {
  const known = ["api_key", "api_keys", "base_url", "headers", "kind", "timeouts"];
  const cases: readonly [name: string, expected: string | undefined][] = [
    ["apikey", "api_key"],
    ["apiKey", "api_key"],
    ["API-KEYS", "api_keys"],
    ["knid", "kind"],
    ["url", "base_url"],
    ["header", "headers"],
    ["timeout", "timeouts"],
    ["temperature", undefined],
    ["", undefined],
  ];
  for (const [name, expected] of cases) {
    it(`takes ${JSON.stringify(name)} for ${expected ?? "nothing"}`, () => {
      expect(nearestName(name, known)).toBe(expected);
    });
  }

  it("finds a name again after one typing error", () => {
    const swap = fc.tuple(fc.constantFrom("base_url", "timeouts", "headers"), fc.nat(5));
    fc.assert(
      fc.property(swap, ([name, index]) => {
        const typed = `${name.slice(0, index)}${name[index + 1]}${name[index]}${name.slice(index + 2)}`;
        expect(nearestName(typed, known)).toBe(name);
      }),
    );
  });
});

describe("findCycles", () => {
  const graph = fc.array(fc.array(fc.nat(7), { maxLength: 4 }), { minLength: 1, maxLength: 8 });
  const edgesOf = (lists: readonly (readonly number[])[]) =>
    new Map(lists.map((targets, name) => [String(name), targets.map(String)]));

  it("follows edges that are there, back to where it began", () => {
    fc.assert(
      fc.property(graph, (lists) => {
        const edges = edgesOf(lists);
        for (const cycle of finish(findCycles(edges))) {
          for (const [index, name] of cycle.entries()) {
            expect(edges.get(name)).toContain(cycle[(index + 1) % cycle.length]);
          }
        }
      }),
    );
  });

  it("finds none exactly when names can be put in an order", () => {
    fc.assert(
      fc.property(graph, (lists) => {
        const left = edgesOf(lists);
        for (let before = -1; before !== left.size; ) {
          before = left.size;
          for (const [name, targets] of left)
            if (!targets.some((target) => left.has(target))) left.delete(name);
        }
        expect(finish(findCycles(edgesOf(lists))).length === 0).toBe(left.size === 0);
      }),
    );
  });

  it("walks a chain of any length", () => {
    const chain = new Map(
      Array.from({ length: 100_000 }, (_, index) => [String(index), [String(index + 1)]]),
    );
    expect(finish(findCycles(chain))).toEqual([]);
  });
});

describe("parseBaseUrl", () => {
  const bad: readonly string[] = [
    "",
    "host",
    "ftp://h/v1",
    "http://",
    "http://a b/",
    "http://u@h/",
    "http://h/?q",
    "http://h/#f",
    "http://h/v1/chat/completions",
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parseBaseUrl(text, "openai-chat").ok).toBe(false);
    });
  }

  it("splits what joins to the same address, without a slash at the end", () => {
    fc.assert(
      fc.property(
        fc.webUrl({ validSchemes: ["http", "https"] }),
        fc.constantFrom("", "/", "//"),
        (text, slashes) => {
          const parsed = parseBaseUrl(text + slashes, "openai-chat");
          if (!parsed.ok) return;
          const { origin, path } = parsed.baseUrl;
          expect(path).not.toMatch(/\/$/);
          expect(new URL(origin + path).href.replace(/\/+$/, "")).toBe(
            new URL(text).href.replace(/\/+$/, ""),
          );
        },
      ),
    );
  });

  it("drops the version for the dialect that appends it, and only for that", () => {
    for (const text of ["https://h/x/v1", "https://h/x/v1/", "https://h/x", "https://h/x/"]) {
      expect(parseBaseUrl(text, "anthropic-messages")).toMatchObject({
        ok: true,
        baseUrl: { path: "/x" },
      });
    }
    expect(parseBaseUrl("https://h/x/v1", "openai-chat")).toMatchObject({
      ok: true,
      baseUrl: { path: "/x/v1" },
    });
  });
});

describe("small parts", () => {
  it("split a model name at its first slash, into parts that join to it", () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const split = splitModelName(name);
        if (split === undefined) return;
        expect(`${split.provider}/${split.model}`).toBe(name);
        expect(split.provider).not.toContain("/");
      }),
    );
  });

  it("know which path lies within which", () => {
    const cases: readonly [path: string, enclosing: readonly string[]][] = [
      ["", []],
      ["a", ["a"]],
      ["a.b", ["a.b", "a"]],
      ["a[0]", ["a[0]", "a"]],
      ["a[10][2].b_c", ["a[10][2].b_c", "a[10][2]", "a[10]", "a"]],
      ['a["x.y"].b', ['a["x.y"].b', 'a["x.y"]', "a"]],
      ['a["\\"].b["]', ['a["\\"].b["]', "a"]],
    ];
    for (const [path, enclosing] of cases) expect(enclosingPaths(path)).toEqual(enclosing);
  });

  it("freeze maps and sets along with objects", () => {
    const inner = { n: 1 };
    const frozen = deepFreeze({ map: new Map([["a", inner]]), set: new Set([1]) });
    expect(() => frozen.map.set("b", inner)).toThrow(TypeError);
    expect(() => frozen.set.add(2)).toThrow(TypeError);
    expect(() => frozen.set.delete(1)).toThrow(TypeError);
    expect(Object.isFrozen(inner)).toBe(true);
    expect(frozen.map.get("a")).toBe(inner);
  });
});
