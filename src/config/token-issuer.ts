import type { Role } from "../../gen/parlance/access/v1/access_pb.js";
import type { ClaimTest } from "../core/caller/claims.ts";
import type { SignIn } from "../core/caller/sign-in.ts";
import type { NameSet } from "../core/names/name-pattern.ts";
import type { SecretValue } from "./secret-value.ts";

/** An issuer of tokens that callers may send in place of a key. */
export interface TokenIssuer {
  readonly name: string;
  /** What tokens have as `iss`. */
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Absent: where the issuer's discovery document says. */
  readonly jwksUrl?: string;
  readonly clockSkewMs: number;
  /** The path of the claim that names the user. */
  readonly userClaim: readonly string[];
  readonly mappings: readonly TokenMapping[];
  /** Certificates in PEM. Absent: those that the system trusts. */
  readonly ca?: string;
  /** Absent: its keys are public. */
  readonly jwksToken?: SecretValue;
  /** How people sign in at it by the command line. Absent: they do not. */
  readonly signIn?: SignIn;
}

/** Who callers with certain claims are. A `*` in a name is what that of the test stands for. */
export interface TokenMapping {
  readonly test: ClaimTest;
  /** "": none. */
  readonly key: string;
  /** "": none. */
  readonly team: string;
  readonly admin: boolean;
  /** UNSPECIFIED: none. */
  readonly role: Role;
  /** Absent: all. */
  readonly models?: NameSet;
}
