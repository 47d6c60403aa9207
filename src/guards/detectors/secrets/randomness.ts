/** Bits of information in a character of a text, by how often each occurs in it: from 0 to 16. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits / text.length;
}

/**
 * Whether a word seems drawn at random and not made of other words: its letters of both cases and
 * its digits change places often.
 */
export function isRandomWord(word: string): boolean {
  if (!/\d/.test(word) || !/[a-z]/.test(word) || !/[A-Z]/.test(word)) return false;
  let changes = 0;
  for (let at = 1; at < word.length; at += 1)
    if (classOf(word.charCodeAt(at)) !== classOf(word.charCodeAt(at - 1))) changes += 1;
  return (
    changes >= word.length * 0.3 && entropyOf(word) >= Math.min(3.8, Math.log2(word.length) - 0.8)
  );
}

function classOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return 0;
  if (code >= 0x41 && code <= 0x5a) return 1;
  if (code >= 0x61 && code <= 0x7a) return 2;
  return 3;
}
