/** The fault of the first rule that is broken, in the order given; undefined when none is. */
export function firstBroken<T>(
  rules: readonly (readonly [broken: boolean, fault: T])[],
): T | undefined {
  return rules.find(([broken]) => broken)?.[1];
}
