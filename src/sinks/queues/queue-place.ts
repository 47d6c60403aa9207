import type { Place, SendFailure, SinkRow } from "../sink.ts";

/** A connection to a queue. */
export interface QueueConnection {
  /**
   * Resolves once all of the rows are there but those that are refused for good, and says how many
   * these are. Rejects where the same rows may be taken later, and at once after `close`.
   */
  readonly publish: (rows: readonly SinkRow[]) => Promise<number>;
  /** Ends it at once. Never rejects. */
  readonly close: () => Promise<void>;
}

/**
 * Sends rows by a connection, which is opened with the first of them, and anew after a failure. A
 * message that is sent again may be there twice, with the same id of the call.
 */
export function queuePlace(connect: () => Promise<QueueConnection>): Place {
  let opening: Promise<QueueConnection> | undefined;
  const drop = async () => {
    const left = opening;
    opening = undefined;
    await left?.then(
      (connection) => connection.close(),
      () => undefined,
    );
  };
  return {
    async send(rows, signal) {
      opening ??= connect();
      const leaving = aborted(signal);
      try {
        const connection = await Promise.race([opening, leaving.promise]);
        const refused = await Promise.race([connection.publish(rows), leaving.promise]);
        return refused === 0 ? undefined : { why: "too large", again: false, count: refused };
      } catch (error) {
        void drop();
        return failureOf(error);
      } finally {
        leaving.forget();
      }
    },
    close: drop,
  };
}

/** Rejects when a signal aborts. */
function aborted(signal: AbortSignal) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  const run = () => reject(signal.reason);
  if (signal.aborted) run();
  signal.addEventListener("abort", run);
  return { promise, forget: () => signal.removeEventListener("abort", run) };
}

/** What the client says of the last thing that it tried. */
function failureOf(error: unknown): SendFailure {
  if (error instanceof AggregateError && error.errors.length > 0)
    return failureOf(error.errors.at(-1));
  if (!(error instanceof Error)) return { why: "unreachable", again: true };
  const late = error.name === "TimeoutError";
  return { why: late ? "no answer" : error.message.slice(0, 200), again: true };
}
