import type { FoundSecret } from "../../config/references/found-secret.ts";
import { printReference, type SecretReference } from "../../config/references/secret-reference.ts";
import type { Notice } from "../../core/notice.ts";

/** Why a secret could not be read. */
export type SecretProblem = Extract<FoundSecret, { readonly problem: string }>;

/** What was read, by the keys of references. */
export type FoundSecrets = ReadonlyMap<string, FoundSecret>;

/** Remembers the last value of each secret. */
export class SecretMemory {
  readonly #notice: (notice: Notice) => void;
  readonly #known = new Map<string, string>();
  readonly #stale = new Set<string>();

  /** `notice` hears once of secrets that cannot be read any more, and once that all can be. */
  constructor(notice: (notice: Notice) => void) {
    this.#notice = notice;
  }

  /**
   * Takes what was read now, and gives it with the last value where there is one and none could be
   * read.
   */
  update(references: ReadonlyMap<string, SecretReference>, found: FoundSecrets): FoundSecrets {
    const wasStale = this.#stale.size > 0;
    const failed = [...found].flatMap(([key, one]) =>
      this.#becomesStale(key, one) ? [describe(references.get(key), one)] : [],
    );
    if (failed.length > 0) this.#notice(staleNotice(failed));
    if (wasStale && this.#stale.size === 0) this.#notice(freshNotice);
    return new Map([...found].map(([key, one]) => [key, this.#lastOf(key, one)]));
  }

  #becomesStale(key: string, found: FoundSecret): boolean {
    if ("text" in found) {
      this.#known.set(key, found.text);
      this.#stale.delete(key);
      return false;
    }
    const isNew = this.#known.has(key) && !this.#stale.has(key);
    if (isNew) this.#stale.add(key);
    return isNew;
  }

  #lastOf(key: string, found: FoundSecret): FoundSecret {
    const text = this.#known.get(key);
    return text === undefined ? found : { text };
  }
}

function describe(reference: SecretReference | undefined, found: FoundSecret): string {
  const problem = "problem" in found ? found.problem : "";
  return reference === undefined ? problem : `${printReference(reference)}: ${problem}`;
}

function staleNotice([first = "", ...others]: readonly string[]): Notice {
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return {
    event: "secrets_stale",
    message: `secrets cannot be read again, and their last values stay in force: ${first}${more}`,
    details: { secrets: others.length + 1 },
  };
}

const freshNotice: Notice = {
  event: "secrets_fresh",
  message: "all secrets can be read again",
  level: "info",
};
