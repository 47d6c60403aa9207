import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runIn } from "../shell.ts";
import { folderWith } from "../spawn-parlance.ts";

const config = `
providers: { sim: { kind: sim } }
guards:
  - { name: pii, pii: { kinds: [EMAIL] }, action: MASK, default: true }
  - { name: words, keywords: { words: [forbidden] }, stages: [OUTPUT] }
`;

it("has guards of a config look at a text, and says by its exit code whether one blocks", async () => {
  const folder = folderWith({ "parlance.yaml": config });
  const at = `--config=${folder}/parlance.yaml`;
  writeFileSync(join(folder, "text.txt"), "a forbidden text\n");
  const guard = (...args: readonly string[]) =>
    runIn(["guard", ...args, at], { stdin: "I am joe@example.com" });

  const masked = await guard("check", "pii,words", "-");
  expect(masked).toMatchObject({ code: 0, stderr: "" });
  const [header = "", pii = "", words = "", , text] = masked.stdout.split("\n");
  expect(header).toMatch(/^GUARD +OUTCOME +FOUND +PLACES +TOOK +VERSION$/);
  expect(pii).toMatch(/^pii +MASK +EMAIL +5-20 +\d+ ms +[0-9a-f]{8}$/);
  expect(words).toMatch(/^words +PASS +\d+ ms/);
  expect(text).toBe("I am [EMAIL_1]");

  const blocked = await guard("check", "words", `--file=${folder}/text.txt`, "--stage=output");
  expect(blocked.code).toBe(2);
  expect(blocked.stdout).toMatch(/^words +BLOCK +KEYWORD +2-11 /m);
  const json = await guard("check", "pii", "hello", "--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ outcome: "GUARD_OUTCOME_PASS" });
  expect((await guard("list")).stdout).toMatch(/^words +keywords +OUTPUT +BLOCK +no /m);

  for (const [args, message] of [
    [["mend", "pii", "x"], "mend is no action: use check or list"],
    [["check"], "NAME is missing: name a guard of the config"],
    [["check", "pii"], "needs a TEXT or --file, and not both"],
    [["check", "pii", "x", "--stage=later"], "--stage must be one of INPUT, OUTPUT, "],
    [["check", "none", "x"], 'there is no guard "none": there are pii, words'],
    [["check", "pii", "--file=/nowhere/at/all"], "the file cannot be read"],
  ] as const) {
    const { code, stderr } = await guard(...args);
    expect({ code, told: stderr.includes(message) }).toEqual({ code: 1, told: true });
  }
  const { code, stderr } = await runIn(["guard", "check", "pii", "x"]);
  expect(code).toBe(1);
  expect(stderr).toContain("there is no config file with guards: name one by --config");
});
