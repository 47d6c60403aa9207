/**
 * The id of a call that came without one, as those of older servers do: a pure function of what tells the call from
 * others (when it came, its place, its tool and arguments), so that calls of different turns differ. FNV-1a, twice.
 */
export function createToolId(...words: readonly (string | number)[]): string {
  let one = 0x811c9dc5;
  let other = 0x01000193;
  const text = words.join("\u0000");
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x01000193) >>> 0;
    other = Math.imul(other ^ unit, 0x85ebca6b) >>> 0;
  }
  return `call_${one.toString(16).padStart(8, "0")}${other.toString(16).padStart(8, "0")}`;
}
