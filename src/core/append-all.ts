/**
 * Adds the items to the end of a list. As arguments of one call of `push` they would all lie on the
 * stack, which a hundred thousand overflow.
 */
export function appendAll<T>(list: T[], items: Iterable<T>): void {
  for (const item of items) list.push(item);
}
