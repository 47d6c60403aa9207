import { createHash, type Hash } from "node:crypto";
import { CacheScope } from "../../../gen/parlance/call/v1/cache_pb.js";
import { EmbedInputSchema, type EmbedSpec } from "../../../gen/parlance/embed/v1/embedding_pb.js";
import type { ConfiguredModel, Settings } from "../../config/settings.ts";
import type { CacheWishes } from "../../core/cache/cache-wishes.ts";
import type { Call, Outlet, Principal } from "../../core/call.ts";
import { forwardedHeader } from "../../core/target/forwarded-header.ts";
import type { WireOutlet } from "../../core/target/outlet.ts";
import type { AddCanonical } from "./canonical-form.ts";
import { membersOutsideKey } from "./not-in-key.ts";

/** What keys are made of beside the call. */
export interface KeyOptions {
  readonly settings: Pick<Settings, "hash" | "providers">;
  readonly outlet: (provider: string) => Outlet | undefined;
  readonly addCanonical: AddCanonical;
}

/** Makes the keys of calls. */
export interface CacheKeys {
  /** What of a call is in its keys beside its request, and who may share its answer. */
  head(call: Call, model: ConfiguredModel, wishes: CacheWishes): string;
  /** Of the bytes that a REST client sent; undefined for other callers. */
  ofBytes(call: Call, model: ConfiguredModel, head: string): string | undefined;
  /** Of the call, whichever client made it. Undefined where not all of it is known. */
  ofCall(call: Call, model: ConfiguredModel, head: string): string | undefined;
  /**
   * Of each input of a batch, as if it were sent alone; undefined where not all of the call is
   * known.
   */
  ofInputs(
    call: Call,
    model: ConfiguredModel,
    head: string,
    spec: EmbedSpec,
  ): readonly string[] | undefined;
}

/** Makes the maker of keys of a configuration. */
export function createCacheKeys({ settings, outlet, addCanonical }: KeyOptions): CacheKeys {
  const facts = new Map<ConfiguredModel["settings"], ModelKeyFacts>();
  const factsOf = (model: ConfiguredModel): ModelKeyFacts => {
    const known = facts.get(model.settings);
    if (known !== undefined) return known;
    const found = modelKeyFacts(model, settings, outlet);
    facts.set(model.settings, found);
    return found;
  };
  const ofCall: CacheKeys["ofCall"] = (whole, model, head) => {
    const call = withoutOutside(whole);
    const { origin, header } = call;
    const hash = createHash("sha256").update(head);
    const sent = origin === undefined ? undefined : factsOf(model).headers.get(origin.dialect);
    for (const name of sent ?? NO_HEADERS) {
      const value = name.endsWith(FORM) ? undefined : forwardedHeader(header, name);
      if (value !== undefined) hash.update(JSON.stringify([name, value]));
    }
    return addRequest(hash, call, addCanonical) ? hash.digest("hex") : undefined;
  };
  return {
    ofCall,
    ofInputs(whole, model, head, spec) {
      const call = withoutOutside(whole);
      const empty = { ...(call === whole ? spec : call.request.message()), inputs: [] };
      const request = { ...call.request, message: () => empty };
      const shared = ofCall({ ...call, request }, model, head);
      if (shared === undefined) return undefined;
      const keys: string[] = [];
      for (const input of spec.inputs) {
        const hash = createHash("sha256").update(shared);
        if (!addCanonical(hash, EmbedInputSchema, input)) return undefined;
        keys.push(hash.digest("hex"));
      }
      return keys;
    },
    head(call, model, { scope, namespace = "" }) {
      const { digest } = factsOf(model);
      const { principal, request, header, origin, guarded } = call;
      return JSON.stringify([
        VERSION,
        tenantOf(narrower(model.settings.cache?.scope, scope), principal),
        request.operation.name,
        call.model,
        digest,
        namespace,
        principal?.strict === true,
        header("x-parlance-strict") ?? origin?.strict ?? "",
        armOf(call, model),
        // Who shares the answer of a fallback shares what its guards made of it.
        ...(guarded?.without.toSorted() ?? []),
      ]);
    },
    ofBytes({ origin, request, header }, model, head) {
      if (origin === undefined) return undefined;
      const { dialect, body, contentType = "", wantsUsage } = origin;
      const sent = factsOf(model).headers.get(dialect) ?? NO_HEADERS;
      const hash = createHash("sha256").update(head);
      const form = [settings.hash, dialect, contentType, wantsUsage, request.stream, body.length];
      for (const name of sent) form.push(forwardedHeader(header, name) ?? false);
      return hash.update(JSON.stringify(form)).update(body).digest("base64url");
    },
  };
}

