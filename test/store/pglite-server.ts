import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import pg from "pg";

/** PostgreSQL with pgvector, compiled to run in this process, on a port of its own. */
export interface PgliteServer {
  /** Its connection string. */
  readonly url: string;
  /** Runs a statement by a connection of its own; gives its rows. */
  query(text: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** Starts one, in which the extension is not made yet. That takes seconds: share it. */
export async function startPglite(): Promise<PgliteServer> {
  const database = await PGlite.create({ extensions: { vector } });
  const server = new PGLiteSocketServer({ db: database, port: 0, maxConnections: 50 });
  const listening = Promise.withResolvers<number>();
  server.addEventListener("listening", (event) => {
    const { port } = (event as CustomEvent<{ readonly port: number }>).detail; // of this server
    listening.resolve(port);
  });
  await server.start();
  const port = await listening.promise;
  const url = `postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`;
  // Beside the socket it would run within transactions of gateways: all share one session.
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    url,
    query: async (text) => (await client.query(text)).rows,
    async close() {
      await client.end();
      await server.stop();
      await database.close();
    },
  };
}
