/** What Redis is sent: texts are sent as UTF-8, numbers in decimal. */
export type RedisValue = string | number | Uint8Array;

/** What Redis answers; texts come as their bytes. */
export type RedisReply = number | Uint8Array | null | readonly RedisReply[];

/** The answer to a step, or that there is none: then the state of this process counts. */
export type RedisOutcome = { readonly ok: true; readonly value: RedisReply } | RedisSilence;

/** Redis is not configured, does not answer in time, or refuses the step, which the log says. */
export interface RedisSilence {
  readonly ok: false;
}

/** Who waits for a step, and what it is about. */
export interface RedisStep {
  /** Made by `key`, all of one scope, so that one node of a cluster has them. */
  readonly keys: readonly string[];
  readonly args?: readonly RedisValue[];
  /**
   * The call that waits, such as its `life`: all its steps together take no longer than
   * `state.redis.timeout`. Absent: no call waits, and a step may take a second.
   */
  readonly waiter?: object | undefined;
  /**
   * True: it is waited for beyond the timeout, until it is answered, the server is known to be down
   * or slow, or all steps of `waiter` have taken two timeouts or 50 ms. A thread that has much else
   * to do waits up to five times as long, since it is slow itself.
   */
  readonly exact?: true;
}

/**
 * The Redis that gateways share. No step rejects, and none is tried while Redis is known to be down
 * or slow. A step is one command or one script: what is read in one step may have changed in the
 * next. It outlives reloads, which may put another server in its place.
 */
export interface SharedRedis {
  /**
   * The key of something within a scope, such as `key("cache", tenant, hash)`: under the configured
   * prefix, and at the same node of a cluster as all keys of the scope.
   */
  key(kind: string, scope: string, ...names: readonly string[]): string;
  /** Runs a Lua script. It is sent in full only where the server does not know it. */
  run(script: string, step: RedisStep): Promise<RedisOutcome>;
  /** Runs a command, such as `["GET", key]`. Its node is found by its key. */
  call(command: readonly [string, ...RedisValue[]], waiter?: object): Promise<RedisOutcome>;
  /** Whether a step would be tried now. */
  isUp(): boolean;
  /**
   * Calls `run` whenever Redis is up again, at first too; what was written before may be gone.
   * Gives a function that ends that.
   */
  onUp(run: () => void): () => void;
}

/** The text of a reply; undefined where it is none. */
export function replyText(reply: RedisReply | undefined): string | undefined {
  return reply instanceof Uint8Array ? Buffer.from(reply).toString("utf8") : undefined;
}

/** The elements of a reply; none where it is no list. */
export function replyList(reply: RedisReply): readonly RedisReply[] {
  return typeof reply === "object" && reply !== null && !(reply instanceof Uint8Array) ? reply : [];
}

/** The number of a reply, also where it is written as text; undefined where it is none. */
export function replyNumber(reply: RedisReply | undefined): number | undefined {
  const number = typeof reply === "number" ? reply : Number(replyText(reply) ?? Number.NaN);
  return Number.isNaN(number) ? undefined : number;
}
