/**
 * The upstream of every run, run as a process of its own: it starts one server for each reply the
 * cases need and tells its parent their origins by name. Replies are built once and nothing is
 * checked, so that the programs under test are what limits the load.
 */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { startTinyVendor } from "../test/vendors/tiny.ts";
import { frameIntervalMs, framesPerStream, type UpstreamName } from "./upstream-names.ts";
import { type VendorReplies, vendorReplies } from "./vendor-replies.ts";

const chunkSize = 20;
const chunksOf = { "1k": 36, "100k": 5000, stream: framesPerStream } as const;

async function start(): Promise<Readonly<Record<UpstreamName, string>>> {
  const { responses, gemini, bedrock, cohere, ollama, tgi } = vendorReplies;
  return {
    ...(await startTiny("openai")),
    ...(await startTiny("anthropic")),
    ...(await startReplies("responses", responses)),
    ...(await startReplies("gemini", gemini)),
    ...(await startReplies("bedrock", bedrock)),
    ...(await startReplies("cohere", cohere)),
    ...(await startReplies("ollama", ollama)),
    ...(await startReplies("tgi", tgi)),
    "openai-calls": await startPacedStreams("text/event-stream", callFrames()),
    embeddings: await startEmbeddings(),
  };
}

type Origins<Name extends string, Manner extends string> = {
  readonly [Key in `${Name}-${Manner}`]: string;
};

async function startTiny<const Name extends "openai" | "anthropic">(dialect: Name) {
  const vendor = async (chunks: number) =>
    (await startTinyVendor({ dialect, chunks, chunkSize })).url;
  return {
    [`${dialect}-1k`]: await vendor(chunksOf["1k"]),
    [`${dialect}-100k`]: await vendor(chunksOf["100k"]),
    [`${dialect}-stream`]: await startPacedStreams(
      "text/event-stream; charset=utf-8",
      await tinyFrames(dialect),
    ),
    [`${dialect}-first`]: await vendor(2),
  } as Origins<Name, "1k" | "100k" | "stream" | "first">; // computed keys lose their names
}

async function startReplies<const Name extends string>(
  name: Name,
  { unary, streamType, frames }: VendorReplies,
) {
  const text = "x".repeat(chunkSize);
  const whole = (chunks: number) =>
    startFixed(Buffer.from(JSON.stringify(unary(text.repeat(chunks)))));
  const streamed = frames(Array.from({ length: chunksOf.stream }, () => text)).map((frame) =>
    Buffer.from(frame),
  );
  return {
    [`${name}-1k`]: await whole(chunksOf["1k"]),
    [`${name}-100k`]: await whole(chunksOf["100k"]),
    [`${name}-stream`]: await startPacedStreams(streamType, streamed),
  } as Origins<Name, "1k" | "100k" | "stream">;
}

/** A call of a tool whose arguments come in small parts, as OpenAI sends it. */
function callFrames(): readonly Buffer[] {
  const call = (delta: object) => ({ tool_calls: [{ index: 0, ...delta }] });
  const begin = call({ id: "call_1", type: "function", function: { name: "f", arguments: "" } });
  const part = (text: string) => call({ function: { arguments: text } });
  const inner = Array.from({ length: framesPerStream - 2 }, () => part("x".repeat(chunkSize)));
  const parts = [part('{"text":"'), ...inner, part('"}')];
  const deltas = [{ role: "assistant", content: null }, begin, ...parts];
  const frame = (delta: object, reason: string | null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }];
    const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "tiny" };
    return Buffer.from(`data: ${JSON.stringify({ ...head, choices })}\n\n`);
  };
  const all = [...deltas.map((delta) => frame(delta, null)), frame({}, "tool_calls")];
  return [...all, Buffer.from("data: [DONE]\n\n")];
}

/** One vector of 1536 numbers, whatever is asked. */
function startEmbeddings(): Promise<string> {
  const embedding = Array.from({ length: 1536 }, (_, index) => Math.sin(index) / 40);
  const usage = { prompt_tokens: 200, total_tokens: 200 };
  return startFixed(
    Buffer.from(
      JSON.stringify({
        object: "list",
        data: [{ object: "embedding", index: 0, embedding }],
        model: "tiny",
        usage,
      }),
    ),
  );
}

/** One JSON reply, whatever is asked. */
function startFixed(body: Buffer): Promise<string> {
  const head = { "content-type": "application/json", "content-length": body.length };
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(200, head).end(body));
  });
  return listen(server);
}

async function tinyFrames(dialect: "openai" | "anthropic"): Promise<readonly Buffer[]> {
  const vendor = await startTinyVendor({
    dialect,
    chunks: chunksOf.stream,
    chunkSize,
    burst: true,
  });
  const reply = await fetch(vendor.url, { method: "POST", body: '{"stream":true}' });
  const frames = (await reply.text()).split(/(?<=\n\n)/).map((frame) => Buffer.from(frame));
  await vendor.close();
  return frames;
}

/**
 * Frames, one to a write, and at a rate that leaves a gateway time to pass on each by itself:
 * frames that pile up are passed on many at a time, which would make a slow gateway look cheap.
 */
async function startPacedStreams(contentType: string, frames: readonly Buffer[]): Promise<string> {
  const open = new Map<ServerResponse, number>();
  setInterval(() => {
    for (const [response, position] of open) {
      const frame = frames[position];
      if (frame === undefined || response.destroyed) {
        response.end();
        open.delete(response);
      } else {
        response.write(frame);
        open.set(response, position + 1);
      }
    }
  }, frameIntervalMs);
  const server = createServer((request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": contentType });
      open.set(response, 0);
    });
  });
  return listen(server);
}

async function listen(server: Server): Promise<string> {
  server.keepAliveTimeout = 120_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("a listening TCP server has a port");
  return `http://127.0.0.1:${address.port}`;
}

process.once("disconnect", () => process.exit(0));
process.send?.(await start());
