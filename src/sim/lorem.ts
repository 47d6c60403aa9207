const PASSAGE =
  "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna " +
  "aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. " +
  "Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. Excepteur " +
  "sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.";

/** That many words of filler, always the same; the passage begins anew when it is over. */
export function lorem(words: number): string {
  const passage = PASSAGE.split(" ");
  return Array.from({ length: words }, (_, at) => passage[at % passage.length]).join(" ");
}
