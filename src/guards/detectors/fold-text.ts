import type { Detector, Finding } from "../../core/guard/detector.ts";

/** A text as its reader sees it, with plain characters. */
interface FoldedText {
  readonly text: string;
  /** Where each of its characters stands in the original. */
  readonly places: readonly number[];
}

/** So many characters without width are passed over between two others. */
const maxPassedOver = 3;

/** What is folded: digits, letters and signs in other forms, and what has no width. */
const folded =
  /[\u00a0\u00ad\u061c\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u180e\u2000-\u2013\u202a-\u202f\u205f-\u2064\u2066-\u206f\u2212\u3000\ufeff\uff01-\uff5e]/;

/**
 * A detector that looks at a text as its reader sees it: digits and letters of full width are the
 * plain ones, other spaces and dashes too, and up to three characters without width between others
 * are not there. What it finds has the places of the original.
 */
export function foldedDetector(detector: Detector): Detector {
  const { openFrom } = detector;
  return {
    find: (text, from = 0) => {
      const fold = foldText(text);
      if (fold === undefined) return detector.find(text, from);
      return detector.find(fold.text, placeIn(fold, from)).map((found) => unfolded(fold, found));
    },
    ...(openFrom === undefined
      ? undefined
      : {
          openFrom: (text, from = 0) => {
            const fold = foldText(text);
            if (fold === undefined) return openFrom(text, from);
            const open = openFrom(fold.text, placeIn(fold, from));
            return Math.max(from, fold.places[open] ?? text.length);
          },
        }),
    lookBehind: Math.min(256, (detector.lookBehind + 1) * (maxPassedOver + 1)),
  };
}

function foldText(text: string): FoldedText | undefined {
  const first = text.search(folded);
  if (first < 0) return undefined;
  const places: number[] = [];
  let [plain, passedOver] = [text.slice(0, first), 0];
  for (let at = 0; at < first; at += 1) places.push(at);
  for (let at = first; at < text.length; at += 1) {
    const code = plainCode(text.charCodeAt(at));
    passedOver = code === undefined ? passedOver + 1 : 0;
    if (code === undefined && passedOver <= maxPassedOver) continue;
    plain += code === undefined ? text.charAt(at) : String.fromCharCode(code);
    places.push(at);
  }
  return { text: plain, places };
}

/** Undefined: it has no width. */
function plainCode(code: number): number | undefined {
  if (code < 0xa0) return code;
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0;
  for (const zero of [0x0660, 0x06f0, 0x0966])
    if (code >= zero && code <= zero + 9) return code - zero + 0x30;
  if (code === 0xa0 || code === 0x202f || code === 0x205f || code === 0x3000) return 0x20;
  if (code >= 0x2000 && code <= 0x200a) return 0x20;
  if ((code >= 0x2010 && code <= 0x2013) || code === 0x2212) return 0x2d;
  return folded.test(String.fromCharCode(code)) ? undefined : code;
}

/** The first character of the folded text that stands at a place of the original or behind it. */
function placeIn({ places }: FoldedText, from: number): number {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function unfolded({ places }: FoldedText, found: Finding): Finding {
  const { start, end } = found;
  return { ...found, start: places[start] ?? 0, end: (places[end - 1] ?? 0) + 1 };
}
