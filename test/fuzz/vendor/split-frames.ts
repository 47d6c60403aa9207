import type { OutgoingHttpHeaders } from "node:http";
import { crc32 } from "node:zlib";
import { parseJson } from "../../vendors/json-value.ts";
import { type JsonRoot, printTree, toTree } from "../mutate/json-tree.ts";

/** How a body is cut into frames. */
type Framing = "events" | "lines" | "messages" | "whole";

function framingOf(headers: OutgoingHttpHeaders): Framing {
  const type = String(headers["content-type"] ?? "");
  if (type.includes("event-stream")) return "events";
  if (type.includes("vnd.amazon.eventstream")) return "messages";
  return /ndjson|stream\+json/.test(type) ? "lines" : "whole";
}

/** Cuts the body of a reply into the frames of its content type. */
export function splitFrames(headers: OutgoingHttpHeaders, body: Buffer): Buffer[] {
  switch (framingOf(headers)) {
    case "events":
      return splitAfter(body, "\n\n");
    case "lines":
      return splitAfter(body, "\n");
    case "messages":
      return splitMessages(body);
    case "whole":
      return [body];
  }
}

/**
 * Changes the JSON of each frame, and prints the frames again with what goes round it: field names,
 * lengths, checksums.
 */
export function editFrames(
  headers: OutgoingHttpHeaders,
  frames: readonly Buffer[],
  edit: (root: JsonRoot, at: number) => void,
): Buffer[] {
  const framing = framingOf(headers);
  return frames.map((frame, at) => {
    const { before, json, after } = unwrap(framing, frame);
    const value = parseJson(json);
    if (value === undefined) return frame;
    const root = { value: toTree(value) };
    edit(root, at);
    const text = Buffer.from(printTree(root.value));
    return framing === "messages" ? printAgain(frame, text) : Buffer.concat([before, text, after]);
  });
}

interface Wrapped {
  readonly before: Buffer;
  readonly json: Buffer;
  readonly after: Buffer;
}

const nothing = Buffer.alloc(0);

function unwrap(framing: Framing, frame: Buffer): Wrapped {
  switch (framing) {
    case "events": {
      const at = frame.indexOf("data:") + 5;
      const end = frame.indexOf("\n", at);
      const stop = end < 0 ? frame.length : end;
      return {
        before: frame.subarray(0, at),
        json: frame.subarray(at, stop),
        after: frame.subarray(stop),
      };
    }
    case "messages": {
      const headEnd = 12 + (frame.length < 12 ? 0 : frame.readUInt32BE(4));
      return { before: nothing, json: frame.subarray(headEnd, -4), after: nothing };
    }
    case "lines":
    case "whole":
      return {
        before: nothing,
        json: frame,
        after: framing === "lines" ? Buffer.from("\n") : nothing,
      };
  }
}

function splitAfter(body: Buffer, mark: string): Buffer[] {
  const frames: Buffer[] = [];
  let from = 0;
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, from)) {
    frames.push(body.subarray(from, at + mark.length));
    from = at + mark.length;
  }
  if (from < body.length) frames.push(body.subarray(from));
  return frames;
}

/**
 * The messages of an AWS event stream:
 * https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html.
 */
function splitMessages(body: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let from = 0; from + 4 <= body.length; ) {
    const length = Math.max(16, body.readUInt32BE(from));
    frames.push(body.subarray(from, from + length));
    from += length;
  }
  return frames;
}

/** A message with another payload under the headers that it had. */
function printAgain(message: Buffer, payload: Buffer): Buffer {
  const headLength = message.readUInt32BE(4);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + headLength + payload.length, 0);
  prelude.writeUInt32BE(headLength, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const checked = Buffer.concat([prelude, message.subarray(12, 12 + headLength), payload]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(checked), 0);
  return Buffer.concat([checked, sum]);
}
