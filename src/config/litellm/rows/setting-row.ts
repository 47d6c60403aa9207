/** Where a line of ours belongs. */
export type Where = "model" | "target" | "provider" | "key" | "file";

/**
 * What becomes of a key of LiteLLM: it is honoured, it is not needed because the gateway does so
 * anyway, or it has no counterpart, which is warned of.
 */
export type Outcome = "honoured" | "not_needed" | "none";

/** What stands for keys of LiteLLM. The documentation's tables and the importer go by it. */
export interface SettingRow {
  /** The keys, in LiteLLM's spelling. One that ends in `*` stands for all that begin so. */
  readonly keys: readonly string[];
  /** The keys as the documentation shows them, with a value where that matters; else `keys`. */
  readonly label?: string;
  /** Where what stands for them belongs; absent: nothing is to be written. */
  readonly where?: Where;
  /** What stands for them, or why there is nothing, in Markdown. */
  readonly says: string;
  readonly outcome: Outcome;
}

/** Keys that the importer honours. `keys` are separated by spaces. */
export function honoured(keys: string, where: Where, says: string, label?: string): SettingRow {
  return row(keys, says, "honoured", label, where);
}

/** Keys that are not needed. */
export function notNeeded(keys: string, says: string, label?: string): SettingRow {
  return row(keys, says, "not_needed", label);
}

/** Keys without a counterpart that the importer could write. */
export function none(keys: string, says: string, where?: Where): SettingRow {
  return row(keys, says, "none", undefined, where);
}

function row(
  keys: string,
  says: string,
  outcome: Outcome,
  label?: string,
  where?: Where,
): SettingRow {
  return {
    keys: keys.split(/\s+/),
    says,
    outcome,
    ...(label === undefined ? undefined : { label }),
    ...(where === undefined ? undefined : { where }),
  };
}

/** The row of a key; undefined: LiteLLM has no such key, as far as is known. */
export function rowOf(rows: readonly SettingRow[], key: string): SettingRow | undefined {
  return rows.find(({ keys }) =>
    keys.some((one) => (one.endsWith("*") ? key.startsWith(one.slice(0, -1)) : one === key)),
  );
}

/** What a row says, without the marks of Markdown. */
export function plainWords({ says }: SettingRow): string {
  return says.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}
