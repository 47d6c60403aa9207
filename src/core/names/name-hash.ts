/**
 * A short name for a text: 16 hexadecimal digits, the same for the same text at all times. FNV-1a
 * over UTF-16 units, twice with different seeds. It keeps nothing secret.
 */
export function nameHash(text: string): string {
  let one = 0x811c9dc5;
  let other = 0x01000193;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x01000193) >>> 0;
    other = Math.imul(other ^ unit, 0x85ebca6b) >>> 0;
  }
  return one.toString(16).padStart(8, "0") + other.toString(16).padStart(8, "0");
}
