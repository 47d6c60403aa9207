import type { Metrics } from "../../core/metrics/metrics.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** The same connection, which counts how long its server takes. `nowMs` is a monotonic clock. */
export function timedConnection(
  connection: RedisConnection,
  metrics: Metrics,
  nowMs: () => number,
): RedisConnection {
  const timed = async <T>(run: () => Promise<T>): Promise<T> => {
    const startMs = nowMs();
    const count = (outcome: "answered" | "failed") => {
      const us = Math.round((nowMs() - startMs) * 1000);
      metrics.histogram("redis", outcome).observe(us);
    };
    try {
      const reply = await run();
      count("answered");
      return reply;
    } catch (error) {
      count("failed");
      throw error;
    }
  };
  return {
    ...connection,
    send: (command) => timed(() => connection.send(command)),
    runScript: (...step) => timed(() => connection.runScript(...step)),
  };
}
