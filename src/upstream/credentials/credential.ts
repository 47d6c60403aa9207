import { type SecretForms, secretForms } from "./secret-forms.ts";
import { createShownSecrets, type ShownSecrets } from "./sent-secrets.ts";

/**
 * How a credential travels: `Authorization: Bearer`, a header of its own, a query parameter, or not
 * at all.
 */
export type CredentialScheme =
  | "bearer"
  | "none"
  | { readonly header: string }
  | { readonly query: string };

/** Where a request carries its credential. */
export interface CredentialPlacement {
  /** What must not come back of it, and of the provider's own headers. */
  readonly secrets: ShownSecrets;
  /** Name, value; empty where it travels otherwise. */
  readonly headers: readonly string[];
  /** Such as `key=...`; empty where it travels otherwise. */
  readonly query: string;
}

/** The credentials of a provider, which take turns so that their rate limits add up. */
export interface CredentialRotation {
  /** The one for the next request. `nowMs` is on the monotonic clock. */
  next(nowMs: number): CredentialPlacement;
  /** Leaves one alone until a time. Nothing happens where there is no other. */
  cool(placement: CredentialPlacement, untilMs: number): void;
  /** Whether there is more than one, and one that is not left alone. */
  hasOther(nowMs: number): boolean;
}

/**
 * Makes a rotation. Where all are left alone, the one that was to be left alone for the shortest
 * time is used all the same. Without any credential nothing is sent, whatever the scheme. `shown`:
 * what each request shows the vendor beside.
 */
export function createCredentialRotation(
  scheme: CredentialScheme,
  credentials: readonly string[],
  shown: readonly SecretForms[],
): CredentialRotation {
  const nowhere: CredentialPlacement = {
    headers: [],
    query: "",
    secrets: createShownSecrets(shown),
  };
  const placements = credentials.map((secret): CredentialPlacement => {
    if (scheme === "none") return nowhere;
    const forms = secretForms(secret);
    const secrets = createShownSecrets(forms === undefined ? shown : [forms, ...shown]);
    return { ...place(scheme, secret), secrets };
  });
  const [sole = nowhere] = placements;
  if (placements.length < 2)
    return { next: () => sole, cool: () => undefined, hasOther: () => false };
  const cooledUntil = new Map<CredentialPlacement, number>();
  const untilOf = (placement: CredentialPlacement) => cooledUntil.get(placement) ?? 0;
  let turn = 0;
  return {
    next(nowMs) {
      let chosen = sole;
      let soonest = Number.POSITIVE_INFINITY;
      for (let step = 0; step < placements.length; step += 1) {
        const at = (turn + step) % placements.length;
        const placement = placements[at] ?? nowhere;
        const untilMs = untilOf(placement);
        if (untilMs >= soonest) continue;
        chosen = placement;
        soonest = untilMs;
        if (untilMs > nowMs) continue;
        turn = at + 1;
        return placement;
      }
      return chosen;
    },
    cool: (placement, untilMs) => void cooledUntil.set(placement, untilMs),
    hasOther: (nowMs) => placements.some((placement) => untilOf(placement) <= nowMs),
  };
}

function place(
  scheme: Exclude<CredentialScheme, "none">,
  secret: string,
): Omit<CredentialPlacement, "secrets"> {
  if (scheme === "bearer") return { headers: ["authorization", `Bearer ${secret}`], query: "" };
  if ("header" in scheme) return { headers: [scheme.header.toLowerCase(), secret], query: "" };
  return {
    headers: [],
    query: `${encodeURIComponent(scheme.query)}=${encodeURIComponent(secret)}`,
  };
}
