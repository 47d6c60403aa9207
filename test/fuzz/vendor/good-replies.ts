import { request } from "node:http";
import { startAnthropicVendor } from "../../vendors/anthropic/start-anthropic-vendor.ts";
import { startCohereVendor } from "../../vendors/cohere/start-cohere-vendor.ts";
import { startGeminiVendor } from "../../vendors/gemini/start-gemini-vendor.ts";
import { startOllamaVendor } from "../../vendors/ollama/start-ollama-vendor.ts";
import { startOpenAiVendor } from "../../vendors/openai/start-openai-vendor.ts";
import type { RecordedRequest, Vendor } from "../../vendors/start-vendor-server.ts";
import { startTgiVendor } from "../../vendors/tgi/start-tgi-vendor.ts";
import type { VendorReply } from "../../vendors/vendor-reply.ts";
import { splitFrames } from "./split-frames.ts";
import type { Subject } from "./subjects.ts";

/**
 * A simulated vendor that knows tools, reasoning and every detail of usage, by the dialects that it
 * answers.
 */
interface RichVendor {
  readonly dialects: readonly string[];
  /** Stands before the paths of the dialect. */
  readonly base: string;
  readonly start: () => Promise<Vendor>;
}

const richVendors: readonly RichVendor[] = [
  {
    dialects: ["openai-chat", "openai-responses"],
    base: "/v1",
    start: () => startOpenAiVendor({ lenient: true }),
  },
  { dialects: ["anthropic-messages"], base: "", start: () => startAnthropicVendor() },
  { dialects: ["gemini"], base: "", start: () => startGeminiVendor() },
  { dialects: ["cohere"], base: "", start: () => startCohereVendor() },
  { dialects: ["ollama"], base: "", start: () => startOllamaVendor() },
  { dialects: ["huggingface-tgi"], base: "", start: () => startTgiVendor() },
];

/** What a healthy vendor answers to a request. */
export type GoodReply = (subject: Subject, asked: RecordedRequest) => Promise<VendorReply>;

/** Starts the vendors that have much to say; the others have one short answer each. */
export async function createGoodReplies(): Promise<GoodReply> {
  const running = await Promise.all(
    richVendors.map(async (rich) => ({ ...rich, vendor: await rich.start() })),
  );
  return async ({ driven }, asked) => {
    const { row, drive, base } = driven;
    const plain = drive.answer(asked);
    const rich = running.find(
      ({ dialects }) => row.quirks.vertex !== true && dialects.includes(row.dialect),
    );
    if (rich === undefined) return plain;
    const path = rich.base + asked.path.slice(base.length);
    const reply = await ask(`${rich.vendor.url}${path}`, asked);
    // A strict vendor refuses what was mutated on the way; its short answer is then the good one.
    return reply.status === 200 ? reply : plain;
  };
}

function ask(url: string, { method, headers, rawBody }: RecordedRequest): Promise<VendorReply> {
  return new Promise((resolve, reject) => {
    const { connection: _connection, "transfer-encoding": _coding, ...passed } = headers;
    const asking = request(
      url,
      { method, headers: { ...passed, "content-length": rawBody.length } },
      (response) => {
        response.toArray().then((chunks) => {
          const { statusCode: status = 0, headers: told } = response;
          const kept = { "content-type": told["content-type"] ?? "application/json" };
          const frames = splitFrames(kept, Buffer.concat(chunks));
          resolve({ status, headers: kept, frames, ending: "end" });
        }, reject);
      },
    );
    asking.once("error", reject);
    asking.end(rawBody);
  });
}
