import { post } from "./guarded-gateway.ts";

/** What is asked of a gateway: of which model, with which text, and whether in pieces. */
export interface Question {
  readonly model: string;
  readonly text: string;
  readonly stream: boolean;
}

/** An answer as its caller has it. */
export interface Told {
  readonly status: number;
  /** All that is said, whatever the dialect; pieces are joined. */
  readonly said: string;
  /** The body of the reply. */
  readonly text: string;
}

type Request = readonly [path: string, body: object];

const message = (content: string) => [{ role: "user", content }];

/** A chat in each dialect of callers. */
const chats: Readonly<Record<string, (question: Question) => Request>> = {
  "openai-chat": ({ model, text, stream }) => [
    "/v1/chat/completions",
    { model, stream, messages: message(text) },
  ],
  "openai-completions": ({ model, text, stream }) => [
    "/v1/completions",
    { model, stream, prompt: text },
  ],
  "openai-responses": ({ model, text, stream }) => [
    "/v1/responses",
    { model, stream, input: text },
  ],
  "anthropic-messages": ({ model, text, stream }) => [
    "/v1/messages",
    { model, stream, max_tokens: 99, messages: message(text) },
  ],
  gemini: ({ model, text, stream }) => [
    `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    { contents: [{ role: "user", parts: [{ text }] }] },
  ],
  cohere: ({ model, text, stream }) => ["/v2/chat", { model, stream, messages: message(text) }],
  ollama: ({ model, text, stream }) => ["/api/chat", { model, stream, messages: message(text) }],
  rpc: ({ model, text, stream }) => [
    `/parlance.chat.v1.ChatService/${stream ? "StreamComplete" : "Complete"}`,
    { chat: { model, messages: [{ role: "ROLE_USER", text }] } },
  ],
};

/** The dialects of callers. */
export const dialects: readonly string[] = Object.keys(chats);

/** Asks in a dialect, with headers. */
export async function ask(
  url: string,
  dialect: string,
  question: Question,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const [path, body] = chats[dialect]?.(question) ?? ["", {}];
  const isFramed = path.endsWith("/StreamComplete");
  const { status, text } = isFramed
    ? await postFramed(url + path, body, headers)
    : await post({ gateway: { url } }, path, body, headers);
  const members = /"(?:text|content|delta|response)":\s*"((?:[^"\\]|\\.)*)"/g;
  const said = Array.from(text.matchAll(members), ([, one]) => one).join("");
  return { status, said, text };
}

/** The one message of a stream of Connect, in its envelope. */
async function postFramed(url: string, body: object, headers: Readonly<Record<string, string>>) {
  const json = Buffer.from(JSON.stringify(body));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(json.length, 1);
  const type = { "content-type": "application/connect+json" };
  const bytes = Buffer.concat([head, json]);
  const reply = await fetch(url, { method: "POST", headers: { ...type, ...headers }, body: bytes });
  return { status: reply.status, text: await reply.text() };
}
