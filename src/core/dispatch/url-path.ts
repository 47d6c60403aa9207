/**
 * A text as one segment of a path: all that means something in a URL is escaped. What it cannot
 * escape is a segment that is empty or of dots, for a URL reads `%2e%2e` as `..`: staysInPlace
 * detects those.
 */
export function pathSegment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** As pathSegment, but slashes part the segments. */
export function pathSegments(text: string): string {
  return text.split("/").map(pathSegment).join("/");
}

/**
 * Whether a path with its query leads where it seems to: it has no segment that is empty, `.` or
 * `..`, which servers and what stands before them take out.
 */
export function staysInPlace(path: string): boolean {
  if (!path.includes("/.") && !path.includes("//")) return !path.endsWith("/");
  const mark = path.indexOf("?");
  const segments = (mark === -1 ? path : path.slice(0, mark)).split("/");
  return segments.every((segment, at) => (at === 0 ? segment === "" : !/^\.{0,2}$/.test(segment)));
}
