/**
 * A day such as `2026-12-01`, which begins at midnight UTC, or a time such as
 * `2026-12-01T08:00:00Z`, in milliseconds since 1970. Undefined where the text is no day of the
 * calendar, or no time with an offset from UTC.
 */
export function readTime(text: string): number | undefined {
  const found =
    /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  if (found === null) return undefined;
  const day = new Date(`${found[1]}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== found[1]) return undefined;
  const ms = Date.parse(found[2] === undefined ? `${text}T00:00:00Z` : text);
  return Number.isNaN(ms) ? undefined : ms;
}
