import { expect, it } from "vitest";
import { readSettled } from "../../../src/cli/serve/settled-file.ts";

const whole = "providers: { sim: { kind: sim } }\n";

/**
 * A file that holds one text after the other, a new one after each wait, and how often it was
 * waited.
 */
function changing(texts: readonly (string | undefined)[]) {
  const world = { waits: 0, at: 0 };
  const read = () => {
    const text = texts[Math.min(world.at, texts.length - 1)];
    if (text === undefined) return { ok: false, message: "f: it does not exist" } as const;
    return { ok: true, source: { text, filename: "f" } } as const;
  };
  const wait = async (milliseconds: number) => {
    expect(milliseconds).toBe(100);
    world.waits += 1;
    world.at += 1;
  };
  return { world, read, wait };
}

const cases: readonly (readonly [
  title: string,
  texts: readonly (string | undefined)[],
  text: string,
  waits: number,
])[] = [
  ["that nobody writes", [whole], whole, 1],
  ["that is emptied first and written then", ["", whole], whole, 2],
  ["that grows", [whole.slice(0, 5), whole.slice(0, 20), whole], whole, 3],
  ["that another takes the place of", [undefined, whole], whole, 2],
];

for (const [title, texts, text, waits] of cases) {
  it(`waits for the end of a file ${title}`, async () => {
    const { world, read, wait } = changing(texts);
    expect(await readSettled(read, wait)).toEqual({ ok: true, source: { text, filename: "f" } });
    expect(world.waits).toBe(waits);
  });
}

it("tells that a file is gone", async () => {
  const { read, wait } = changing([undefined]);
  expect(await readSettled(read, wait)).toEqual({ ok: false, message: "f: it does not exist" });
});

it("gives up on a file that does not settle within 2 seconds", async () => {
  const { world, read, wait } = changing(
    Array.from({ length: 100 }, (_, index) => "#".repeat(index)),
  );
  expect(await readSettled(read, wait)).toEqual({
    ok: false,
    message:
      "f: the file was still being written after 2 s: write it under another name, then rename it",
  });
  expect(world.waits).toBe(20);
});
