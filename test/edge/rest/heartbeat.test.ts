import { type IncomingMessage, request } from "node:http";
import { Anthropic } from "@anthropic-ai/sdk";
import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { GoogleGenAI } from "@google/genai";
import { CohereClientV2 } from "cohere-ai";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RunningGateway, startGateway } from "../../../src/serve.ts";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import { createFakeClock, type FakeClock } from "../../fake-clock.ts";
import { done, type SlowAnswer, startSlowVendor, stream, textFrame } from "./start-slow-vendor.ts";

const beatMs = 15_000;

/** Starts a gateway whose model `slow` is served by the first vendor, and else by the others. */
async function start(
  clock: FakeClock,
  answers: readonly SlowAnswer[],
  server = "",
): Promise<RunningGateway> {
  const urls = await Promise.all(answers.map(startSlowVendor));
  const providers = urls.map((base_url, at) => [
    `p${at}`,
    { kind: "openai_compatible", base_url, api_key: { value: "vendor-key" } },
  ]);
  const config = `
server: { port: 0 ${server} }
providers: ${JSON.stringify(Object.fromEntries(providers))}
models:
  - name: slow
    targets: [{ model: p0/m }]
    fallbacks: ${JSON.stringify(urls.slice(1).map((_, at) => `p${at + 1}/m`))}
`;
  const { nowMs, schedule } = clock;
  const world = { nowMs, schedule, record: () => undefined };
  const gateway = await startGateway({ config, world });
  onTestFinished(() => gateway.close());
  return gateway;
}

/** A dialect of clients: what they post, what keeps them waiting, and how they learn of a failure. */
interface ClientRow {
  readonly name: string;
  readonly path: string;
  readonly body: object;
  readonly heartbeat: string;
  readonly type: RegExp;
  readonly failure: RegExp;
  /** What stands at the end of whole answers alone. */
  readonly end: string;
}

