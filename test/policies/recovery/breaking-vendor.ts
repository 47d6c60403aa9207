import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { type FacadeName, facades } from "../../../src/adapters/registry.ts";
import { clientCodecOf, type Facade } from "../../../src/core/dialect.ts";
import { printEventStream } from "../../../src/core/dispatch/print-event-stream.ts";
import { chat } from "../../../src/core/operation.ts";
import { prefillOf } from "../../../src/core/traits/body-prefill.ts";
import { finish, messageStart, textDelta, usageEvent } from "../../../src/events/make-events.ts";
import { isObject, parseJson } from "../../../src/json/json.ts";

/** What every answer says, in the pieces that it comes in. */
export const words = ["One", " two", "  ", "three,\n\n", "four", " — fünf", " six."];

/** The same in one text. */
export const answer = words.join("");

/** Two vendors of a dialect on one port: `a`, whose next stream may break off, and `b`. */
export interface BreakingVendors {
  readonly url: string;
  /** The frames of a whole answer. */
  readonly frames: readonly Buffer[];
  /** After how many bytes the next stream of `a` is broken off; Infinity: not at all. */
  cutAt: number;
  /** After how many bytes those of `b` are. */
  otherCutAt: number;
  /** Whether a stream that is broken off stays open, and says no more. */
  hangs: boolean;
  /** How many streams were closed by who reads them. */
  left: number;
  /** The vendors that were called, in order, with the words that they were to go on with. */
  readonly calls: { readonly vendor: string; readonly prefill: string | undefined }[];
}

/**
 * Starts vendors that answer every chat with the same words, and go on with those that stand last
 * in the conversation. `more` comes behind the words. They are closed with the test.
 */
export async function startBreakingVendors(
  name: FacadeName,
  more: readonly Event[] = [],
): Promise<BreakingVendors> {
  const facade = await facades[name].load();
  const vendors: BreakingVendors = {
    url: "",
    frames: framesOf(facade, words, more),
    cutAt: Number.POSITIVE_INFINITY,
    otherCutAt: Number.POSITIVE_INFINITY,
    hangs: false,
    left: 0,
    calls: [],
  };
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const vendor = /^\/(\w)(?=\/)/.exec(request.url ?? "")?.[1] ?? "";
      const parsed = parseJson(body);
      const prefill = parsed.ok && isObject(parsed.value) ? prefillOf(parsed.value) : undefined;
      vendors.calls.push({ vendor, prefill });
      const frames =
        prefill === undefined ? vendors.frames : framesOf(facade, restOf(prefill), more);
      const cutAt = vendor === "a" ? vendors.cutAt : vendors.otherCutAt;
      if (vendor === "a") vendors.cutAt = Number.POSITIVE_INFINITY;
      response.once("close", () => {
        if (!response.writableEnded && vendors.hangs) vendors.left += 1;
      });
      send(response, { facade, frames, cutAt, hangs: vendors.hangs });
    });
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(vendors, { url: `http://127.0.0.1:${port}` });
}

/** What comes behind the words of a prefill, which is a beginning of the answer. */
function restOf(prefill: string): readonly string[] {
  if (!answer.startsWith(prefill)) return ["this is not what was said"];
  const rest = answer.slice(prefill.length);
  return rest === "" ? [] : [rest.slice(0, 3), rest.slice(3)].filter((piece) => piece !== "");
}

function framesOf(
  facade: Facade,
  pieces: readonly string[],
  more: readonly Event[],
): readonly Buffer[] {
  const encoder = clientCodecOf(facade, chat)?.stream;
  if (encoder === undefined) throw new Error(`${facade.name} streams no chat`);
  const events: readonly Event[] = [
    messageStart("id1", "m", ""),
    ...pieces.map((piece) => textDelta(0, piece)),
    ...more,
    finish(FinishReason.STOP, "", ""),
    usageEvent({
      $typeName: "parlance.chat.v1.Usage",
      inputTokens: 10n,
      outputTokens: BigInt(pieces.length),
      toolUses: {},
      serviceTier: "",
      extrasJson: {},
    }),
  ];
  const context = { model: "m", nowUnixS: 1, callId: "c", wantsUsage: true };
  let state = encoder.begin(context);
  const frames: string[] = [];
  for (const event of events) {
    const [next, own] = encoder.encodeEvent(state, event);
    state = next;
    frames.push(...own);
  }
  frames.push(...encoder.encodeEnd(state));
  return frames
    .filter((frame) => frame !== "")
    .map((frame) =>
      Buffer.from(facade.framing === "eventstream" ? printEventStream(frame) : frame),
    );
}

const types = {
  ndjson: "application/x-ndjson",
  "stream+json": "application/stream+json",
  eventstream: "application/vnd.amazon.eventstream",
  sse: "text/event-stream",
} as const;

interface Sending {
  readonly facade: Facade;
  readonly frames: readonly Buffer[];
  readonly cutAt: number;
  readonly hangs: boolean;
}

function send(response: ServerResponse, { facade, frames, cutAt, hangs }: Sending): void {
  response.writeHead(200, { "content-type": types[facade.framing ?? "sse"] });
  const bytes = Buffer.concat(frames);
  if (cutAt >= bytes.length) {
    response.end(bytes);
    return;
  }
  response.flushHeaders();
  const over = (): void => {
    if (!hangs) response.destroy();
  };
  if (cutAt === 0) over();
  else response.write(bytes.subarray(0, cutAt), over);
}
