import type { Dialect, Facade } from "../core/dialect.ts";
import type { OperationName } from "../core/operation.ts";

/** What a vendor serves in a dialect. `models`: the list of its models. */
export type CatalogOperation = OperationName | "models";

/** A dialect that we call vendors in. `Quirks`: where a vendor of it may deviate. */
export interface DialectEntry<Quirks extends object> {
  /** Loads its code, with the first that needs it. Absent: it is answered in this process. */
  readonly load?: () => Promise<Dialect>;
  /**
   * What vendors can serve in it, each with its path after the base URL of a provider. "": it has
   * none.
   */
  readonly operations: Readonly<Partial<Record<CatalogOperation, string>>>;
  /** Ends of a base URL that name an operation, which the dialect appends itself: refused. */
  readonly operationEnds: readonly string[];
  /** A version at the end of a base URL, which the dialect appends itself: taken off. */
  readonly ownVersion?: RegExp;
  /** Never present: it carries the type of the quirks that a row of the dialect may declare. */
  readonly quirks?: Partial<Quirks>;
}

/** A dialect without quirks. */
export type NoQuirks = Readonly<Record<never, never>>;

/** Makes an entry; gives it the type of its quirks. */
export function dialect<Quirks extends object = NoQuirks>(
  entry: DialectEntry<Quirks>,
): DialectEntry<Quirks> {
  return entry;
}

/** A dialect that clients call us in. */
export interface FacadeEntry {
  /** Loads its code, with the first client that needs it. */
  readonly load: () => Promise<Facade>;
  /**
   * The paths that its clients post to, with `{model}` where the model stands. Those under `/v1`
   * are also served without it, and under `/openai/v1`.
   */
  readonly posts: Readonly<Record<string, OperationName | StreamedPath>>;
  /** The paths where its clients list models. Absent: none. */
  readonly lists?: readonly string[];
  /**
   * Paths under which there is nothing but this dialect: what is not served there is refused in it.
   * Absent: none.
   */
  readonly folders?: readonly string[];
  /** Whether clients may put their key into the query as `key`. Absent: they may not. */
  readonly keyInQuery?: true;
  /** Whether clients may sign their requests as AWS's SDKs do. Absent: they may not. */
  readonly signed?: true;
}

/** An operation whose path says whether the answer is streamed. */
export interface StreamedPath {
  readonly operation: OperationName;
  /** What its bodies may ask for instead, by `Facade.operationOf`. Absent: nothing. */
  readonly others?: readonly OperationName[];
  readonly stream: boolean;
}
