import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { describe, it } from "vitest";
import { GuardSchema } from "../../../gen/parlance/config/v1/guard_pb.js";
import { createDetector, isLocalCheck } from "../../../src/guards/detectors/create-detector.ts";
import { expectLinear } from "../../cpu-growth.ts";

/** Guards with parts that hostile texts are made of, each repeated. */
const attacks: readonly (readonly [settings: JsonObject, parts: readonly string[]])[] = [
  [
    { pii: { names: ["a a a a b"] } },
    [
      ...[
        "a@",
        "a.",
        "a@b.",
        "4",
        "4 ",
        "4111 ",
        "4242 4242 4242 4242 ",
        "DE89 ",
        "+1 ",
        "00 ",
        "(1",
      ],
      ...["1.", "f:", "::", "AB 12 ", "X1", "a a ", "\u200b", "１", "tel ", "AAAAAA11"],
    ],
  ],
  [
    { secrets: {} },
    [
      ...[
        "a",
        "sk-",
        "sk-a1",
        "eyJ",
        "eyJa.",
        "-----BEGIN PRIVATE KEY-----",
        "-----END ",
        "key ",
        "key=",
      ],
      ...["password=", "://a:", "bearer ", "Aa1", "A1b2C3d4 ", "/"],
    ],
  ],
  [{ keywords: { words: ["a a a a a a a a b", "c"] } }, ["a ", "a", " ", "é", "中", "\u0301", "𝐚"]],
  [{ patterns: { patterns: { A: "a.*b|a", B: "(x+x+)+y", C: "\\s+$" } } }, ["a", "x", " ", "ab"]],
  [{ injection: {} }, ["ignore ", "all ", "ignore all ", "rules ", "you are now ", "<|im_start|>"]],
  [{ unicode: {} }, ["\u200b", "\u202e", "\u{e0041}", "\ufe0f", "аa", "🏴", "a"]],
  [
    { urls: { denied_domains: ["x.example"] } },
    ["http://", "http://a.", "www.", "a.", "http://a@", "h"],
  ],
  [{ canary: { texts: ["aaaaaaaaaaaaaaaab"], instructions: true } }, ["a", " ", "\u200b", "ab"]],
  [
    { json_schema: { schema_json: '{"uniqueItems":true,"items":{"pattern":"^(a+)+$"}}' } },
    ["[", '[1,"', "aaaa", "a"],
  ],
];

describe("a detector takes time linear in a hostile text", () => {
  for (const [settings, parts] of attacks) {
    const { check } = fromJson(GuardSchema, { name: "hostile", ...settings });
    if (!isLocalCheck(check)) throw new Error("the guard asks a service");
    const { find, openFrom } = createDetector(check);
    for (const part of parts)
      it(`${check.case}: ${JSON.stringify(part)}`, () => {
        const work = (size: number) => {
          const text = part.repeat(Math.ceil((size * 8) / part.length));
          return () => [find(text), openFrom?.(text)];
        };
        expectLinear(`${check.case} of ${part}`, work, { size: 100 });
      });
  }
  it("jsonSchema: equal items", () => {
    const { check } = fromJson(GuardSchema, {
      name: "hostile",
      json_schema: { schema_json: '{"uniqueItems":true}' },
    });
    if (!isLocalCheck(check)) throw new Error("the guard asks a service");
    const { find } = createDetector(check);
    expectLinear("equal items", (size) => {
      const text = JSON.stringify(Array.from({ length: size }, (_, at) => ({ at })));
      return () => find(text);
    });
  });
});
