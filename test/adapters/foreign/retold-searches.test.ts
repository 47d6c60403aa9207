import type { ServerResponse } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startGateway } from "../../policies/emulation/start-gateway.ts";
import { sendJson, startShapedVendor } from "../../policies/emulation/start-shaped-vendor.ts";

const URL_A = "https://a.example/cats";
const pages = [{ url: URL_A, title: "Cats" }];

interface Searching {
  readonly kind: string;
  readonly model: string;
  /** The query that the vendor tells; "" where it tells none. */
  readonly query: string;
  /** The title that it tells. */
  readonly title: string;
  readonly whole: object;
  /** The same as events of a stream. */
  readonly events: readonly object[];
  /** An answer without a search. */
  readonly plain: object;
}

const call = (sources: object | undefined) => ({
  type: "web_search_call",
  id: "ws_1",
  status: "completed",
  action: { type: "search", query: "cats", ...sources },
});
const annotation = { type: "url_citation", start_index: 0, end_index: 4, ...pages[0] };
const said = (annotations: readonly object[]) => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Cats.", annotations }],
});
const response = (output: readonly object[]) => ({
  id: "resp_1",
  object: "response",
  model: "gpt-5",
  status: "completed",
  output,
  usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
});
const responseEvents = (output: readonly object[]) => [
  { type: "response.created", response: { ...response([]), status: "in_progress" } },
  ...output.flatMap((item, output_index) => [
    { type: "response.output_item.added", output_index, item },
    { type: "response.output_item.done", output_index, item },
  ]),
  { type: "response.completed", response: response(output) },
];

const grounding = {
  webSearchQueries: ["cats"],
  groundingChunks: [{ web: { uri: URL_A, title: "Cats" } }],
  groundingSupports: [{ segment: { startIndex: 0, endIndex: 4 }, groundingChunkIndices: [0] }],
};
const candidate = (members: object) => ({
  candidates: [
    {
      index: 0,
      content: { role: "model", parts: [{ text: "Cats." }] },
      finishReason: "STOP",
      ...members,
    },
  ],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
});

const completion = (members: object) => ({
  id: "c1",
  object: "chat.completion",
  created: 1,
  model: "gpt-4o-search-preview",
  choices: [
    {
      index: 0,
      finish_reason: "stop",
      message: { role: "assistant", content: "Cats.", ...members },
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const chunks = (members: object) => [
  {
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [
      { index: 0, delta: { role: "assistant", content: "Cats.", ...members }, finish_reason: null },
    ],
  },
  {
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
  },
];
const cited = {
  annotations: [
    { type: "url_citation", url_citation: { start_index: 0, end_index: 4, ...pages[0] } },
  ],
};

const blocks = [
  { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "cats" } },
  {
    type: "web_search_tool_result",
    tool_use_id: "srvtoolu_1",
    content: [{ type: "web_search_result", ...pages[0], encrypted_content: "E", page_age: null }],
  },
  { type: "text", text: "Cats." },
];
const message = (content: readonly object[]) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-5",
  content,
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const messageEvents = (content: readonly object[]) => [
  { type: "message_start", message: { ...message([]), stop_reason: null } },
  ...content.flatMap((content_block, index) => [
    { type: "content_block_start", index, content_block },
    { type: "content_block_stop", index },
  ]),
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 1 },
  },
  { type: "message_stop" },
];

const withSources = [call({ sources: [{ type: "url", url: URL_A }] }), said([])];
const withoutSources = [call(undefined), said([annotation])];

const vendors: Readonly<Record<string, Searching>> = {
  "Responses with sources": {
    kind: "openai_responses_compatible",
    model: "gpt-5",
    query: "cats",
    title: URL_A,
    whole: response(withSources),
    events: responseEvents(withSources),
    plain: response([said([])]),
  },
  "Responses with citations": {
    kind: "openai_responses_compatible",
    model: "gpt-5",
    query: "cats",
    title: "Cats",
    whole: response(withoutSources),
    events: responseEvents(withoutSources),
    plain: response([said([])]),
  },
  Gemini: {
    kind: "gemini",
    model: "gemini-2.5-flash",
    query: "cats",
    title: "Cats",
    whole: candidate({ groundingMetadata: grounding }),
    events: [candidate({ groundingMetadata: grounding })],
    plain: candidate({
      citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 4, uri: URL_A }] },
    }),
  },
  "Chat Completions": {
    kind: "openai_compatible",
    model: "gpt-4o-search-preview",
    query: "",
    title: "Cats",
    whole: completion(cited),
    events: chunks(cited),
    plain: completion({}),
  },
  Messages: {
    kind: "anthropic",
    model: "claude-sonnet-4-5",
    query: "cats",
    title: "Cats",
    whole: message(blocks),
    events: messageEvents(blocks),
    plain: message(blocks.slice(2)),
  },
};

/** What a client reads of searches. */
interface Told {
  readonly queries: readonly string[];
  readonly pages: readonly object[];
}

type Client = (url: string, model: string, stream: boolean) => Promise<Told>;

