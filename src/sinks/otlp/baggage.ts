/** A member of a `baggage` that is allowed. */
export interface BaggageMember {
  readonly key: string;
  /** Decoded. */
  readonly value: string;
  /** As it came, without the white space around it and with its properties. */
  readonly text: string;
}

/** What a baggage may be at most: https://www.w3.org/TR/baggage/#limits */
const maxBytes = 8_192;
const maxMembers = 64;

/** `key=value`, and properties behind it. Keys are tokens of HTTP; values have no white space. */
const form = /^([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*([!#-+\--:<-[\]-~]*)[ \t]*(?:;.*)?$/;

/**
 * The members of a `baggage` that are allowed, in their order; of two with the same key the last. A
 * baggage that is too long or has too many members is ignored, and so is a member that is none.
 */
export function parseBaggage(
  baggage: string | undefined,
  allowed: ReadonlySet<string>,
): readonly BaggageMember[] {
  if (baggage === undefined || allowed.size === 0) return [];
  if (Buffer.byteLength(baggage) > maxBytes) return [];
  const texts = baggage.split(",");
  if (texts.length > maxMembers) return [];
  const members = new Map<string, BaggageMember>();
  for (const text of texts) {
    const trimmed = text.trim();
    const [, key = "", value = ""] = form.exec(trimmed) ?? [];
    if (allowed.has(key)) members.set(key, { key, value: decoded(value), text: trimmed });
  }
  return [...members.values()];
}

/** Bytes that are no UTF-8 are replaced, as the standard says. */
function decoded(value: string): string {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    const bytes = value.replaceAll(/%([\dA-Fa-f]{2})/g, (_, code) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
}
