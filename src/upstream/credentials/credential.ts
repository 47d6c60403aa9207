import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type CredentialCircuits, credentialName } from "./credential-circuits.ts";
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
  /** Names its circuit; "" where it has none. */
  readonly name: string;
  /** True: the request finds out whether it is taken again, and `settle` is to be called. */
  readonly probes?: true;
}

/** The credentials of a provider, which take turns so that their rate limits add up. */
export interface CredentialRotation {
  /** The one for the next request. */
  next(): CredentialPlacement;
  /** Notes what a request that probes has found: whether the credential was taken. */
  settle(placement: CredentialPlacement, taken: boolean): void;
  /** Leaves one alone for so many milliseconds. Nothing happens where there is no other. */
  cool(placement: CredentialPlacement, coolMs: number, reason: ErrorReason): void;
  /** Whether there is more than one, and one that is not left alone. */
  hasOther(): boolean;
}

/** What a rotation is made of. */
export interface CredentialOptions {
  readonly provider: string;
  readonly auth: CredentialScheme;
  readonly credentials: readonly string[];
  /** Where it is kept which of several are left alone. */
  readonly circuits: CredentialCircuits;
}

/**
 * Makes a rotation. Where all are left alone, the one that was to be left alone for the shortest
 * time is used all the same. Without any credential nothing is sent, whatever the scheme. `shown`:
 * what each request shows the vendor beside.
 */
export function createCredentialRotation(
  { provider, auth: scheme, credentials, circuits }: CredentialOptions,
  shown: readonly SecretForms[],
): CredentialRotation {
  const nowhere: CredentialPlacement = {
    headers: [],
    query: "",
    name: "",
    secrets: createShownSecrets(shown),
  };
  const placements = credentials.map((secret): CredentialPlacement => {
    if (scheme === "none") return nowhere;
    const forms = secretForms(secret);
    const secrets = createShownSecrets(forms === undefined ? shown : [forms, ...shown]);
    return { ...place(scheme, secret), secrets, name: credentialName(provider, secret) };
  });
  const [sole = nowhere] = placements;
  if (placements.length < 2) return soleCredential(sole);
  let turn = 0;
  return {
    next() {
      for (let step = 0; step < placements.length; step += 1) {
        const at = (turn + step) % placements.length;
        const used = useOf(placements[at] ?? sole, circuits);
        if (used === undefined) continue;
        turn = at + 1;
        return used;
      }
      return soonestOf(placements, circuits) ?? sole;
    },
    settle({ name }, taken) {
      if (taken) circuits.close(name);
      else circuits.endProbe(name);
    },
    cool: ({ name }, coolMs, reason) => circuits.open(name, coolMs, reason),
    hasOther: () => placements.some(({ name }) => !("untilMs" in circuits.of(name))),
  };
}

/** A placement for a request that may use it; undefined where it is left alone. */
function useOf(
  placement: CredentialPlacement,
  circuits: CredentialCircuits,
): CredentialPlacement | undefined {
  const { state } = circuits.of(placement.name);
  if (state === "closed") return placement;
  if (state !== "half_open" || !circuits.beginProbe(placement.name)) return undefined;
  return { ...placement, probes: true };
}

/** The one that may be used again first. */
function soonestOf(
  placements: readonly CredentialPlacement[],
  circuits: CredentialCircuits,
): CredentialPlacement | undefined {
  let chosen: CredentialPlacement | undefined;
  let soonest = Number.POSITIVE_INFINITY;
  for (const placement of placements) {
    const circuit = circuits.of(placement.name);
    const untilMs = "untilMs" in circuit ? circuit.untilMs : 0;
    if (untilMs >= soonest) continue;
    chosen = placement;
    soonest = untilMs;
  }
  return chosen;
}

/** A credential that is used whatever becomes of it. */
function soleCredential(placement: CredentialPlacement): CredentialRotation {
  return {
    next: () => placement,
    settle: () => undefined,
    cool: () => undefined,
    hasOther: () => false,
  };
}

function place(
  scheme: Exclude<CredentialScheme, "none">,
  secret: string,
): Pick<CredentialPlacement, "headers" | "query"> {
  if (scheme === "bearer") return { headers: ["authorization", `Bearer ${secret}`], query: "" };
  if ("header" in scheme) return { headers: [scheme.header.toLowerCase(), secret], query: "" };
  return {
    headers: [],
    query: `${encodeURIComponent(scheme.query)}=${encodeURIComponent(secret)}`,
  };
}
