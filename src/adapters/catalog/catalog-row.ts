import type { Quirks } from "../../core/quirks.ts";
import type { CatalogOperation as Operation } from "../dialect-entry.ts";
import type { DialectName, QuirksOf } from "../registry.ts";
import type { RowVariable } from "./row-variable.ts";

/**
 * How a credential travels: `Authorization: Bearer`, not at all, in a header
 * of its own, or in a query parameter. A provider without a credential sends
 * none, whatever the scheme. `sigv4` names the service of AWS that requests are
 * signed for; a credential there is an API key, and travels as a bearer instead.
 * `google` and `entra` name the scope of the token that is asked for where there
 * is no API key; one that is given travels in `x-goog-api-key` or `api-key`
 * instead. With `ibmIam` an API key is exchanged for a token at IBM's IAM.
 */
export type AuthScheme =
  | "bearer"
  | "none"
  | { readonly header: string }
  | { readonly query: string }
  | { readonly sigv4: string }
  | { readonly google: string }
  | { readonly entra: string }
  | { readonly ibmIam: true };

/** Models of a row that are served in another dialect than its others, or at another base URL. */
export interface ModelFamily {
  /** Finds their names, in the vendor's words. */
  readonly models: RegExp;
  /** One of those names. */
  readonly example: string;
  readonly dialect: DialectName;
  /** As of a row. */
  readonly alsoSpeaks?: readonly DialectName[];
  readonly operations: readonly Operation[];
  readonly quirks: Quirks;
  /**
   * Where it is served, if not at the row's base URL and prefix; it has the same places. Where the
   * config says another host, that host serves the family too, at this path if the configured one
   * is the row's.
   */
  readonly baseUrl?: string;
  /** Stands between the base URL and the paths of the dialect. Absent: nothing does. */
  readonly pathPrefix?: string;
}

/** A vendor as data. */
export interface CatalogRow {
  /** The `kind` of a provider in the config. */
  readonly id: string;
  /** The vendor's name as people write it. */
  readonly name: string;
  /**
   * The base URL, without a trailing slash. For `openai-chat` it includes the
   * version path (`.../v1`), for `anthropic-messages` it does not. Null when
   * no address fits everyone: the config must then say it. `{region}` stands
   * for the region of AWS, which only rows that sign have; `{project}` and
   * `{location}` for those of Google Cloud, which only rows with its tokens have.
   */
  readonly baseUrl: string | null;
  /**
   * Environment variables that hold the credential, the preferred one first. Empty when none is
   * needed.
   */
  readonly credentialEnv: readonly string[];
  /** Whether a provider of this kind can be used without a credential. */
  readonly credentialOptional: boolean;
  /** How the credential travels. */
  readonly auth: AuthScheme;
  /** The wire dialect that the endpoint speaks. */
  readonly dialect: DialectName;
  /**
   * Other dialects in which it serves chat at the same base URL; a caller who speaks one is not
   * translated.
   */
  readonly alsoSpeaks?: readonly DialectName[];
  /**
   * Dialects in which it may serve chat at the same base URL, which nobody can know of it: only
   * models that have nothing else are called in one.
   */
  readonly onDemand?: readonly DialectName[];
  /** Models that it serves otherwise; the first that fits a model's name counts. */
  readonly families?: readonly ModelFamily[];
  /**
   * Stands between the base URL, also a configured one, and the paths of the dialect. `{project}`
   * and `{location}` are those of Google Cloud; the part that names them is left out where an API
   * key is used for no project. Absent: nothing does.
   */
  readonly pathPrefix?: string;
  /** Path of chat calls after the base URL, when it is not the dialect's own. */
  readonly chatPath?: string;
  /** Path of rerank calls after the base URL, when it is not the dialect's own. */
  readonly rerankPath?: string;
  /** Path of embedding calls after the base URL, when it is not the dialect's own. */
  readonly embeddingsPath?: string;
  /** What the endpoint serves. */
  readonly operations: readonly Operation[];
  /** Where it deviates from its dialect. A {@link DeclaredRow} says which quirks a dialect has. */
  readonly quirks: Quirks;
  /**
   * Values of each customer's own that the base URL has places for, or that requests carry. Absent:
   * none.
   */
  readonly variables?: readonly RowVariable[];
  /** Names of the facts above that no vendor page was found for. */
  readonly unverified: readonly string[];
  /** The vendor's page that describes the endpoint; "" for the simulator, which has none. */
  readonly docs: string;
}

/** A family as rows of the catalog write it: its quirks are those of its dialect. */
export type DeclaredFamily<Dialect extends DialectName = DialectName> = {
  readonly [Name in Dialect]: Omit<ModelFamily, "dialect" | "quirks"> & {
    readonly dialect: Name;
    readonly quirks: QuirksOf<Name>;
  };
}[Dialect];

/** A row as the catalog writes it: a quirk of another dialect does not compile. */
export type DeclaredRow<Dialect extends DialectName = DialectName> = {
  readonly [Name in Dialect]: Omit<CatalogRow, "dialect" | "quirks" | "families"> & {
    readonly dialect: Name;
    readonly quirks: QuirksOf<Name>;
    readonly families?: readonly DeclaredFamily[];
  };
}[Dialect];

/**
 * The service of AWS that requests of a row are signed for; undefined for rows that do not sign.
 */
export function signedService({ auth }: CatalogRow): string | undefined {
  return typeof auth === "object" && "sigv4" in auth ? auth.sigv4 : undefined;
}

/** The scope of Google's tokens that a row asks for; undefined for rows that take none. */
export function googleScope({ auth }: CatalogRow): string | undefined {
  return typeof auth === "object" && "google" in auth ? auth.google : undefined;
}

/**
 * The scope of the tokens of Microsoft Entra ID that a row asks for; undefined for rows that take
 * none.
 */
export function entraScope({ auth }: CatalogRow): string | undefined {
  return typeof auth === "object" && "entra" in auth ? auth.entra : undefined;
}

/** Whether a row's API keys are exchanged for tokens at IBM's IAM. */
export function exchangesKeys({ auth }: CatalogRow): boolean {
  return typeof auth === "object" && "ibmIam" in auth;
}
