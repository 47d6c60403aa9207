/**
 * Gives documents names that the vendor takes and that are unique within one request, as it
 * demands.
 */
export type DocumentNames = (title: string) => string;

/** Most characters of a name. */
const MAX_LENGTH = 200;

/**
 * Letters, digits, single blanks, hyphens, parentheses and brackets stay; everything else becomes a
 * blank. A title without any of them becomes "Document". The second document of a name becomes
 * "name 2", and so on, so that the same conversation always has the same names. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html.
 */
export function createDocumentNames(): DocumentNames {
  /**
   * The names used so far, each with the number of the last one like it: the search for the next
   * number does not begin at 1.
   */
  const used = new Map<string, number>();
  return (title) => {
    const name = cleanName(title);
    let unique = name;
    let count = used.get(name.toLowerCase()) ?? 1;
    while (used.has(unique.toLowerCase())) {
      count += 1;
      unique = `${name} ${count}`;
    }
    used.set(name.toLowerCase(), count);
    if (unique !== name) used.set(unique.toLowerCase(), 1);
    return unique;
  };
}

function cleanName(title: string): string {
  const kept = title.replaceAll(/[^A-Za-z0-9()[\]-]+/g, " ").trim();
  return kept === "" ? "Document" : kept.slice(0, MAX_LENGTH - 8).trim();
}
