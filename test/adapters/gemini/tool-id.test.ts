import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generateId, parseToolId, printToolId } from "../../../src/adapters/gemini/tool-id.ts";

const base64 = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));
const wellFormed = fc
  .string({ unit: "grapheme", maxLength: 50 })
  .filter((text) => text.isWellFormed());
const vendorId = fc
  .stringMatching(/^[a-zA-Z0-9-]{1,20}$/)
  .filter((id) => !id.startsWith("call_gm"));

describe("ids of tool calls that carry a signature", () => {
  test("what is put into an id is found in it", () => {
    fc.assert(
      fc.property(vendorId, fc.oneof(base64, wellFormed), (id, signature) => {
        expect(parseToolId(printToolId(id, "1", signature))).toEqual({ id, signature });
      }),
    );
  });

  test("an id that was made up is none to the vendor, and its signature is found all the same", () => {
    fc.assert(
      fc.property(base64, (signature) => {
        expect(parseToolId(printToolId("", generateId("r", 0, 1), signature))).toEqual({
          id: "",
          signature,
        });
      }),
    );
  });

  test("the id has only characters that every vendor takes", () => {
    fc.assert(
      fc.property(base64, (signature) => {
        expect(printToolId("", "1", signature)).toMatch(/^[a-zA-Z0-9_-]+$/);
      }),
    );
  });

  test("a signature too long for an id is left out of it", () => {
    const signature = Buffer.alloc(4000, 7).toString("base64");
    expect(printToolId("call-1", "1", signature)).toBe("call-1");
  });

  for (const id of ["call_abc", "toolu_01", ""]) {
    test(`an id of another vendor stays: ${id}`, () => {
      expect(parseToolId(id)).toEqual({ id, signature: "" });
    });
  }

  test("a vendor's id that looks like one with a signature is replaced", () => {
    expect(parseToolId(printToolId("a__ts_b", "1", "c2ln"))).toEqual({ id: "", signature: "c2ln" });
  });
});
