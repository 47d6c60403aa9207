import { describe, expect, it } from "vitest";
import { BodyQueue } from "../../src/upstream/body-queue.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";

/** A queue with what it said to its connection. */
function createQueue() {
  const said: string[] = [];
  const onResume: { run: () => void } = { run: () => undefined };
  const queue = new BodyQueue({
    pause: () => void said.push("pause"),
    resume() {
      said.push("resume");
      onResume.run();
    },
    abort: ({ kind }) => void said.push(`abort ${kind}`),
    waits: () => undefined,
    progressed: () => undefined,
  });
  const push = (text: string) => queue.push(Buffer.from(text));
  return { queue, said, push, onResume };
}

/** A reader that has no room after each chunk until it is told. */
function createReader() {
  const taken: string[] = [];
  let room = Promise.withResolvers<void>();
  return {
    taken,
    async takeMore() {
      const { resolve } = room;
      room = Promise.withResolvers<void>();
      resolve();
      await new Promise(setImmediate);
    },
    take(chunk: Uint8Array): Promise<void> {
      taken.push(Buffer.from(chunk).toString());
      return room.promise;
    },
  };
}

const cut = new UpstreamError("cut", "the reply broke off");

describe("a body that flows", () => {
  it("is handed over in the turn in which it comes, after what has waited", async () => {
    const { queue, push } = createQueue();
    push("a");
    const taken: string[] = [];
    const over = queue.flow((chunk) => void taken.push(Buffer.from(chunk).toString()));
    expect(taken).toEqual(["a"]);
    push("b");
    expect(taken).toEqual(["a", "b"]);
    queue.end();
    await over;
  });

  it("waits for a reader without room, in order, and pauses its connection", async () => {
    const { queue, push, said, onResume } = createQueue();
    onResume.run = () => push("d");
    const { take, taken, takeMore } = createReader();
    const over = queue.flow(take);
    const large = "c".repeat(64 * 1024);
    for (const chunk of ["a", "b", large]) push(chunk);
    expect([taken, said]).toEqual([["a"], ["pause"]]);
    await takeMore();
    expect([taken, said]).toEqual([["a", "b"], ["pause"]]);
    await takeMore();
    await takeMore();
    expect(taken).toEqual(["a", "b", large, "d"]);
    expect(said).toEqual(["pause", "resume"]);
    queue.end();
    await takeMore();
    await over;
  });

  it("hands over what came before a failure, and then fails", async () => {
    const { queue, push } = createQueue();
    const { take, taken, takeMore } = createReader();
    const over = expect(queue.flow(take)).rejects.toBe(cut);
    for (const chunk of ["a", "b"]) push(chunk);
    queue.fail(cut, false);
    expect(taken).toEqual(["a"]);
    await takeMore();
    expect(taken).toEqual(["a", "b"]);
    await takeMore();
    await over;
  });

  it("ends at once where it is cancelled, whatever waits", async () => {
    const { queue, push, said } = createQueue();
    const { take, taken, takeMore } = createReader();
    const over = expect(queue.flow(take)).rejects.toBe(cut);
    for (const chunk of ["a", "b".repeat(64 * 1024)]) push(chunk);
    queue.cancel(cut);
    await over;
    await takeMore();
    expect([taken, said]).toEqual([["a"], ["pause", "abort cut"]]);
  });

  for (const [title, fail] of [
    [
      "throws",
      () => () => {
        throw new Error("cannot be written");
      },
    ],
    ["has room no more", () => () => Promise.reject(new Error("cannot be written"))],
  ] as const) {
    it(`closes its connection when its reader ${title}`, async () => {
      const { queue, push, said } = createQueue();
      const over = queue.flow(fail());
      expect(() => push("a")).not.toThrow();
      await expect(over).rejects.toThrow("cannot be written");
      expect(said).toEqual(["abort aborted"]);
    });
  }
});
