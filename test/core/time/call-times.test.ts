import { describe, expect, it } from "vitest";
import { OpenAttempt } from "../../../src/core/attempt-record.ts";
import { callTimes } from "../../../src/core/time/call-times.ts";

/** An attempt whose life is told by what happens at which millisecond. */
function attempt(
  at: Partial<Record<"sent" | "encoded" | "arrived" | "answered" | "ended", number>>,
  { wasted = false, heldUpMs = 0 } = {},
): OpenAttempt {
  let nowMs = 0;
  const one = new OpenAttempt({ provider: "sim", model: "echo" }, () => nowMs);
  const steps = { sent: () => one.sent("sim"), encoded: () => one.encoded() };
  const rest = { arrived: () => one.arrived(), answered: () => one.answered() };
  const ends = { ended: () => one.ended({ kind: "whole" }) };
  for (const [name, run] of Object.entries({ ...steps, ...rest, ...ends })) {
    const ms = Object.entries(at).find(([key]) => key === name)?.[1];
    if (ms === undefined) continue;
    nowMs = ms;
    run();
  }
  if (wasted) one.race = { hedge: true, lost: true };
  one.heldUpMs = heldUpMs;
  return one;
}

const whole = { sent: 10, encoded: 12, arrived: 90, answered: 95, ended: 95 };

describe("the time of a call", () => {
  const cases: readonly [
    title: string,
    call: Partial<Parameters<typeof callTimes>[0]>,
    expected: readonly [
      queue: number,
      policy: number,
      translate: number,
      up: number,
      write: number,
    ],
  ][] = [
    ["is the gateway's own without an attempt", {}, [0, 100, 0, 0, 0]],
    ["is divided where an answer came whole", { attempts: [attempt(whole)] }, [0, 15, 7, 78, 0]],
    ["has a turn that was waited for", { queuedMs: 5 }, [5, 95, 0, 0, 0]],
    [
      "goes on at the vendor while the answer is streamed",
      { stream: true, attempts: [attempt({ sent: 10, encoded: 12, answered: 40 })] },
      [0, 10, 2, 88, 0],
    ],
    [
      "is that of the reader where it takes no more",
      { stream: true, attempts: [attempt({ sent: 10, answered: 40 }, { heldUpMs: 30 })] },
      [0, 10, 0, 60, 30],
    ],
    [
      "counts attempts side by side once",
      {
        attempts: [
          attempt({ sent: 10, answered: 60, ended: 60 }),
          attempt({ sent: 30, ended: 60 }, { wasted: true }),
        ],
      },
      [0, 50, 0, 50, 0],
    ],
    [
      "has the rest of a stream where a race was won",
      {
        stream: true,
        attempts: [
          attempt({ sent: 10, answered: 60 }),
          attempt({ sent: 30, ended: 60 }, { wasted: true }),
        ],
      },
      [0, 10, 0, 90, 0],
    ],
    [
      "has all of a stream until another attempt goes on with it",
      {
        stream: true,
        attempts: [attempt({ sent: 0, answered: 20 }), attempt({ sent: 50, answered: 60 })],
      },
      [0, 0, 0, 100, 0],
    ],
  ];
  for (const [title, call, [queueMs, policyMs, translateMs, upstreamMs, writeMs]] of cases)
    it(title, () => {
      const all = { startedMs: 0, nowMs: 100, queuedMs: 0, stream: false, attempts: [], ...call };
      const times = callTimes(all);
      expect(times).toEqual({ queueMs, policyMs, translateMs, upstreamMs, writeMs });
      expect(Object.values(times).reduce((sum, ms) => sum + ms, 0)).toBe(100);
    });
});
