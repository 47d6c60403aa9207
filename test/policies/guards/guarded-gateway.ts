import type { CallRecord } from "../../../src/core/ledger/call-record.ts";
import { type Setup, setUp } from "../routing/routed-gateway.ts";

/** The guards of tests: personal data, secrets and a word. */
export const guards = `
  - { name: pii, pii: { kinds: [EMAIL, CARD, IBAN] }, action: MASK }
  - { name: secrets, secrets: {}, stages: [INPUT, OUTPUT, TOOL_ARGUMENTS, TOOL_RESULTS], action: BLOCK }
  - { name: words, keywords: { words: [forbidden] }, stages: [INPUT, OUTPUT], action: BLOCK }
  - { name: watch, keywords: { words: [curious] }, action: FLAG }`;

const models = `
  - { name: m, targets: [{ model: a/x }] }
  - { name: masked, targets: [{ model: a/x }], guards: [pii] }
  - { name: strict, targets: [{ model: a/x }], guards: [secrets, words, watch] }
  - { name: echo, targets: [{ model: sim/echo }], guards: [pii] }
  - { name: loud, targets: [{ model: sim/echo }] }`;

/** What a key of a vendor looks like. */
export const secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL";

/** A gateway with guards before vendors, and what it recorded. */
export interface Guarded extends Setup {
  readonly records: readonly CallRecord[];
}

/** Starts one; `more` is added to the models, the guards and the root of its config. */
export async function startGuarded(
  more: { readonly models?: string; readonly guards?: string; readonly root?: string } = {},
  scripts: Parameters<typeof setUp>[1] = {},
): Promise<Guarded> {
  const records: CallRecord[] = [];
  const setup = await setUp(models + (more.models ?? ""), scripts, {
    more: `guards:${guards}${more.guards ?? ""}\n${more.root ?? ""}`,
    world: { record: (record) => void records.push(record) },
    sim: true,
  });
  return { ...setup, records };
}

/** Sends JSON to a path; gives the status, the guards' header and the text of the reply. */
export async function post(
  { gateway }: Pick<Setup, "gateway">,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) {
  const reply = await fetch(gateway.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, guards: reply.headers.get("x-parlance-guards"), text };
}

/** A chat of one message. */
export function chat(model: string, content: string, more: object = {}) {
  return { model, messages: [{ role: "user", content }], ...more };
}
