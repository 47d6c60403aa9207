import { describe, expect, it } from "vitest";
import { createTimers } from "../../src/sim/timers.ts";

const timers = createTimers();

describe("sleep", () => {
  it("of no end outlasts any other and ends with the signal", async () => {
    const controller = new AbortController();
    const endless = timers.sleep(Number.POSITIVE_INFINITY, controller.signal).then(() => "endless");
    expect(await Promise.race([endless, timers.sleep(5, undefined).then(() => "short")])).toBe(
      "short",
    );
    controller.abort();
    expect(await endless).toBe("endless");
  });

  it("lasts as long as it is told to", async () => {
    const startedMs = timers.nowMs();
    await timers.sleep(20, new AbortController().signal);
    expect(timers.nowMs() - startedMs).toBeGreaterThan(18);
  });

  it("is over at once where the signal was aborted before", async () => {
    await timers.sleep(Number.POSITIVE_INFINITY, AbortSignal.abort());
  });
});