const messages = [{ role: "user", content: "hi" }];
const comment = ": keep-alive\n\n";
const sse = /^text\/event-stream/;
const clients: readonly ClientRow[] = [
  {
    name: "Chat",
    path: "/v1/chat/completions",
    body: { model: "slow", stream: true, messages },
    heartbeat: comment,
    type: sse,
    failure: /^data: \{"error":\{/m,
    end: "[DONE]",
  },
  {
    name: "Completions",
    path: "/v1/completions",
    body: { model: "slow", stream: true, prompt: "hi" },
    heartbeat: comment,
    type: sse,
    failure: /^data: \{"error":\{/m,
    end: "[DONE]",
  },
  {
    name: "Responses",
    path: "/v1/responses",
    body: { model: "slow", stream: true, input: "hi" },
    heartbeat: comment,
    type: sse,
    failure: /^event: (error|response\.failed)$/m,
    end: "response.completed",
  },
  {
    name: "Messages",
    path: "/v1/messages",
    body: { model: "slow", stream: true, max_tokens: 9, messages },
    heartbeat: 'event: ping\ndata: {"type": "ping"}\n\n',
    type: sse,
    failure: /^event: error$/m,
    end: "message_stop",
  },
  {
    name: "Gemini",
    path: "/v1beta/models/slow:streamGenerateContent?alt=sse",
    body: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
    heartbeat: "\n\n",
    type: sse,
    failure: /^data: \{"error":\{/m,
    end: '"finishReason"',
  },
  {
    name: "Cohere",
    path: "/v2/chat",
    body: { model: "slow", stream: true, messages },
    heartbeat: comment,
    type: sse,
    failure: /"finish_reason":"ERROR"|event: error|"error"/,
    end: '"COMPLETE"',
  },
  {
    name: "Cohere, version 1",
    path: "/v1/chat",
    body: { model: "slow", stream: true, message: "hi" },
    heartbeat: " ",
    type: /^application\/stream\+json/,
    failure: /^ +\{.*"event_type":"stream-end","finish_reason":"ERROR"/m,
    end: '"finish_reason":"COMPLETE"',
  },
  {
    name: "Ollama",
    path: "/api/chat",
    body: { model: "slow", messages },
    heartbeat: " ",
    type: /^application\/x-ndjson/,
    failure: /^ +\{"error":/m,
    end: '"done":true',
  },
];

function post(gateway: RunningGateway, { path, body }: Pick<ClientRow, "path" | "body">) {
  const headers = { "content-type": "application/json" };
  return fetch(gateway.url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Reads a body piece by piece. */
function reading(response: Response): {
  until(text: string): Promise<string>;
  rest(): Promise<string>;
} {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let all = "";
  const more = async (): Promise<boolean> => {
    const { done: ended = true, value = "" } = (await reader?.read()) ?? {};
    all += value;
    return !ended;
  };
  return {
    async until(text) {
      while (!all.includes(text)) if (!(await more())) throw new Error(`ended without: ${all}`);
      return all;
    },
    async rest() {
      while (await more());
      return all;
    },
  };
}

const whole: readonly string[] = [textFrame("hel"), textFrame("lo"), textFrame("", "stop"), done];

describe("a stream that waits for its vendor", () => {
  for (const row of clients) {
    it(`of ${row.name} is kept open before its answer`, async () => {
      const clock = createFakeClock();
      const gateway = await start(clock, [
        (response) => {
          clock.advance(3 * beatMs);
          stream(response, ...whole);
          response.end();
        },
      ]);
      const response = await post(gateway, row);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(row.type);
      expect(response.headers.get("x-parlance-call-id")).toMatch(/^\S{8,}$/);
      const text = await response.text();
      expect(text.slice(0, 3 * row.heartbeat.length)).toBe(row.heartbeat.repeat(3));
      expect(text).toContain(row.end);
      expect(text).toContain("hel");
    });

    it(`of ${row.name} is kept open within its answer`, async () => {
      const clock = createFakeClock();
      const asked = Promise.withResolvers<Parameters<SlowAnswer>[0]>();
      const gateway = await start(clock, [asked.resolve]);
      const answer = post(gateway, row);
      const vendor = await asked.promise;
      stream(vendor, textFrame("hel"));
      const body = reading(await answer);
      const before = await body.until("hel");
      clock.advance(beatMs);
      expect(await body.until(`${before}${row.heartbeat}`)).toBe(`${before}${row.heartbeat}`);
      // Whatever is written begins the time anew.
      clock.advance(beatMs - 1);
      stream(vendor, textFrame("more"));
      await body.until("more");
      clock.advance(beatMs - 1);
      stream(vendor, textFrame("", "stop"), done);
      vendor.end();
      const after = (await body.rest()).slice(before.length + row.heartbeat.length);
      expect(after).toContain(row.end);
      if (row.heartbeat.trim() !== "") expect(after).not.toContain(row.heartbeat);
    });

    it(`of ${row.name} falls back after heartbeats, and is told of a failure in its words`, async () => {
      for (const ends of [true, false]) {
        const clock = createFakeClock();
        const gateway = await start(clock, [
          (response) => {
            clock.advance(2 * beatMs);
            response.destroy();
          },
          (response) => {
            clock.advance(beatMs);
            if (!ends) return response.writeHead(503).end('{"error":{"message":"busy"}}');
            stream(response, ...whole);
            return response.end();
          },
        ]);
        const response = await post(gateway, row);
        const text = await response.text();
        expect(response.status).toBe(200);
        expect(text.startsWith(row.heartbeat.repeat(3))).toBe(true);
        expect(text.includes(row.end)).toBe(ends);
        if (ends) expect(text).toContain("hel");
        else expect(text).toMatch(row.failure);
      }
    });
  }

  it("gets a vendor's own pings as heartbeats of its dialect", async () => {
    for (const row of clients) {
      const asked = Promise.withResolvers<Parameters<SlowAnswer>[0]>();
      const gateway = await start(createFakeClock(), [asked.resolve]);
      const answer = post(gateway, row);
      const vendor = await asked.promise;
      stream(vendor, textFrame("hel"));
      const body = reading(await answer);
      const before = await body.until("hel");
      stream(vendor, ": PROCESSING\n\n");
      // The vendor speaks Chat, so that what it says to its own clients passes as it is.
      const beat = row.name === "Chat" ? ": PROCESSING\n\n" : row.heartbeat;
      expect(await body.until(`${before}${beat}`)).toBe(`${before}${beat}`);
      stream(vendor, textFrame("lo", "stop"), done);
      vendor.end();
      expect(await body.rest()).toContain(row.end);
    }
  });

  it("names its target in trailers where the head left before there was one", async () => {
    const clock = createFakeClock();
    const gateway = await start(clock, [
      (response) => {
        clock.advance(beatMs);
        response.destroy();
      },
      (response) => {
        stream(response, ...whole);
        response.end();
      },
    ]);
    const reply = await new Promise<IncomingMessage>((resolve) => {
      const headers = { "content-type": "application/json" };
      const options = { method: "POST", headers };
      const sent = request(`${gateway.url}/v1/chat/completions`, options, resolve);
      sent.end(JSON.stringify(clients[0]?.body));
    });
    await new Promise((resolve) => reply.resume().once("end", resolve));
    expect(reply.headers["x-parlance-target"]).toBeUndefined();
    expect(reply.trailers["x-parlance-target"]).toBe("p1/m");
    expect(reply.trailers["x-parlance-attempts"]).toBe("2");
  });

  it("gets none where they are switched off", async () => {
    const clock = createFakeClock();
    const gateway = await start(
      clock,
      [
        (response) => {
          clock.advance(10 * beatMs);
          response.writeHead(503).end('{"error":{"message":"busy"}}');
        },
      ],
      ", heartbeat: 0s",
    );
    for (const row of clients) {
      const response = await post(gateway, row);
      expect([row.name, response.status]).toEqual([row.name, 503]);
      await response.body?.cancel();
    }
  });
});

it("a call with one reply never gets a heartbeat", async () => {
  const clock = createFakeClock();
  const gateway = await start(clock, [
    (response) => {
      clock.advance(10 * beatMs);
      response.writeHead(503).end('{"error":{"message":"busy"}}');
    },
  ]);
  const body = { model: "slow", messages };
  expect((await post(gateway, { path: "/v1/chat/completions", body })).status).toBe(503);
});

it("a stream that has ended leaves no timer behind", async () => {
  const clock = createFakeClock();
  const gateway = await start(clock, [
    (response) => {
      stream(response, ...whole);
      response.end();
    },
  ]);
  const before = clock.waiting();
  for (const row of clients) await (await post(gateway, row)).text();
  expect(clock.waiting()).toBe(before);
});

describe("a stream of AWS's binary messages", () => {
  const ping = Buffer.from('{"type":"ping"}').toString("base64");
  const rows = [
    {
      name: "ConverseStream",
      path: "/model/slow/converse-stream",
      body: { messages: [{ role: "user", content: [{ text: "hi" }] }] },
      heartbeat: ["ping", "{}"],
      first: "messageStart",
    },
    {
      name: "InvokeModelWithResponseStream",
      path: "/model/slow/invoke-with-response-stream",
      body: { anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages },
      heartbeat: ["chunk", JSON.stringify({ bytes: ping })],
      first: "chunk",
    },
  ] as const;
  for (const row of rows) {
    it(`of ${row.name} is kept open before its answer`, async () => {
      const clock = createFakeClock();
      const gateway = await start(clock, [
        (response) => {
          clock.advance(2 * beatMs);
          stream(response, ...whole);
          response.end();
        },
      ]);
      const response = await post(gateway, row);
      expect(response.headers.get("content-type")).toBe("application/vnd.amazon.eventstream");
      expect(response.headers.get("x-amzn-requestid")).toMatch(/^\S{8,}$/);
      const parser = createEventStreamParser();
      const frames = [...parser.push(await response.bytes()), ...parser.end()];
      const events = frames.map(({ event, data }) => [event, Buffer.from(data).toString()]);
      expect(events.slice(0, 2)).toEqual([row.heartbeat, row.heartbeat]);
      expect(events[2]?.[0]).toBe(row.first);
    });
  }
});

function awsClient(endpoint: string): BedrockRuntimeClient {
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  return new BedrockRuntimeClient({ endpoint, region: "eu-west-1", credentials, maxAttempts: 1 });
}

describe("the official SDKs read through heartbeats", () => {
  const apiKey = "none";
  const sdks: readonly (readonly [name: string, read: (url: string) => Promise<string>])[] = [
    [
      "openai, Chat",
      async (url) => {
        const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
        let text = "";
        const chunks = await client.chat.completions.create({
          model: "slow",
          stream: true,
          messages: [{ role: "user", content: "hi" }],
        });
        for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? "";
        return text;
      },
    ],
    [
      "openai, Responses",
      async (url) => {
        const client = new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 0 });
        const response = await client.responses
          .stream({ model: "slow", input: "hi" })
          .finalResponse();
        return response.output_text;
      },
    ],
    [
      "anthropic",
      async (url) => {
        const client = new Anthropic({ apiKey, baseURL: url, maxRetries: 0 });
        const stream = client.messages.stream({
          model: "slow",
          max_tokens: 9,
          messages: [{ role: "user", content: "hi" }],
        });
        return stream.finalText();
      },
    ],
    [
      "google",
      async (url) => {
        const client = new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
        let text = "";
        const chunks = await client.models.generateContentStream({ model: "slow", contents: "hi" });
        for await (const chunk of chunks) text += chunk.text ?? "";
        return text;
      },
    ],
    [
      "cohere",
      async (url) => {
        const client = new CohereClientV2({ token: apiKey, environment: url, maxRetries: 0 });
        let text = "";
        const events = await client.chatStream({
          model: "slow",
          messages: [{ role: "user", content: "hi" }],
        });
        for await (const event of events)
          if (event.type === "content-delta") text += event.delta?.message?.content?.text ?? "";
        return text;
      },
    ],
    [
      "aws, ConverseStream",
      async (url) => {
        const client = awsClient(url);
        let text = "";
        const { stream = [] } = await client.send(
          new ConverseStreamCommand({
            modelId: "slow",
            messages: [{ role: "user", content: [{ text: "hi" }] }],
          }),
        );
        for await (const event of stream) text += event.contentBlockDelta?.delta?.text ?? "";
        client.destroy();
        return text;
      },
    ],
    [
      "aws, InvokeModelWithResponseStream",
      async (url) => {
        const client = awsClient(url);
        const body = { anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages };
        let text = "";
        const answer = await client.send(
          new InvokeModelWithResponseStreamCommand({ modelId: "slow", body: JSON.stringify(body) }),
        );
        for await (const { chunk } of answer.body ?? []) {
          const event = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString());
          text += event.delta?.text ?? "";
        }
        client.destroy();
        return text;
      },
    ],
    [
      "ollama",
      async (url) => {
        const client = new Ollama({ host: url });
        let text = "";
        const lines = await client.chat({
          model: "slow",
          stream: true,
          messages: [{ role: "user", content: "hi" }],
        });
        for await (const line of lines) text += line.message.content;
        return text;
      },
    ],
  ];
  for (const [name, read] of sdks) {
    it(name, async () => {
      const clock = createFakeClock();
      const gateway = await start(clock, [
        (response) => {
          clock.advance(3 * beatMs);
          stream(response, textFrame("hel"), ": PROCESSING\n\n", ...whole.slice(1));
          response.end();
        },
      ]);
      expect(await read(gateway.url)).toBe("hello");
    });
  }
});
