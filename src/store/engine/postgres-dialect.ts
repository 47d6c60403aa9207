import { type Dialect, PostgresDialect, PostgresQueryCompiler } from "kysely";
import type { ClientConfig } from "pg";
import { storable } from "./storable.ts";

/** Connections of one process at once. */
const maxConnections = 8;
/** How long a connection, and a statement, may take. */
const connectMs = 5_000;
const statementMs = 60_000;

/**
 * PostgreSQL by `pg`, which is loaded by this call. It connects with the first statement. The URL
 * is read for each connection, for its credentials may change. `onError` takes what breaks a
 * connection that nobody uses.
 */
export async function createPostgresDialect(
  address: { readonly url: string },
  onError: (error: Error) => void,
): Promise<Dialect> {
  const { Client, Pool, types } = await import("pg");
  const pool = new Pool({
    Client: class extends Client {
      constructor(config?: ClientConfig) {
        super({ ...config, connectionString: address.url });
      }
    },
    max: maxConnections,
    connectionTimeoutMillis: connectMs,
    statement_timeout: statementMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: "parlance",
    // A process that has closed the store may end.
    allowExitOnIdle: true,
    types: {
      getTypeParser: (type, format) =>
        integerTypes.has(Number(type)) ? readInteger : types.getTypeParser(type, format),
    },
  });
  pool.on("error", onError);
  return new StorableDialect({ pool });
}

/** int8, int2, int4 and numeric, which the sums of int8 are. */
const integerTypes = new Set([20, 21, 23, 1700]);

/** Numerics with a fraction are computed by no statement of ours. */
function readInteger(text: string): bigint {
  return BigInt(text);
}

/** Parameters are as both databases take them. */
class StorableCompiler extends PostgresQueryCompiler {
  protected override addParameter(parameter: unknown): void {
    super.addParameter(storable(parameter));
  }
}

class StorableDialect extends PostgresDialect {
  override createQueryCompiler(): PostgresQueryCompiler {
    return new StorableCompiler();
  }
}
