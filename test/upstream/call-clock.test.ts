import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { BodyQueue } from "../../src/upstream/body-queue.ts";
import { type Bound, CallClock } from "../../src/upstream/call-clock.ts";
import { createFakeClock } from "../fake-clock.ts";
import { drain, failureOf, openUpstream, post, serveHttp } from "./servers.ts";

const timeouts = { connectMs: 1000, firstTokenMs: 100, idleMs: 10 };

describe("the clock of a call", () => {
  type Step = number | keyof Pick<CallClock, "sent" | "progressed" | "stop"> | "waits" | "reads";
  const cases: readonly (readonly [
    title: string,
    steps: readonly Step[],
    passed: readonly Bound[],
  ])[] = [
    ["holds nothing before the request is written", [1000], []],
    ["bounds the first content from the request on", ["sent", 99], []],
    ["ends with the bound on the first content", ["sent", 100], ["first_token"]],
    [
      "goes by the first content alone at first",
      ["sent", "waits", 60, "reads", "waits", 40],
      ["first_token"],
    ],
    ["bounds pauses after the first content", ["sent", 99, "progressed", "waits", 9], []],
    ["ends with the bound on pauses", ["sent", 99, "progressed", "waits", 10], ["idle"]],
    ["begins a pause anew with progress", ["sent", "progressed", "waits", 9, "progressed", 9], []],
    [
      "adds up waits between which there was no progress",
      ["sent", "progressed", "waits", 6, "reads", "waits", 4],
      ["idle"],
    ],
    [
      "does not count the time of a reader that does not wait",
      ["sent", "progressed", 1000, "waits", 9],
      [],
    ],
    ["counts from when the reader waits", ["sent", "progressed", 1000, "waits", 10], ["idle"]],
    ["is over when the call is", ["sent", "stop", "progressed", "waits", 1000], []],
    ["passes once", ["sent", 5000], ["first_token"]],
  ];
  for (const [title, steps, expected] of cases) {
    test(title, () => {
      const time = createFakeClock();
      const passed: Bound[] = [];
      const clock = new CallClock(timeouts, time, (bound) => passed.push(bound));
      for (const step of steps) {
        if (typeof step === "number") time.advance(step);
        else if (step === "waits" || step === "reads") clock.waits(step === "waits");
        else clock[step]();
      }
      expect(passed).toEqual(expected);
    });
  }

  test("keeps one timer, and none when a bound is switched off or the call is over", () => {
    const time = createFakeClock();
    const clock = new CallClock(timeouts, time, () => undefined);
    clock.sent();
    clock.progressed();
    expect(time.waiting()).toBe(1);
    clock.stop();
    expect(time.waiting()).toBe(0);
    new CallClock({ ...timeouts, firstTokenMs: 0 }, time, () => undefined).sent();
    expect(time.waiting()).toBe(0);
  });
});

describe("a call by the clock", () => {
  async function begin(answer: (response: ServerResponse) => void) {
    const asked = Promise.withResolvers<ServerResponse>();
    const origin = await serveHttp((_request, response) => {
      answer(response);
      asked.resolve(response);
    });
    const time = createFakeClock();
    const reply = openUpstream({ clock: time }).request(post(origin, { timeouts }));
    return { time, reply, response: await asked.promise };
  }
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 10; turns += 1) await turn();
  };

  test("without a head ends at the bound on the first content", async () => {
    const { time, reply } = await begin(() => undefined);
    time.advance(100);
    expect(await failureOf(reply)).toMatchObject({ kind: "timeout_headers" });
    expect(time.waiting()).toBe(0);
  });

  test("that is read whole has as long for its head as for the first content, and pauses after it", async () => {
    const { time, reply, response } = await begin(() => undefined);
    time.advance(99);
    response.write("a");
    const chunks = (await reply).body.chunks()[Symbol.asyncIterator]();
    expect(Buffer.from((await chunks.next()).value ?? []).toString()).toBe("a");
    for (let part = 0; part < 50; part += 1) {
      const next = chunks.next();
      time.advance(9);
      response.write("a");
      expect((await next).done).toBe(false);
    }
    response.end();
    expect((await chunks.next()).done).toBe(true);
    expect(time.waiting()).toBe(0);
  });

  test("that is gathered gets on with each part", () => {
    const told: string[] = [];
    const queue = new BodyQueue({
      pause: () => told.push("pause"),
      resume: () => told.push("resume"),
      abort: () => told.push("abort"),
      waits: (waiting) => told.push(waiting ? "waits" : "reads"),
      progressed: () => told.push("progressed"),
    });
    const bytes = queue.gather(100);
    queue.push(Buffer.from("a"));
    queue.push(Buffer.from("b"));
    queue.end();
    expect(told).toEqual(["progressed", "waits", "progressed", "progressed"]);
    return expect(bytes).resolves.toEqual(Buffer.from("ab"));
  });

  test("that is read whole ends where its body pauses for too long", async () => {
    const { time, reply } = await begin((response) => void response.write("one"));
    const bytes = (await reply).body.bytes();
    time.advance(10);
    expect(await failureOf(bytes)).toMatchObject({ kind: "timeout_idle" });
  });

  test("whose reader reports progress ends at the bound on the first content, whatever comes", async () => {
    const { time, reply, response } = await begin((begun) => void begun.write("a"));
    const read = drain((await reply).body.chunks("reported"));
    for (let part = 0; part < 9; part += 1) {
      time.advance(10);
      response.write("a");
      await settle();
    }
    time.advance(10);
    expect((await read).failure).toMatchObject({ kind: "timeout_first_token" });
  });

  test("whose reader reports progress may pause as long as it reports some in time", async () => {
    const { time, reply, response } = await begin((begun) => void begun.write("a"));
    const { body } = await reply;
    const read = drain(body.chunks("reported"));
    for (let part = 0; part < 50; part += 1) {
      await settle();
      body.progressed();
      time.advance(9);
      response.write("a");
    }
    await settle();
    time.advance(10);
    expect((await read).failure).toMatchObject({ kind: "timeout_idle" });
  });

  test("does not time out while nobody reads", async () => {
    const { time, reply } = await begin((begun) => void begun.write("a"));
    const { body } = await reply;
    const chunks = body.chunks("reported")[Symbol.asyncIterator]();
    await chunks.next();
    body.progressed();
    time.advance(100_000);
    const next = chunks.next();
    time.advance(9);
    const late = next.then(
      () => "read",
      (error) => error.kind,
    );
    time.advance(1);
    expect(await late).toBe("timeout_idle");
  });
});
