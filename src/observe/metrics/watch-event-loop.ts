import type { Metrics } from "../../core/metrics/metrics.ts";

const everyMs = 100;

/** Counts by how much the event loop of this thread is late; gives a function that ends it. */
export function watchEventLoop(metrics: Metrics): () => void {
  const delays = metrics.histogram("eventLoop");
  let dueMs = performance.now() + everyMs;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    delays.observe(Math.max(0, Math.round((nowMs - dueMs) * 1000)));
    dueMs = nowMs + everyMs;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
