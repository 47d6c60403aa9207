import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const page = readFileSync("SECURITY.md", "utf8");
const rows = page.split("\n").filter((line) => /^\| [^-P]/.test(line));

describe("the promises of SECURITY.md", () => {
  it("are a table of promises and tests", () => expect(rows.length).toBeGreaterThan(15));

  for (const row of rows) {
    const [, promise = "", proof = ""] = row.split("|").map((cell) => cell.trim());
    it(`are proven: ${promise}`, () => {
      const paths = [...proof.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path);
      expect(paths.length).toBeGreaterThan(0);
      expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    });
  }
});
