/**
 * Freezes a value and everything it holds, maps and sets included: their mutators throw. Gives back
 * the same value.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const mutator of ["set", "add", "delete", "clear"])
      Object.defineProperty(value, mutator, { value: refuse });
    for (const [key, member] of value.entries()) {
      deepFreeze(key);
      deepFreeze(member);
    }
  }
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}

function refuse(): never {
  throw new TypeError("settings cannot be changed: load new ones");
}
