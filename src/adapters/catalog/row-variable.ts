/**
 * A value of each customer's own that a vendor's address has a place for, or that its requests must
 * carry.
 */
export interface RowVariable {
  /**
   * Lower-case letters, digits and underscores. Where the base URL holds `{name}` it stands there,
   * else in requests.
   */
  readonly name: string;
  /** Environment variables that hold it, the preferred one first. */
  readonly env: readonly string[];
  /** What it looks like, for hints. */
  readonly example: string;
  /** Whether the vendor answers nobody without it. */
  readonly required: boolean;
  /** What stands for it where nobody says it. Absent: nothing. */
  readonly fallback?: string;
  /** Another one that may be given in its place. */
  readonly unless?: string;
}

/** Whether a variable stands in an address. */
export function standsIn(address: string | null, { name }: RowVariable): boolean {
  return address?.includes(`{${name}}`) === true;
}

/**
 * An address with its variables filled in; "" where one is missing. Other braces stay as they are.
 */
export function fillAddress(
  address: string,
  variables: readonly RowVariable[],
  values: Readonly<Record<string, string>>,
): string {
  let filled = address;
  for (const variable of variables) {
    if (!standsIn(address, variable)) continue;
    const value = values[variable.name] ?? "";
    if (value === "") return "";
    filled = filled.replaceAll(`{${variable.name}}`, value);
  }
  return filled;
}

/**
 * What an environment or a default says of variables that are not given. Where a host is meant, a
 * URL is taken for its host.
 */
export function variableValues(
  variables: readonly RowVariable[],
  configured: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
  address: string | null,
): Record<string, string> {
  const values: Record<string, string> = { ...configured };
  for (const variable of variables) {
    const { name, env: names, fallback } = variable;
    const candidates = [configured[name], ...names.map((key) => env[key]), fallback].map((text) =>
      (text ?? "").trim(),
    );
    const value = candidates.find((text) => text !== "");
    if (value !== undefined) values[name] = standsIn(address, variable) ? hostOf(value) : value;
  }
  return values;
}

function hostOf(value: string): string {
  return value.replace(/^https?:\/\//, "").replace(/\/+$/, "");
}
