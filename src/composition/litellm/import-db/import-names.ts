/** A name that an object may have, near the one that LiteLLM has; the id where there is none. */
export function importedName(name: string, id: string): string {
  const kept = plain(name);
  return kept === "" ? plain(id) || "unnamed" : kept;
}

/** Without slashes and control characters, at most 128 characters, no blanks at the ends. */
function plain(text: string): string {
  return text
    .replaceAll("/", "-")
    .replaceAll(/\p{Cc}/gu, " ")
    .trim()
    .slice(0, 128)
    .trim();
}

const idPattern = /^[^\s/\p{Cc}]([^\p{Cc}]{0,254}[^\s\p{Cc}])?$/u;

/** Whether an object may have an id. */
export function isImportedId(id: string): boolean {
  return idPattern.test(id);
}
