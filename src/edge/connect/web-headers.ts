/** Builds web Headers from name, value, name, value. HTTP/2 pseudo headers are left out. */
export function toWebHeaders(flat: readonly string[]): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const name = flat[index] ?? "";
    if (!name.startsWith(":")) headers.append(name, flat[index + 1] ?? "");
  }
  return headers;
}

/**
 * Flattens web Headers into name, value, name, value; names are in lower case. `prefix` goes before
 * each name.
 */
export function toFlatHeaders(headers: Headers | undefined, prefix = ""): string[] {
  const flat: string[] = [];
  headers?.forEach((value, name) => {
    flat.push(prefix + name, value);
  });
  return flat;
}
