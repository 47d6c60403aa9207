/** The parts of a request target. */
export interface RequestTarget {
  readonly path: string;
  readonly query: string;
}

/**
 * Splits origin form (`/a?b`), absolute form (`http://host/a?b`) and `*`. Nothing is decoded or
 * normalised.
 */
export function splitTarget(target: string): RequestTarget {
  const local = target.startsWith("/") || target === "*" ? target : stripAuthority(target);
  const mark = local.indexOf("?");
  return mark < 0
    ? { path: local, query: "" }
    : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

function stripAuthority(target: string): string {
  const authority = target.indexOf("://");
  if (authority < 0) return `/${target}`;
  const rest = target.slice(authority + 3);
  const start = rest.search(/[/?]/);
  if (start < 0) return "/";
  return rest[start] === "/" ? rest.slice(start) : `/${rest.slice(start)}`;
}
