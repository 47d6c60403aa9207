import { describe, expect, it } from "vitest";
import { decodeFormat, encodeFormat } from "../../../src/adapters/tools/custom-format.ts";

const flat = '{"type":"grammar","syntax":"lark","definition":"start: \\"a\\""}';
const nested = '{"type":"grammar","grammar":{"syntax":"lark","definition":"start: \\"a\\""}}';

describe("the format of a custom tool", () => {
  it("is nested in Chat Completions and flat in the contract", () => {
    expect(decodeFormat(nested)).toBe(flat);
    expect(encodeFormat(flat)).toBe(nested);
  });

  for (const json of ['{"type":"text"}', "{}", "[1]", "no JSON", ""]) {
    it(`stays as it is where it is no grammar: ${json}`, () => {
      expect(decodeFormat(json)).toBe(json);
      expect(encodeFormat(json)).toBe(json);
    });
  }

  it("is left alone where it is in the other form already", () => {
    expect(decodeFormat(flat)).toBe(flat);
    expect(encodeFormat(nested)).toBe(nested);
  });
});