const clients: Readonly<Record<string, Client>> = {
  async "Anthropic's SDK"(baseURL, model, stream) {
    const client = new Anthropic({ baseURL, apiKey: "k", maxRetries: 0 });
    const request: Anthropic.MessageCreateParamsNonStreaming = {
      model,
      max_tokens: 99,
      messages: [{ role: "user", content: "search cats" }],
      tools: [{ type: "web_search_20250305", name: "web_search" }],
    };
    const { content } = stream
      ? await client.messages.stream(request).finalMessage()
      : await client.messages.create(request);
    const calls = content.filter((block) => block.type === "server_tool_use");
    const results = content.filter((block) => block.type === "web_search_tool_result");
    expect(results.map((block) => block.tool_use_id)).toEqual(calls.map(({ id }) => id));
    return {
      queries: calls.map(({ input }) => Object(input).query),
      pages: results.flatMap((block) =>
        Array.isArray(block.content) ? block.content.map(({ url, title }) => ({ url, title })) : [],
      ),
    };
  },
  async "OpenAI's SDK by Responses"(url, model, stream) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "k", maxRetries: 0 });
    const request = { model, input: "search cats", tools: [{ type: "web_search" as const }] };
    const { output } = stream
      ? await client.responses.stream(request).finalResponse()
      : await client.responses.create(request);
    const actions = output.flatMap((item) =>
      item.type === "web_search_call" && item.action.type === "search" ? [item.action] : [],
    );
    return {
      queries: actions.map(({ query }) => query ?? ""),
      pages: actions.flatMap(({ sources }) =>
        (sources ?? []).map((source) => ({ url: source.url })),
      ),
    };
  },
};

const own: Readonly<Record<string, RegExp>> = {
  "Anthropic's SDK": /^Messages/,
  "OpenAI's SDK by Responses": /^Responses/,
};

function sendEvents(response: ServerResponse, events: readonly object[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    const name = "type" in event ? `event: ${String(event.type)}\n` : "";
    response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
  }
  response.end(events.some((event) => "choices" in event) ? "data: [DONE]\n\n" : "");
}

describe("a search that a vendor of another dialect made", () => {
  for (const [vendorName, vendor] of Object.entries(vendors)) {
    for (const [clientName, client] of Object.entries(clients)) {
      if (own[clientName]?.test(vendorName)) continue;
      for (const stream of [false, true]) {
        const start = async (answer: object, events: readonly object[]) => {
          const upstream = await startShapedVendor((_, response) =>
            stream ? sendEvents(response, events) : sendJson(response, answer),
          );
          const base_url = vendor.kind === "anthropic" ? upstream.url : `${upstream.url}/v1`;
          const provider = { kind: vendor.kind, base_url, api_key: { value: "k" } };
          return startGateway({ providers: { v: provider } });
        };
        const way = stream ? "streamed" : "whole";

        it(`is seen to ${clientName} by ${vendorName}, ${way}`, async () => {
          const gateway = await start(vendor.whole, vendor.events);
          const seen = await client(gateway.url, `v/${vendor.model}`, stream);
          const titled = clientName === "Anthropic's SDK";
          expect(seen).toEqual({
            queries: [vendor.query],
            pages: [titled ? { url: URL_A, title: vendor.title } : { url: URL_A }],
          });
          expect(gateway.bugs).toEqual([]);
        });

        it(`is not seen to ${clientName} where ${vendorName} made none, ${way}`, async () => {
          const gateway = await start(vendor.plain, plainEvents(vendorName, vendor.plain));
          const seen = await client(gateway.url, `v/${vendor.model}`, stream);
          expect(seen).toEqual({ queries: [], pages: [] });
        });
      }
    }
  }

  it("is taken out, with a report, when the client sends it to a vendor of its own", async () => {
    const { whole, kind, model } = vendors.Gemini ?? { whole: {}, kind: "", model: "" };
    const gemini = await startShapedVendor((_, response) => sendJson(response, whole));
    const claude = await startShapedVendor((_, response) => sendJson(response, message([])));
    const gateway = await startGateway({
      providers: {
        g: { kind, base_url: gemini.url, api_key: { value: "k" } },
        c: { kind: "anthropic", base_url: claude.url, api_key: { value: "k" } },
      },
    });
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "k", maxRetries: 0 });
    const shared = { max_tokens: 99, tools: [webSearch] };
    const question = { role: "user" as const, content: "search cats" };
    const first = await client.messages.create({
      ...shared,
      model: `g/${model}`,
      messages: [question],
    });
    expect(JSON.stringify(first.content)).toContain('"web_search_tool_result"');
    const { response } = await client.messages
      .create({
        ...shared,
        model: "c/claude-sonnet-4-5",
        messages: [question, { role: "assistant", content: first.content }, question],
      })
      .withResponse();
    const sent = JSON.parse(claude.seen[0]?.body ?? "{}");
    expect(sent.messages[1]).toEqual({ role: "assistant", content: "Cats." });
    expect(sent.tools).toEqual([webSearch]);
    expect(response.headers.get("x-parlance-fidelity")).toMatch(/parts\[\d\]\.opaque=DROPPED/);
  });
});

const webSearch = { type: "web_search_20250305", name: "web_search" } as const;

function plainEvents(vendor: string, plain: object): readonly object[] {
  if (vendor.startsWith("Responses")) return responseEvents([said([])]);
  if (vendor === "Chat Completions") return chunks({});
  return vendor === "Messages" ? messageEvents(blocks.slice(2)) : [plain];
}
