import { isObject, parseJson } from "../../../json/json.ts";
import { createObjectEnd, followObject } from "../../../json/object-end.ts";

/** One JSON object in a text that arrives in pieces. One per text, changed by each call. */
export interface ObjectText {
  /** What the next piece adds to the object; "" while the text has not begun with one. */
  read(piece: string): string;
  /** What is still due of the object when the text is over. Undefined: there is none, or half. */
  end(): string | undefined;
}

/**
 * Reads an object that a text begins with, also inside of a code fence, as it grows; nothing behind
 * its end is read. In other text the object is looked for at the end, inside of a code fence.
 */
export function createObjectText(): ObjectText {
  const words: string[] = [];
  let head: string | undefined = "";
  let end: ReturnType<typeof createObjectEnd> | undefined;
  /** The piece up to the end of the object. */
  const grow = (piece: string): string => {
    let length = 0;
    while (end !== undefined && end.state !== "closed" && length < piece.length) {
      const brace = piece.indexOf("}", length);
      const stop = brace === -1 ? piece.length : brace + 1;
      followObject(end, piece.slice(length, stop));
      length = stop;
    }
    return piece.slice(0, length);
  };
  return {
    read(piece) {
      if (end !== undefined) return grow(piece);
      words.push(piece);
      if (head === undefined) return "";
      head += piece;
      const opening = OPENING.exec(head);
      if (opening !== null) {
        end = createObjectEnd();
        return grow(head.slice(opening[0].length));
      }
      if (head.length > MAX_HEAD || !MAY_OPEN.test(head)) head = undefined;
      return "";
    },
    end() {
      if (end === undefined) return fenced(words.join(""));
      return end.state === "closed" ? "" : undefined;
    },
  };
}

const OPENING = /^\s*(?:```[a-z]*\s*)?(?=\{)/i;
const MAY_OPEN = /^\s*(?:`{1,2}|```[a-z]*\s*)?$/i;

/** More than this before the object is other words. */
const MAX_HEAD = 1024;

/** The object in the first code fence of a text; undefined where there is none. */
function fenced(text: string): string | undefined {
  const fence = text.indexOf("```");
  const start = fence === -1 ? -1 : text.indexOf("{", fence);
  const stop = start === -1 ? -1 : text.indexOf("```", start);
  if (stop === -1) return undefined;
  const inside = text.slice(start, stop).trim();
  const parsed = parseJson(inside);
  return parsed.ok && isObject(parsed.value) ? inside : undefined;
}
