import type { FrameText } from "../../../core/dialect.ts";
import { onOneLine } from "../../../json/members.ts";
import { type Writable, writeJson } from "../../../json/write.ts";

/** The beginning of the message; its content comes in blocks. */
export function messageStartFrame(message: Writable): FrameText {
  return frame("message_start", { type: "message_start", message });
}

/** The beginning of a block. */
export function blockStartFrame(index: number, block: Writable): FrameText {
  return frame("content_block_start", { type: "content_block_start", index, content_block: block });
}

/** Words added to a text block. */
export function textFrame(index: number, text: string): FrameText {
  return deltaFrame(index, `{"type":"text_delta","text":${JSON.stringify(text)}}`);
}

/** Words added to a thinking block. */
export function thinkingFrame(index: number, text: string): FrameText {
  return deltaFrame(index, `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}`);
}

/** The proof of a thinking block. */
export function signatureFrame(index: number, signature: string): FrameText {
  return deltaFrame(index, `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`);
}

/** A piece of the JSON text of a tool's input. */
export function inputFrame(index: number, json: string): FrameText {
  return deltaFrame(index, `{"type":"input_json_delta","partial_json":${JSON.stringify(json)}}`);
}

/** A citation of a text block. */
export function citationFrame(index: number, citation: Writable): FrameText {
  return deltaFrame(index, onOneLine(writeJson({ type: "citations_delta", citation })));
}

/** The end of a block. */
export function blockStopFrame(index: number): FrameText {
  return `event: content_block_stop\ndata: {"type":"content_block_stop","index":${index}}\n\n`;
}

/** Why the message ended, and what it took. */
export function messageDeltaFrame(body: Writable): FrameText {
  return frame("message_delta", body);
}

/** The end of the stream. */
export const MESSAGE_STOP_FRAME: FrameText =
  'event: message_stop\ndata: {"type":"message_stop"}\n\n';

function deltaFrame(index: number, delta: string): FrameText {
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}}\n\n`;
}

function frame(event: string, body: Writable): FrameText {
  return `event: ${event}\ndata: ${onOneLine(writeJson(body))}\n\n`;
}
