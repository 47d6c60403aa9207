import { beforeCrossing, type Detector, type Finding } from "../../../core/guard/detector.ts";

const header = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----/g;
const footerStart = "-----END ";
const footer = /-----END [A-Z0-9 ]{1,64}-----/y;
const lines = /(?:(?:\s|\\[nr]){0,8}[A-Za-z0-9+/=]{20,80})*/y;
const openHeader = /-{1,5}(?:[A-Z0-9 ]{1,64}-{0,5})?$/;

/** Longest block, in characters; of a longer one its lines without their end are found. */
const maxBlock = 16_384;

/** Looks for private keys as PEM has them (RFC 7468), also those whose end is missing. */
export function privateKeyDetector(): Detector {
  return {
    find: findBlocks,
    openFrom: (text, from = 0) => beforeCrossing(findBlocks(text, from), openPlace(text, from)),
    lookBehind: 0,
  };
}

function findBlocks(text: string, from = 0): readonly Finding[] {
  const found: Finding[] = [];
  let nextEnd = -1;
  header.lastIndex = from;
  for (let match = header.exec(text); match !== null; match = header.exec(text)) {
    const body = header.lastIndex;
    if (nextEnd < body) {
      nextEnd = text.indexOf(footerStart, body);
      if (nextEnd < 0) nextEnd = Number.POSITIVE_INFINITY;
    }
    const end = blockEnd(text, match.index, body, nextEnd);
    found.push({ start: match.index, end, kind: "PRIVATE_KEY" });
    header.lastIndex = end;
  }
  return found;
}

function blockEnd(text: string, start: number, body: number, nextEnd: number): number {
  if (nextEnd - start < maxBlock) {
    footer.lastIndex = nextEnd;
    return nextEnd + (footer.exec(text)?.[0].length ?? footerStart.length);
  }
  lines.lastIndex = body;
  return Math.min(start + maxBlock, body + (lines.exec(text)?.[0].length ?? 0));
}

/** Where a block begins whose end is missing, or what may become its first line. */
function openPlace(text: string, from: number): number {
  const earliest = Math.max(from, text.length - maxBlock - 80);
  const tail = text.slice(earliest);
  for (const { index } of tail.matchAll(header)) {
    const end = tail.indexOf(footerStart, index);
    footer.lastIndex = end;
    if (end < 0 || !footer.test(tail)) return earliest + index;
  }
  const partial = openHeader.exec(text.slice(Math.max(earliest, text.length - 80)));
  return partial === null ? text.length : text.length - partial[0].length;
}
