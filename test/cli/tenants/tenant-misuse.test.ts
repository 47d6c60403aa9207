import { describe, expect, it } from "vitest";
import { runIn } from "../shell.ts";

const misused: readonly (readonly [title: string, args: readonly string[], message: string])[] = [
  [
    "an unknown action, with the nearest",
    ["key", "creat"],
    "parlance key: unknown action creat; did you mean create?",
  ],
  ["a key that is missing", ["key", "rotate"], "parlance key: rotate needs KEY"],
  ["a key where none is meant", ["key", "list", "web"], "parlance key: list takes no web"],
  ["a team that is missing", ["team", "create"], "parlance team: create needs TEAM"],
  [
    "an option of another action",
    ["key", "delete", "web", "--budget", "20/month"],
    "parlance key: delete takes no --budget",
  ],
  [
    "a budget that is none",
    ["key", "create", "--budget", "20/year"],
    "parlance key: --budget 20/year is no budget",
  ],
  ["a kind that is none", ["key", "create", "--kind", "root"], "parlance key: --kind root is none"],
  [
    "a budget of two amounts",
    ["budget", "create", "x", "--budget", "1/day,2/month"],
    "parlance budget: --budget is one amount",
  ],
  [
    "an increase without an end",
    ["budget", "increase", "x", "--usd", "5"],
    "parlance budget: increase needs --usd and --until",
  ],
  [
    "a change of nothing",
    ["team", "update", "support"],
    "parlance team: update needs what is to change",
  ],
];

describe("the commands of keys and teams", () => {
  for (const [title, args, message] of misused)
    it(`refuse ${title}`, async () => {
      const { code, stdout, stderr } = await runIn(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(message);
    });

  it("say that no gateway listens", async () => {
    const { code, stderr } = await runIn(["key", "list", "--url", "http://127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(stderr).toContain("does a gateway listen there?");
  });
});
