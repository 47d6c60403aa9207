import type { CanaryGuard } from "../../../../gen/parlance/config/v1/guard_whole_pb.js";
import { type Detector, type Finding, joinDetectors } from "../../../core/guard/detector.ts";
import { SettingFault } from "../setting-fault.ts";
import {
  hitsIn,
  matching,
  type Needles,
  needlesOf,
  type SqueezedText,
  squeeze,
} from "./needles.ts";

/** A canary has so many characters at least that are no white space. */
const minCanary = 6;

/**
 * The instructions are looked for in parts of so many characters besides white space, so that any
 * run of them that is twice as long has a part.
 */
const partLength = 32;

/** Shorter instructions are no secret: a sentence of common words may stand anywhere. */
const minInstructions = 24;

/** Looks for texts that must not appear; see `CanaryGuard` of the config. Throws SettingFault. */
export function canaryDetector({ texts, instructions }: CanaryGuard): Detector {
  if (texts.length === 0 && !instructions)
    throw new SettingFault("is empty; write texts, or instructions: true", { field: "texts" });
  const detectors: Detector[] = [];
  if (texts.length > 0) detectors.push(textDetector(texts));
  if (instructions) detectors.push(instructionDetector());
  return joinDetectors(detectors);
}

function textDetector(texts: readonly string[]): Detector {
  const needles = needlesOf(texts.flatMap(writtenForms), minCanary);
  return squeezedDetector("CANARY", () => needles);
}

/** A text squeezed, and its Base64 at each of the three offsets that it may have in another text. */
function writtenForms(text: string): readonly SqueezedText[] {
  const plain = squeeze(text);
  if (plain.length < minCanary)
    throw new SettingFault(`has a text with fewer than ${minCanary} letters or signs`, {
      field: "texts",
    });
  const encoded = [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    // The first and the last characters hold bits of the neighbours too.
    const whole = Math.floor(bytes.length / 3) * 4;
    return squeeze(bytes.toString("base64").slice(offset === 0 ? 0 : 4, whole));
  });
  return [plain, ...encoded.filter(({ length }) => length >= minCanary + 2)];
}

/** Looks for parts of the instructions of the call. */
function instructionDetector(): Detector {
  // Those of the last call: its texts are looked at one after another.
  let known: { readonly instructions: string; readonly needles: Needles } | undefined;
  return squeezedDetector("INSTRUCTIONS", (instructions) => {
    if (known?.instructions === instructions) return known.needles;
    known = { instructions, needles: partsOf(squeeze(instructions)) };
    return known.needles;
  });
}

function partsOf(text: SqueezedText): Needles {
  if (text.length < minInstructions) return needlesOf([], partLength);
  if (text.length < partLength) return needlesOf([text], text.length);
  const count = Math.floor(text.length / partLength);
  const parts = Array.from({ length: count }, (_, at) =>
    text.part(at * partLength, (at + 1) * partLength),
  );
  return needlesOf(parts, partLength);
}

function squeezedDetector(kind: string, needlesFor: (instructions: string) => Needles): Detector {
  const scan = (text: string, from: number, instructions: string, over: boolean) =>
    scanSqueezed(squeeze(text, from), needlesFor(instructions), over, {
      kind,
      end: text.length,
    });
  return {
    find: (text, from = 0, { instructions = "" } = {}) =>
      scan(text, from, instructions, true).found,
    openFrom: (text, from = 0, { instructions = "" } = {}) =>
      scan(text, from, instructions, false).open,
    lookBehind: 0,
  };
}

interface Scan {
  readonly found: Finding[];
  readonly open: number;
}

function scanSqueezed(
  text: SqueezedText,
  needles: Needles,
  over: boolean,
  { kind, end }: { readonly kind: string; readonly end: number },
): Scan {
  const found: Finding[] = [];
  if (needles.byHash.size === 0) return { found, open: end };
  const placeOf = (at: number) => (at < text.length ? (text.places[at] ?? end) : end);
  let settled = 0;
  for (const { at, needle } of hitsIn(text, needles)) {
    if (at < settled) continue;
    const count = matching(text, at, needle);
    if (count === needle.length) {
      settled = at + count;
      found.push({ start: placeOf(at), end: placeOf(settled - 1) + 1, kind });
    } else if (!over && at + count === text.length) return { found, open: placeOf(at) };
  }
  if (over) return { found, open: end };
  return { found, open: placeOf(Math.max(settled, text.length - needles.width + 1)) };
}
