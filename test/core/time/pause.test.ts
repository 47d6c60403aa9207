import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { Life } from "../../../src/core/life.ts";
import { pause } from "../../../src/core/time/pause.ts";
import { rejection } from "../../calls.ts";
import { createFakeClock } from "../../fake-clock.ts";

const late = { reason: ErrorReason.DEADLINE_EXCEEDED, message: "late" };

describe("a pause", () => {
  it("lasts as long on the clock of the life as it should", async () => {
    const clock = createFakeClock();
    let over = false;
    const paused = pause(20, new Life(clock)).then(() => {
      over = true;
    });
    clock.advance(19);
    await Promise.resolve();
    expect(over).toBe(false);
    clock.advance(1);
    await paused;
  });

  for (const ms of [20, Number.POSITIVE_INFINITY]) {
    it(`of ${ms} ms ends with the abort of the life, and leaves no timer`, async () => {
      const clock = createFakeClock();
      const life = new Life(clock);
      const paused = rejection(pause(ms, life.child()));
      life.abort(late);
      expect(await paused).toBe(life.reason);
      expect(clock.waiting()).toBe(0);
    });
  }

  it("does not begin where the life was aborted before", async () => {
    const clock = createFakeClock();
    const life = new Life(clock);
    life.abort(late);
    expect(await rejection(pause(20, life))).toBe(life.reason);
    expect(clock.waiting()).toBe(0);
  });

  it("holds on to nothing once it is over", async () => {
    const clock = createFakeClock();
    const life = new Life(clock);
    const paused = pause(20, life);
    clock.advance(20);
    await paused;
    life.abort(late);
  });
});
