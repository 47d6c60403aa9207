import { hash } from "node:crypto";
import type { Guard } from "../../core/guard/guard.ts";
import type { GuardStageName } from "../../core/guard/guard-note.ts";

/** As many texts are remembered. */
const maxTexts = 10_000;

/** How long a text is remembered, in milliseconds. */
const maxAgeMs = 600_000;

/**
 * Texts of requests in which services found nothing, so that of a long conversation only what is
 * new is sent. Holds hashes alone.
 */
export class PassedTexts {
  readonly #until = new Map<string, number>();
  readonly #nowMs: () => number;

  /** `nowMs` is a monotonic clock in milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether a guard has found nothing in a text of a stage, not long ago. */
  has(guard: Guard, stage: GuardStageName, text: string): boolean {
    const until = this.#until.get(keyOf(guard, stage, text));
    return until !== undefined && until > this.#nowMs();
  }

  /** Notes that a guard has found nothing in a text of a stage. */
  add(guard: Guard, stage: GuardStageName, text: string): void {
    const key = keyOf(guard, stage, text);
    this.#until.delete(key);
    this.#until.set(key, this.#nowMs() + maxAgeMs);
    for (const oldest of this.#until.keys()) {
      if (this.#until.size <= maxTexts) break;
      this.#until.delete(oldest);
    }
  }
}

function keyOf({ name, version }: Guard, stage: GuardStageName, text: string): string {
  return hash("sha256", `${name}\n${version}\n${stage}\n${text}`, "base64");
}
