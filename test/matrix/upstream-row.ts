import type { Json } from "../vendors/json-value.ts";
import type { RecordedRequest, Vendor } from "../vendors/start-vendor-server.ts";
import type { Family, TokenCounts } from "./client.ts";
import type { Breakage } from "./expected-failures.ts";

/**
 * One upstream of the matrix: a simulated vendor and what is particular to it. A new upstream is a
 * file in `upstreams/` that exports a row, and its place in the list of `upstreams.ts`; every
 * client then plays every scenario and every fate against it.
 *
 * The gateway is configured with five providers a row: `{name}` straight to the vendor;
 * `{name}_cut`, `{name}_short`, `{name}_hang` and `{name}_silent` by way of a relay that fails so.
 * The relay keeps method, path, query and headers (`host` too), so signatures hold. It knows frames
 * of server-sent events, NDJSON and AWS event streams by the content type.
 *
 * A model is `{name}/{model}-{scenario}`, and the vendor behaves by that suffix (see
 * test/vendors/scenario.ts). A vendor whose requests name the model in the path tells
 * startVendorServer how to read it.
 */
export interface UpstreamRow {
  /** In titles, and the name of its providers: lower case and `_`. */
  readonly name: string;
  /** The model's name without the scenario. */
  readonly model: string;
  /** Requests do not name the model: the caller's words end with the scenario instead. */
  readonly modelUnsent?: true;
  /** Starts the vendor, which accepts nothing but the row's own credential. */
  readonly start: () => Promise<Vendor>;
  /**
   * The members of its provider in the configuration, in YAML's flow style and without braces;
   * `origin` has no path.
   */
  readonly provider: (origin: string) => string;
  /** The credential as the vendor was shown it. */
  readonly shownCredential: (request: RecordedRequest) => string | undefined;
  /** What shownCredential gives for every request of the gateway's. */
  readonly credential: string | RegExp;
  /**
   * Ids of tool calls: as clients get them, and as the vendor gets them back; undefined where it
   * knows no ids.
   */
  readonly toolIds: { readonly shown: RegExp; readonly received: RegExp | undefined };
  /** The tool calls and results of a request that the vendor received. */
  readonly readToolTurn: (request: RecordedRequest) => ToolTurn;
  readonly thinking: ThinkingFacts;
  /**
   * The numbers of the vendor's usage scenario, in the contract's sums. Undefined: the vendor does
   * not tell, and clients read 0.
   */
  readonly usage: TokenCounts;
  /** The numbers where the answer is whole, of a vendor that tells less then. */
  readonly unaryUsage?: TokenCounts;
  /** Where the vendor's own statuses differ from those of the breakage's name. */
  readonly statuses?: Partial<Readonly<Record<Breakage, number>>>;
  /** Breakages of which this vendor does not say when to come again. */
  readonly silentOnRetry?: readonly Breakage[];
  /**
   * Scenarios that the vendor's API has no place for, and why: callers are told UNSUPPORTED, and
   * the vendor is not asked.
   */
  readonly refuses?: Partial<Readonly<Record<ScenarioName, string>>>;
  /**
   * Scenarios whose settings the vendor has no words for, and why: callers get what it says without
   * them.
   */
  readonly loses?: Partial<Readonly<Record<ScenarioName, string>>>;
}

/** The scenarios of the matrix, see scenarios.ts. */
export type ScenarioName =
  | "text"
  | "tools two turns"
  | "parallel tools"
  | "image"
  | "structured output"
  | "thinking"
  | "usage";

/** What a vendor's reasoning carries. */
export interface ThinkingFacts {
  /**
   * The signature of the reasoning's words; undefined: they bear none, and clients get an empty
   * signature.
   */
  readonly proof: string | undefined;
  /** The reasoning that a second request brings back, as the vendor reads it. */
  readonly read: (request: RecordedRequest) => readonly ReasoningProof[];
  /** What `read` gives in the second turn, of clients that carry it. */
  readonly broughtBack: readonly ReasoningProof[];
  /** Clients whose dialect has a place for this vendor's proof. Absent: all of them. */
  readonly carriedBy?: readonly Family[];
}

/** Reasoning with its proof, in the vendor's words. */
export interface ReasoningProof {
  readonly text: unknown;
  readonly signature: unknown;
}

/** The tool calls of a history and what was answered, as a vendor received them. */
export interface ToolTurn {
  readonly calls: readonly {
    readonly id: string | undefined;
    readonly name: string | undefined;
    readonly input: Json | undefined;
  }[];
  readonly results: readonly {
    readonly id: string | undefined;
    readonly text: string | undefined;
  }[];
}
