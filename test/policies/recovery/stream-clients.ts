import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { expect } from "vitest";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { FacadeName } from "../../../src/adapters/registry.ts";

/** What a client made of a stream. */
export interface Heard {
  readonly text: string;
  /** Whether it ended as a whole answer does. */
  readonly whole: boolean;
}

/** Sends a chat to a gateway by its address, and reads the stream that answers it. */
export type Hear = (url: string, model: string) => Promise<Heard>;

async function post(url: string, body: object): Promise<Buffer> {
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return Buffer.from(await reply.arrayBuffer());
}

/** Reads a stream of server-sent events. */
async function frames(url: string, body: object): Promise<readonly string[]> {
  const said = String(await post(url, { ...body, stream: true }));
  return said.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : []));
}

async function events(url: string, body: object) {
  const lines = await frames(url, body);
  return lines.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line));
}

const messages = [{ role: "user", content: "count" }];

/** Clients that are tried with vendors of every dialect. */
export const usualClients: Readonly<Record<string, Hear>> = {
  async "OpenAI's client"(url, model) {
    const lines = await frames(`${url}/v1/chat/completions`, { model, messages });
    const chunks = lines.filter((line) => line !== "[DONE]").map((line) => JSON.parse(line));
    const text = chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? "").join("");
    const failed = chunks.some(({ error }) => error !== undefined);
    expect(failed).toBe(lines.at(-1) !== "[DONE]");
    return { text, whole: !failed };
  },
  async "Anthropic's client"(url, model) {
    const all = await events(`${url}/v1/messages`, { model, messages, max_tokens: 100 });
    const text = all.map(({ delta }) => delta?.text ?? "").join("");
    const failed = all.some(({ type }) => type === "error");
    expect(failed).toBe(all.at(-1)?.type !== "message_stop");
    const starts = all.filter(({ type }) => type === "message_start");
    expect(starts.length).toBeLessThanOrEqual(1);
    return { text, whole: !failed };
  },
  async "Connect's client"(url, model) {
    const transport = createConnectTransport({ baseUrl: url, httpVersion: "1.1" });
    const heard: Event["event"][] = [];
    const chat = { model, messages: [{ role: Role.USER, text: "count" }] };
    let whole = true;
    try {
      for await (const { event } of createClient(ChatService, transport).streamComplete({ chat }))
        if (event !== undefined) heard.push(event.event);
    } catch {
      whole = false;
    }
    const text = heard.map((event) => (event.case === "textDelta" ? event.value.text : ""));
    return { text: text.join(""), whole };
  },
};

/** Clients that are tried with vendors of their own dialect, by its name. */
export const ownClients: Readonly<Partial<Record<FacadeName, Hear>>> = {
  async "openai-responses"(url, model) {
    const all = await events(`${url}/v1/responses`, { model, input: "count" });
    const isText = ({ type }: { type: string }) => type === "response.output_text.delta";
    const text = all.filter(isText).map(({ delta }) => delta);
    const failed = all.some(({ type }) => type === "error" || type === "response.failed");
    const whole = all.at(-1)?.type === "response.completed";
    expect(failed).toBe(!whole);
    return { text: text.join(""), whole };
  },
  async gemini(url, model) {
    const path = `${url}/v1beta/models/${model}:streamGenerateContent?alt=sse`;
    const said = await post(path, { contents: [{ role: "user", parts: [{ text: "count" }] }] });
    const lines = String(said)
      .split("\n")
      .filter((line) => line.startsWith("data: "));
    const all = lines.map((line) => JSON.parse(line.slice(6)));
    const text = all.map(({ candidates }) => candidates?.[0]?.content?.parts?.[0]?.text ?? "");
    const failed = all.some(({ error }) => error !== undefined);
    const whole = all.some(({ candidates }) => candidates?.[0]?.finishReason === "STOP");
    expect(failed).toBe(!whole);
    return { text: text.join(""), whole };
  },
  async cohere(url, model) {
    const all = await events(`${url}/v2/chat`, { model, messages });
    const text = all.map(({ delta }) => delta?.message?.content?.text ?? "");
    const last = all.at(-1);
    const whole = last?.type === "message-end" && last.delta.finish_reason === "COMPLETE";
    return { text: text.join(""), whole };
  },
  async ollama(url, model) {
    const said = await post(`${url}/api/chat`, { model, messages });
    const lines = String(said)
      .split("\n")
      .filter((line) => line !== "");
    const all = lines.map((line) => JSON.parse(line));
    const text = all.map(({ message }) => message?.content ?? "");
    const failed = all.some(({ error }) => error !== undefined);
    expect(failed).toBe(all.at(-1)?.done !== true);
    return { text: text.join(""), whole: !failed };
  },
  async "bedrock-converse"(url, model) {
    const said = await post(`${url}/model/${model}/converse-stream`, {
      messages: [{ role: "user", content: [{ text: "count" }] }],
    });
    const all = awsEvents(said);
    const text = all.map(({ json }) => JSON.parse(json).delta?.text ?? "");
    const failed = all.some(({ headers }) => headers.includes("exception"));
    const stopped = all.some(({ headers }) => headers.includes("messageStop"));
    expect(failed || stopped).toBe(true);
    return { text: text.join(""), whole: !failed };
  },
};

/** The messages of an AWS event stream: their headers as they stand, and what they hold. */
function awsEvents(bytes: Buffer) {
  if (bytes[0] === 0x7b) return [{ headers: "exception", json: String(bytes) }];
  const found: { readonly headers: string; readonly json: string }[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const from = at + 12 + bytes.readUInt32BE(at + 4);
    const headers = bytes.toString("latin1", at + 12, from);
    found.push({ headers, json: bytes.toString("utf8", from, at + bytes.readUInt32BE(at) - 4) });
  }
  return found;
}
