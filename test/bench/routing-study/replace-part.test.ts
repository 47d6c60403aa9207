import { describe, expect, it } from "vitest";
import { replacePart } from "../../../bench/routing-study/replace-part.ts";

describe("a part of a document", () => {
  const document = "before\n<!-- study: begin -->\nold\n<!-- study: end -->\nafter\n";

  it("is replaced, and nothing else", () => {
    const once = replacePart(document, "study", "new");
    expect(once).toBe("before\n<!-- study: begin -->\n\nnew\n\n<!-- study: end -->\nafter\n");
    expect(replacePart(once, "study", "new")).toBe(once);
  });

  it("must be there", () => {
    expect(() => replacePart(document, "other", "new")).toThrow("no part between");
  });
});
