import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathSegment, pathSegments, staysInPlace } from "../../../src/core/dispatch/url-path.ts";

describe("a text in a path", () => {
  it("is one segment, or as many as slashes part, or is seen not to stay in its place", () => {
    const pieces = fc.constantFrom(
      "..",
      ".",
      "/",
      "a",
      "?",
      "#",
      "%2e",
      "\\",
      "\ud800",
      "é",
      " ",
      ";",
      "@",
      "",
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((all) => all.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const [escaped, count] of [
          [pathSegment(text), 1],
          [pathSegments(text), text.split("/").length],
        ] as const) {
          const path = `/models/${escaped}/call`;
          const url = new URL(path, "https://a.example");
          const kept = url.pathname === path && !path.includes("//");
          expect([path, staysInPlace(path)]).toEqual([path, kept]);
          if (kept) expect(path.split("/")).toHaveLength(3 + count);
          expect([url.host, url.search, url.hash]).toEqual(["a.example", "", ""]);
        }
      }),
    );
  });

  const rows: readonly (readonly [path: string, stays: boolean])[] = [
    ["/v1/models/x:generateContent?alt=sse", true],
    ["/models/..x/y..", true],
    ["/models/.x", true],
    ["/models/..?a=/../", false],
    ["/models/x?a=//b/../c", true],
    ["/models/", false],
    ["/models//x", false],
    ["/models/./x", false],
  ];
  for (const [path, stays] of rows) {
    it(`${path} ${stays ? "stays" : "does not stay"} in its place`, () => {
      expect(staysInPlace(path)).toBe(stays);
    });
  }
});
