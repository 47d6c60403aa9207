import {
  type UnicodeGuard,
  UnicodeKind,
} from "../../../gen/parlance/config/v1/guard_detector_pb.js";
import { type Detector, joinDetectors } from "../../core/guard/detector.ts";
import { type Form, formDetector } from "./form-detector.ts";

/** Looks for characters that deceive a reader; see `UnicodeGuard` of the config. */
export function unicodeDetector({ kinds }: UnicodeGuard): Detector {
  const wanted = forms.filter(([kind]) => kinds.length === 0 || kinds.includes(kind));
  return joinDetectors(wanted.map(([, form]) => formDetector(form)));
}

/** So many in a row are one finding. */
const maxRun = 64;

/** What has no width anywhere, and what has none but is needed by scripts of Asia and emoji. */
const noWidth =
  "\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u2060-\\u2064\\u206a-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb";
const joiners = "\\u200c-\\u200f\\u061c";

/** Joiners and marks of direction count behind ASCII and other letters of Europe alone. */
const invisibleForm: Form = {
  kind: "INVISIBLE",
  pattern: new RegExp(
    `(?:[${noWidth}]|(?<=[\\u0000-\\u052f\\u200b-\\u200f\\u2060-\\u2064])[${joiners}]){1,${maxRun}}`,
    "g",
  ),
  accepts: (candidate) => removed(candidate, "INVISIBLE"),
  open: new RegExp(`[${noWidth}${joiners}]{1,${maxRun}}$`),
  maxLength: maxRun,
  lookBehind: 1,
  hint: new RegExp(`[${noWidth}${joiners}]`),
};

const bidiForm: Form = {
  kind: "BIDI",
  pattern: new RegExp(`[\\u202a-\\u202e\\u2066-\\u2069]{1,${maxRun}}`, "g"),
  accepts: (candidate) => removed(candidate, "BIDI"),
  open: /[\u202a-\u202e\u2066-\u2069]{1,64}$/,
  maxLength: maxRun,
  lookBehind: 0,
  hint: /[\u202a-\u202e\u2066-\u2069]/,
};

/**
 * Tag characters but for those of flags, which follow a black flag; variation selectors behind each
 * other, and those of ideographs behind anything else.
 */
const tagForm: Form = {
  kind: "TAG",
  pattern: new RegExp(
    `(?:(?<!\\ud83c\\udff4(?:\\udb40[\\udc00-\\udc7f]){0,6})\\udb40[\\udc00-\\udc7f]|(?<=[\\ufe00-\\ufe0f])[\\ufe00-\\ufe0f]|[\\ufe00-\\ufe0f](?=[\\ufe00-\\ufe0f])|(?<![\\u3400-\\u9fff\\uf900-\\ufaff]|[\\ud840-\\ud88f][\\udc00-\\udfff])\\udb40[\\udd00-\\uddef]){1,${maxRun}}`,
    "g",
  ),
  accepts: (candidate) => removed(candidate, "TAG"),
  open: /(?:[\ufe00-\ufe0f]|\udb40[\udc00-\udc7f\udd00-\uddef]){0,64}\udb40?$/,
  maxLength: 2 * maxRun,
  lookBehind: 14,
  hint: /\udb40|[\ufe00-\ufe0f]/,
};

/** What looks like a letter of ASCII, and that letter. */
const lookalikes: ReadonlyMap<string, string> = new Map(
  Array.from(
    "аaеeоoрpсcуyхxіiјjѕsԁdһhӏlАAВBЕEКKМMНHОOРPСCТTХXІIЈJЅSΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοo".matchAll(
      /../gu,
    ),
    ([pair]) => [pair.charAt(0), pair.charAt(1)],
  ),
);

/** Words of ASCII in which all other letters only look like those of ASCII. */
const homoglyphForm: Form = {
  kind: "HOMOGLYPH",
  pattern:
    /(?<![A-Za-z\u0370-\u052f])(?=[A-Za-z]*[\u0370-\u052f])[A-Za-z\u0370-\u052f]{3,64}(?![A-Za-z\u0370-\u052f])/g,
  accepts: (candidate) => {
    if (!/[A-Za-z]/.test(candidate) || !/[^A-Za-z]/.test(candidate)) return 0;
    const letters = Array.from(candidate, (letter) => lookalikes.get(letter) ?? letter).join("");
    if (/[^A-Za-z]/.test(letters)) return 0;
    return { length: candidate.length, kind: "HOMOGLYPH", replacement: letters };
  },
  open: /(?<![A-Za-z\u0370-\u052f])[A-Za-z\u0370-\u052f]{1,64}$/,
  maxLength: 64,
  lookBehind: 1,
  hint: /[\u0370-\u052f]/,
};

const forms: readonly (readonly [kind: UnicodeKind, form: Form])[] = [
  [UnicodeKind.INVISIBLE, invisibleForm],
  [UnicodeKind.BIDI, bidiForm],
  [UnicodeKind.TAG, tagForm],
  [UnicodeKind.HOMOGLYPH, homoglyphForm],
];

function removed({ length }: string, kind: string) {
  return { length, kind, replacement: "" };
}
