/** The oldest major version of Node that runs Parlance; `engines` of package.json says the same. */
export const minNodeMajor = 24;

/**
 * What to tell whoever starts a Node that is too old, in one line; undefined where the version will
 * do.
 */
export function nodeProblem(version: string): string | undefined {
  const major = Number.parseInt(version, 10);
  if (major >= minNodeMajor) return undefined;
  return `parlance: needs Node ${minNodeMajor} or newer, but this is Node ${version}: install it from https://nodejs.org`;
}
