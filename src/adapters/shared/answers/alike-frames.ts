import type { Event, TextDelta } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Frame } from "../../../core/dialect.ts";
import { asBuffer, decodeUtf8 } from "../../../json/json.ts";

/**
 * Frames of one stream that differ in a text alone, as most do of most vendors: the text of one
 * that is like the frame before it is read without parsing the rest. Stateful, one for each stream.
 */
export interface AlikeFrames {
  /**
   * What a frame adds that is the noted one but for its text, which is never ""; undefined: it must
   * be parsed, and noted.
   */
  textOf(frame: Frame): TextDelta | undefined;
  /** Notes a frame that was parsed, with all that came of it. */
  note(frame: Frame, events: readonly Event[]): void;
}

/** A frame around its text. */
interface Surroundings {
  readonly event: string;
  readonly before: string;
  readonly after: string;
  /** How long they are in UTF-8, in bytes. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly delta: TextDelta;
}

/** Larger frames are rare, and would be held for as long as the stream. */
const maxBytes = 4096;

/** After so many frames that no next one was like, the vendor counts its frames or pads them. */
const maxUnlike = 4;

/**
 * Makes them for a dialect whose deltas have their text in a member of this name. What a frame does
 * beside adding its text must do nothing when it is done twice.
 */
export function createAlikeFrames(member: string): AlikeFrames {
  const opening = new RegExp(`"${member}"[ \\t]*:[ \\t]*"$`);
  let noted: Surroundings | undefined;
  let unlike = 0;
  return {
    textOf({ event, data }) {
      if (noted === undefined || noted.event !== event || data.length > maxBytes) return undefined;
      // Decoding drops a byte order mark, which would shift the bytes.
      if (data[0] !== noted.before.charCodeAt(0)) return undefined;
      if (!isAlike(decodeUtf8(data) ?? "", noted)) return undefined;
      unlike = 0;
      const { beforeBytes, afterBytes } = noted;
      const { choice, part } = noted.delta;
      // A slice of the decoded frame would keep all of it for as long as the text is kept.
      const text = asBuffer(data).toString("utf8", beforeBytes, data.length - afterBytes);
      return { $typeName: "parlance.chat.v1.TextDelta", choice, part, text };
    },
    note(frame, events) {
      noted = undefined;
      if (unlike === maxUnlike || frame.data.length > maxBytes) return;
      noted = surroundingsOf(frame, events, opening);
      if (noted !== undefined) unlike += 1;
    },
  };
}

/** Whether a frame has a text between the same beginning and end, as JSON writes it. */
function isAlike(json: string, { before, after }: Surroundings): boolean {
  const end = json.length - after.length;
  if (end <= before.length || !json.startsWith(before) || !json.endsWith(after)) return false;
  return isPlain(json, before.length, end);
}

/** Whether JSON writes a text as it is: nothing in it is escaped, or would end it. */
function isPlain(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c) return false;
  }
  return true;
}

/** Undefined where a frame says anything but one text, or says that text in more than one place. */
function surroundingsOf(
  { event, data }: Frame,
  events: readonly Event[],
  opening: RegExp,
): Surroundings | undefined {
  const step = events.length === 1 ? events[0]?.event : undefined;
  if (step?.case !== "textDelta" || step.value.text === "") return undefined;
  const { text } = step.value;
  if (!isPlain(text, 0, text.length)) return undefined;
  const json = decodeUtf8(data) ?? "";
  const quoted = `"${text}"`;
  const at = json.indexOf(quoted);
  if (at === -1 || json.includes(quoted, at + 1)) return undefined;
  const before = json.slice(0, at + 1);
  if (!opening.test(before)) return undefined;
  const after = json.slice(at + quoted.length - 1);
  const [beforeBytes, afterBytes] = [Buffer.byteLength(before), Buffer.byteLength(after)];
  return { event, before, after, beforeBytes, afterBytes, delta: step.value };
}
