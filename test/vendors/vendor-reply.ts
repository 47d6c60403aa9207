import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import type { Scenario } from "./scenario.ts";

/** What goes out on the socket. */
export interface VendorReply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** Parts of the body. A unary body is one frame. */
  readonly frames: readonly Buffer[];
  /** After the frames: a proper end, a destroyed socket, or silence until the client goes. */
  readonly ending: "end" | "destroy" | "stall";
  /** Nothing is sent at all, not even a head; only the ending happens. */
  readonly headless?: boolean;
}

/** What shapeReply needs to know of a vendor's way of failing. */
export interface Failures {
  /** The event that reports an error within a stream. */
  readonly errorFrame: Buffer;
  /** The reply of an internal error. */
  readonly internalError: VendorReply;
  /** Frames of a stream up to and including the first text. */
  readonly framesToFirstText: number;
  /** The frame that cannot be read, for streams that are no server-sent events. */
  readonly malformedFrame?: Buffer;
}

/**
 * Applies the transport part of a scenario (cut, hang, malformed ...) to the reply the vendor would
 * have sent.
 */
export function shapeReply(
  scenario: Scenario,
  reply: VendorReply,
  stream: boolean,
  failures: Failures,
): VendorReply {
  const half = scenario.afterFrames ?? Math.ceil(reply.frames.length / 2);
  switch (scenario.name) {
    case "cut":
      return stream
        ? { ...reply, frames: reply.frames.slice(0, half), ending: "destroy" }
        : halfBody(reply, "destroy");
    case "cut-before":
      return { ...reply, frames: [], headless: true, ending: "destroy" };
    case "hang":
      if (!stream) return halfBody(reply, "stall");
      return {
        ...reply,
        frames: reply.frames.slice(0, scenario.afterFrames ?? failures.framesToFirstText),
        ending: "stall",
      };
    case "hang-before":
      return { ...reply, frames: [], headless: true, ending: "stall" };
    case "midstream-error":
      return stream
        ? { ...reply, frames: [...reply.frames.slice(0, half), failures.errorFrame] }
        : failures.internalError;
    case "malformed":
      return { ...reply, frames: malformed(reply.frames, half, stream, failures.malformedFrame) };
    case "empty":
      return { ...reply, frames: [] };
    case "html":
      return {
        status: 502,
        headers: { "content-type": "text/html", server: "cloudflare" },
        frames: [
          Buffer.from(
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n",
          ),
        ],
        ending: "end",
      };
    default:
      return reply;
  }
}

/**
 * The declared length stays that of the whole body, so a client can tell that it did not get all of
 * it.
 */
function halfBody(reply: VendorReply, ending: "destroy" | "stall"): VendorReply {
  const body = Buffer.concat(reply.frames);
  const headers = { ...reply.headers, "content-length": body.length };
  return { ...reply, headers, frames: [body.subarray(0, body.length >> 1)], ending };
}

function malformed(
  frames: readonly Buffer[],
  half: number,
  stream: boolean,
  frame: Buffer | undefined,
): readonly Buffer[] {
  if (!stream) return [Buffer.from('{"id": "broken", "choices": [{"index": 0,')];
  const broken = (frames[half] ?? Buffer.alloc(0))
    .toString()
    .replace(/^data: .*$/m, 'data: {"broken": [1, 2');
  return [...frames.slice(0, half), frame ?? Buffer.from(broken), ...frames.slice(half + 1)];
}

/**
 * Writes the reply; each frame, or each `writeBytes` bytes, is a write of its own. Resolves early
 * when the client goes.
 */
export async function sendReply(
  reply: VendorReply,
  response: ServerResponse,
  writeBytes: number | undefined,
): Promise<void> {
  if (!reply.headless) {
    response.writeHead(reply.status, reply.headers);
    response.flushHeaders();
    const pieces =
      writeBytes === undefined ? reply.frames : cutEvenly(Buffer.concat(reply.frames), writeBytes);
    for (const piece of pieces) {
      if (response.destroyed) return;
      if (piece.length > 0) await write(response, piece);
    }
  }
  if (reply.ending === "end") response.end();
  if (reply.ending === "destroy") response.destroy();
}

async function write(response: ServerResponse, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    response.once("close", resolve);
    response.write(piece, () => {
      response.off("close", resolve);
      resolve();
    });
  });
  // A turn of the event loop keeps writes apart on the wire.
  await turn();
}

function cutEvenly(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}
