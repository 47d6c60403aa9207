import { type MoreConfig, type Sent, type Setup, send, setUp } from "../routing/routed-gateway.ts";
import type { Act } from "../routing/scripted-vendor.ts";

/** A gateway whose model m has a cache and the vendor a. */
export function caching(
  cache = "{ ttl: 60s }",
  script: Act[] = [],
  more: MoreConfig = {},
): Promise<Setup> {
  const models = `  - { name: m, targets: [{ model: a/x }], cache: ${cache} }`;
  return setUp(models, { a: script }, more);
}

/** A reply that was read. */
export interface Answer {
  readonly status: number;
  /** What the cache did. */
  readonly state: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** Sends a chat and reads its reply. */
export async function ask(setup: Setup, sent: Sent = {}): Promise<Answer> {
  const reply = await send(setup, sent);
  const { status, headers } = reply;
  return { status, state: headers.get("x-parlance-cache"), text: await reply.text(), headers };
}

/** What the cache did for calls, one after the other. */
export async function states(setup: Setup, ...calls: readonly Sent[]): Promise<string> {
  const found: (string | null)[] = [];
  for (const call of calls) found.push((await ask(setup, call)).state);
  return found.join(" ");
}

/** Three keys, the first two of one team. */
export const keys = [
  "keys:",
  "  - { name: one, value: { value: key-one }, team: red }",
  "  - { name: two, value: { value: key-two }, team: red }",
  "  - { name: three, value: { value: key-three } }",
  "auth: { admin_key: { value: key-admin } }",
].join("\n");

/** A call with a key. */
export function as(key: string, sent: Sent = {}): Sent {
  return { ...sent, headers: { ...sent.headers, authorization: `Bearer key-${key}` } };
}
