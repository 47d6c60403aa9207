import type { Alert } from "../alert.ts";

/** Alerts that a message shows; of more it says how many there are. */
export const maxListed = 20;

/** Characters of a line: texts of vendors and names of callers may be long. */
const maxLine = 1_000;

/** The title of an alert with what has become of it, on a line. */
export function headline({ title, state, event }: Alert): string {
  const first = title.slice(0, 1).toUpperCase();
  return `${state === "resolved" ? "Over: " : ""}${first}${oneLine(title.slice(1))} (${event})`;
}

/** A text without breaks, cut off where it is long. Reports have lines, which stay. */
export function oneLine(text: string): string {
  const lines = text.split("\n").map((line) => {
    // Control characters could forge what a message or a header looks like.
    const plain = line.replaceAll(/\p{Cc}+/gu, " ");
    return plain.length > maxLine ? `${plain.slice(0, maxLine)}...` : plain;
  });
  return lines.slice(0, maxLines).join("\n");
}

const maxLines = 60;
