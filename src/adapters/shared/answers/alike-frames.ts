import type { Event, TextDelta } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Frame } from "../../../core/dialect.ts";
import { decodeUtf8 } from "../../../json/json.ts";

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
  readonly delta: TextDelta;
}

/** Larger frames are rare, and would be held for as long as the stream. */
const maxBytes = 4096;

/** So many frames are noted in vain: the vendor counts them, or pads each. */
const maxInVain = 4;

/**
 * Makes them for a dialect whose deltas have their text in a member of this name. What a frame does
 * beside adding its text must do nothing when it is done twice.
 */
export function createAlikeFrames(member: string): AlikeFrames {
  const opening = new RegExp(`"${member}"[ \\t]*:[ \\t]*"$`);
  let noted: Surroundings | undefined;
  let inVain = 0;
  return {
    textOf({ event, data }) {
      if (noted === undefined || noted.event !== event || data.length > maxBytes) return undefined;
      const json = decodeUtf8(data);
      const text = json === undefined ? undefined : textBetween(json, noted);
      if (text === undefined) return undefined;
      inVain = 0;
      const { choice, part } = noted.delta;
      return { $typeName: "parlance.chat.v1.TextDelta", choice, part, text };
    },
    note(frame, events) {
      noted = undefined;
      if (inVain === maxInVain || frame.data.length > maxBytes) return;
      noted = surroundingsOf(frame, events, opening);
      if (noted !== undefined) inVain += 1;
    },
  };
}

/** The text behind one beginning and before one end; undefined where JSON writes it otherwise. */
function textBetween(json: string, { before, after }: Surroundings): string | undefined {
  const end = json.length - after.length;
  if (end <= before.length || !json.startsWith(before) || !json.endsWith(after)) return undefined;
  const text = json.slice(before.length, end);
  return isPlain(text) ? text : undefined;
}

/** Whether JSON writes a text as it is: nothing in it is escaped, or would end it. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c) return false;
  }
  return true;
}

/** Undefined where a frame says anything but one text, or where that cannot be told apart. */
function surroundingsOf(
  { event, data }: Frame,
  events: readonly Event[],
  opening: RegExp,
): Surroundings | undefined {
  const step = events.length === 1 ? events[0]?.event : undefined;
  if (step?.case !== "textDelta" || step.value.text === "") return undefined;
  if (!isPlain(step.value.text)) return undefined;
  const json = decodeUtf8(data) ?? "";
  const quoted = `"${step.value.text}"`;
  const at = json.indexOf(quoted);
  if (at === -1 || json.includes(quoted, at + 1)) return undefined;
  const before = json.slice(0, at + 1);
  if (!opening.test(before)) return undefined;
  return { event, before, after: json.slice(at + quoted.length - 1), delta: step.value };
}