/** A call whose body has no members that are outside of its key; the same one where it has none. */
function withoutOutside(call: Call): Call {
  const { origin, request } = call;
  if (origin === undefined || request.edit === undefined) return call;
  let edits: Record<string, null> | undefined;
  for (const name of outside) {
    if (!Object.hasOwn(origin.json, name)) continue;
    edits ??= {};
    edits[name] = null;
  }
  return edits === undefined ? call : { ...call, ...request.edit(edits) };
}

const outside = Object.keys(membersOutsideKey);

/** The arm of a call and its targets; null where its model is not split. */
function armOf({ arm }: Call, { targets }: ConfiguredModel): readonly string[] | null {
  if (arm === undefined) return null;
  const places = targets.map(({ provider, model }) => `${provider}/${model}`);
  return [arm.experiment, arm.name, ...places];
}

const NO_HEADERS: readonly string[] = [];

/** A version of a vendor's API is about the form of answers: stored ones are in the contract's. */
const FORM = "-version";

/** Changes when answers that are stored under former keys must not be found any more. */
const VERSION = 1;

/**
 * Adds the request. Members that no reader knows are in the extras of its message; where some are
 * not, all bytes of the client are added too.
 */
function addRequest(hash: Hash, { request, origin }: Call, addCanonical: AddCanonical): boolean {
  const { operation, message, beside } = request;
  const known = addCanonical(hash, operation.request, message());
  const held = beside?.()?.members.every(({ extras }) => extras !== undefined) ?? true;
  if (held) return known;
  if (origin === undefined) return false;
  hash.update(origin.dialect).update("\n").update(origin.body);
  return known;
}

/** Who may share an answer, as text that no other tenant has. */
function tenantOf(scope: CacheScope, principal: Principal | undefined): readonly string[] {
  if (scope === CacheScope.PUBLIC) return ["public"];
  const team = principal?.team ?? "";
  if (scope === CacheScope.TEAM && team !== "") return ["team", team];
  return ["key", principal?.name ?? ""];
}

/** The scope with fewer callers; their numbers grow with them. Unset: KEY. */
function narrower(model: CacheScope | undefined, wish: CacheScope | undefined): CacheScope {
  const own = model || CacheScope.KEY;
  return wish ? Math.min(own, wish) : own;
}

/** What of a model's configuration its answers depend on. */
interface ModelKeyFacts {
  /** Of its targets and of what is done with requests on the way to them. */
  readonly digest: string;
  /** Headers that its vendors get of callers in their own dialect, by the dialect. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

function modelKeyFacts(
  { settings: model }: ConfiguredModel,
  { providers }: Pick<Settings, "providers">,
  outlet: KeyOptions["outlet"],
): ModelKeyFacts {
  const headers = new Map<string, readonly string[]>();
  const targets = model.targets.map((target) => {
    const name = target.model.slice(0, target.model.indexOf("/"));
    const provider = providers.get(name);
    const way = outlet(name);
    if (way?.kind === "wire") addHeaders(headers, way);
    return [
      target.model,
      target.baseModel,
      target.traits,
      provider?.settings.kind,
      provider?.baseUrl,
    ];
  });
  const text = JSON.stringify([targets, model.traits, model.strict, model.unknownFields], plain);
  return {
    digest: createHash("sha256").update(text).digest("base64url"),
    headers,
  };
}

function addHeaders(headers: Map<string, readonly string[]>, outlet: WireOutlet): void {
  const { dialect, forwardedHeaders, alternatives, onDemand, families } = outlet;
  const known = headers.get(dialect.name) ?? NO_HEADERS;
  headers.set(dialect.name, [...new Set([...known, ...forwardedHeaders])].sort());
  const others = [...alternatives.values(), ...(onDemand?.values() ?? [])];
  for (const other of [...others, ...families.map((family) => family.outlet)])
    if (other !== outlet) addHeaders(headers, other);
}

/** JSON has no word for large whole numbers. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}
