import fc from "fast-check";
import { expect, test } from "vitest";
import { splitTarget } from "../../../src/edge/http/request-target.ts";

test("joining the parts of an origin-form target gives the target back", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const target = `/${text}`;
      const { path, query } = splitTarget(target);
      expect(path).not.toContain("?");
      expect(target === path ? "" : target.slice(path.length + 1)).toBe(query);
      expect(target.startsWith(path)).toBe(true);
    }),
  );
});

test("an absolute-form target has the parts of its origin form", () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
      const { pathname } = new URL(url);
      const rest = url.slice(url.indexOf("://") + 3).replace(/^[^/?]*/, "");
      expect(splitTarget(url)).toEqual(splitTarget(rest.startsWith("/") ? rest : `/${rest}`));
      expect(splitTarget(url).path[0]).toBe(pathname[0]);
    }),
  );
});
