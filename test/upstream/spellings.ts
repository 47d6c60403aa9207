import { Buffer } from "node:buffer";

/**
 * How a vendor may write a secret that it repeats. Each gives a text that some reader would take
 * for the secret.
 */
export const spellings: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in JSON of an encoder that escapes what HTML reads": (secret) =>
    secret.replace(
      /[<>&'"+=/\\]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  "in JSON of an encoder that escapes slashes": (secret) =>
    JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
  "in escapes of JSON alone": (secret) =>
    Array.from(
      secret,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
    ).join(""),
  "in a URL": (secret) => encodeURIComponent(secret),
  "in base64": (secret) => Buffer.from(secret).toString("base64"),
  "in base64 behind a name": (secret) => Buffer.from(`key:${secret}`).toString("base64"),
  "in base64 for URLs behind a longer name": (secret) =>
    Buffer.from(`user:${secret}:x`).toString("base64url"),
  "in small letters": (secret) => secret.toLowerCase(),
  "in capitals": (secret) => secret.toUpperCase(),
};

/** Whether a text shows a secret to somebody who undoes any of the spellings. */
export function shows(text: string, secret: string): boolean {
  return readingsOf(text).some((reading) => reading.includes(secret.toLowerCase()));
}

/** The text that was read last: it is searched for one secret after the other. */
let last: { readonly text: string; readonly readings: readonly string[] } | undefined;

/** What a text reads where any of the spellings is undone, in small letters. */
function readingsOf(text: string): readonly string[] {
  if (last?.text === text) return last.readings;
  const unescaped = text.replaceAll(/\\u([0-9a-f]{4})/gi, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const readings = [
    text,
    unescaped,
    unescaped.replaceAll("\\/", "/"),
    percentDecoded(text),
    ...packedIn(text),
  ].map((reading) => reading.toLowerCase());
  last = { text, readings };
  return readings;
}

function percentDecoded(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** What runs of base64 letters hold, from each of four places that they may begin at. */
function packedIn(text: string): readonly string[] {
  return [...text.matchAll(/[\w+/-]{10,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), "base64").toString("latin1")),
  );
}
