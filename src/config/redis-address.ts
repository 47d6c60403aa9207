import type { SecretValue } from "./secret-value.ts";

/** Where a Redis is and how it is used, compiled from `state.redis`. */
export interface RedisAddress {
  /** The server, the known nodes of its cluster, or its sentinels; a socket is alone. */
  readonly nodes: readonly RedisNode[];
  /** What speaks there. */
  readonly kind: "single" | "cluster" | "sentinel";
  readonly tls: boolean;
  /** Absent: the default user. */
  readonly username?: string;
  readonly password?: SecretValue;
  /** The number of the database, from 0; always 0 in a cluster. */
  readonly database: number;
  /** Present where `kind` is `sentinel`. */
  readonly sentinel?: RedisMaster;
  /** What every key begins with. */
  readonly prefix: string;
  /** How long a call waits for Redis in all, in milliseconds, above 0 and up to 50. */
  readonly timeoutMs: number;
}

/** A host and a port, or the path of a socket. */
export type RedisNode =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** How sentinels know a master, and the credential that they want. */
export interface RedisMaster {
  readonly name: string;
  readonly username?: string;
  readonly password?: SecretValue;
}
