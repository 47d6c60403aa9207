import { expect, onTestFinished } from "vitest";
import { Metrics } from "../../src/core/metrics/metrics.ts";
import type { Notice } from "../../src/core/notice.ts";
import { type BatchSinkOptions, createBatchSink } from "../../src/sinks/batch-sink.ts";
import type { Place, SinkRow } from "../../src/sinks/sink.ts";
import type { Spool } from "../../src/sinks/spool.ts";
import { createFakeClock } from "../fake-clock.ts";

/** Makes a sink that is called `own`, on a clock that stands, and what looks at it. */
export function createTestSink(
  options: Pick<BatchSinkOptions<SinkRow>, "place" | "batch">,
  spool?: (wallMs: () => number) => Spool<SinkRow>,
) {
  const clock = createFakeClock();
  const notices: Notice[] = [];
  const metrics = new Metrics();
  let sending = 0;
  const place: Place = {
    ...options.place,
    async send(rows, signal) {
      sending += 1;
      return options.place.send(rows, signal).finally(() => {
        sending -= 1;
      });
    },
  };
  const sink = createBatchSink({
    ...options,
    place,
    name: "own",
    fit: (row) => row,
    spool: spool?.(clock.nowMs),
    world: {
      ...clock,
      wallMs: clock.nowMs,
      notice: (notice) => void notices.push(notice),
      metrics,
    },
  });
  onTestFinished(() => sink.close(0));
  return {
    sink,
    clock,
    notices,
    events: () => notices.map(({ event }) => event),
    dropped: () => {
      const { places, cells } = metrics.memory;
      const [cell] = [...places].flatMap(([name, at]) => (/sink_?dropped/i.test(name) ? [at] : []));
      return cell === undefined ? 0 : (cells[cell] ?? 0);
    },
    /** Lets time pass until something holds, but none while something is sent. */
    until: (holds: () => boolean) =>
      expect
        .poll(
          () => {
            if (sending === 0) clock.advance(1_000);
            return holds();
          },
          { interval: 5, timeout: 60_000 },
        )
        .toBe(true),
  };
}
