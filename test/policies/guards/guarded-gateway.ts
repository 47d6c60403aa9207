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
  { gateway }: { readonly gateway: { readonly url: string } },
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

/** Requests to a model in each operation and dialect, each of which says a text somewhere. */
export function requestsWith(
  model: string,
  text: string,
): readonly (readonly [path: string, body: object])[] {
  const chats = "/v1/chat/completions";
  const say = (content: string) => [{ role: "user", content }];
  const tool = { type: "function", function: { name: "f", description: text } };
  const rpc = { chat: { model, messages: [{ role: "ROLE_USER", text }] } };
  return [
    [chats, chat(model, text)],
    [chats, chat(model, text, { stream: true })],
    [chats, chat(model, "hi", { tools: [tool] })],
    [chats, chat(model, "hi", { frobnicate: { deep: [text] } })],
    [chats, { model, messages: [{ role: "system", content: text }, ...say("hi")] }],
    [chats, { model, messages: [{ role: "user", content: [{ type: "text", text }] }] }],
    [chats, { model, messages: [{ role: "user", content: "hi", extra: text }] }],
    ["/v1/completions", { model, prompt: ["fine", text] }],
    ["/v1/responses", { model, input: text }],
    ["/v1/responses", { model, input: "hi", instructions: text }],
    ["/v1/messages", { model, max_tokens: 9, messages: say(text) }],
    ["/v1/messages", { model, max_tokens: 9, system: text, messages: say("hi") }],
    ["/v1/messages/count_tokens", { model, messages: say(text) }],
    [`/v1beta/models/${model}:generateContent`, { contents: [{ parts: [{ text }] }] }],
    ["/v2/chat", { model, messages: say(text) }],
    ["/api/chat", { model, messages: say(text) }],
    ["/v1/embeddings", { model, input: ["fine", text] }],
    ["/v1/moderations", { model, input: text }],
    ["/v1/rerank", { model, query: text, documents: ["one"] }],
    ["/v1/rerank", { model, query: "q", documents: ["one", text] }],
    ["/parlance.chat.v1.ChatService/Complete", rpc],
    ["/parlance.chat.v1.ChatService/CountTokens", rpc],
    ["/parlance.embed.v1.EmbedService/Embed", { spec: { model, inputs: [{ text }] } }],
  ];
}
