import type { Place } from "./sink.ts";

/**
 * A place that is loaded when something is first sent to it: what encodes messages takes time to
 * load, and most processes send none.
 */
export function lazyPlace<Row>(load: () => Promise<Place<Row>>): Place<Row> {
  let loaded: Promise<Place<Row>> | undefined;
  return {
    async send(rows, signal) {
      loaded ??= load();
      return (await loaded).send(rows, signal);
    },
    async close() {
      await (await loaded)?.close?.();
    },
  };
}
