import { createHash } from "node:crypto";
import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";

/**
 * Whether a credential is used. `closed`: it is. `open`: it is left alone until `untilMs`.
 * `half_open`: the next request finds out whether it is taken again. `probing`: one does so.
 */
export type CredentialState =
  | { readonly state: "closed" | "half_open" }
  | {
      readonly state: "open" | "probing";
      /** When it may be used again at the latest, in milliseconds since 1970. */
      readonly untilMs: number;
    };

/** The circuits of credentials, for all threads, by names that do not show them. */
export interface CredentialCircuits {
  of(name: string): CredentialState;
  /** Leaves one alone for so many milliseconds. */
  open(name: string, coolMs: number, reason: ErrorReason): void;
  /** Has a request find out about one that is half open; false: another one does. */
  beginProbe(name: string): boolean;
  /** That request said nothing; another may follow. */
  endProbe(name: string): void;
  /** It is taken again. */
  close(name: string): void;
}

/**
 * The name of a credential, the same at every gateway that has it: the provider's and a short hash,
 * from which nobody can find the credential.
 */
export function credentialName(provider: string, secret: string): string {
  const hash = createHash("sha256").update(`${provider}\n${secret}`).digest("hex").slice(0, 12);
  return `credential\n${provider}\n${hash}`;
}
