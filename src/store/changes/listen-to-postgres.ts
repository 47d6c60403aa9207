import type { Client } from "pg";
import { changesChannel } from "../engine/engine.ts";

/** How long a connection may take, and the time before another one is tried. */
const connectMs = 5_000;
const firstRetryMs = 100;
const maxRetryMs = 1_000;

/**
 * Listens by one connection, which is made again when it breaks. `onChange` is called for each
 * message, and whenever the connection is there: what was said before was not heard. Gives a
 * function that ends it.
 */
export function listenToPostgres(
  address: { readonly url: string },
  onChange: () => void,
): () => void {
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let retryMs = firstRetryMs;
  let closed = false;

  const connect = async (): Promise<void> => {
    const { Client: PostgresClient } = await import("pg");
    if (closed) return;
    const next = new PostgresClient({
      connectionString: address.url,
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      application_name: "parlance changes",
    });
    client = next;
    const lost = Promise.withResolvers<void>();
    next.on("error", () => lost.resolve());
    next.on("end", () => lost.resolve());
    next.on("notification", onChange);
    try {
      await next.connect();
      await next.query(`listen ${changesChannel}`);
      if (closed) return;
      retryMs = firstRetryMs;
      onChange();
      await lost.promise;
    } finally {
      void next.end().catch(() => undefined);
    }
  };
  const keepConnected = async (): Promise<void> => {
    // Why a connection fails is reported by whoever writes to the database.
    await connect().catch(() => undefined);
    if (closed) return;
    timer = setTimeout(() => void keepConnected(), retryMs);
    timer.unref();
    retryMs = Math.min(2 * retryMs, maxRetryMs);
  };
  void keepConnected();
  return () => {
    closed = true;
    clearTimeout(timer);
    void client?.end().catch(() => undefined);
  };
}
