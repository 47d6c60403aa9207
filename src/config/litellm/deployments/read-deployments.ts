import type { Catalog } from "../../../adapters/catalog/catalog.ts";
import type { Surroundings } from "../surroundings.ts";
import { itemsOf, type Member, membersOf, type Place, type Tree } from "../tree/tree.ts";
import { flagOf, textOf } from "../tree/values.ts";
import type { Accounts } from "./accounts.ts";
import { type Deployment, firstOf } from "./deployment.ts";
import { vendorOf } from "./vendor-of.ts";

/** What deployments are read with. */
export interface DeploymentSources {
  readonly catalog: Catalog;
  readonly accounts: Accounts;
  /** `credential_values`, by the name of the credential. */
  readonly credentials: ReadonlyMap<string, ReadonlyMap<string, Member>>;
  /** `default_vertex_config`. */
  readonly vertex: ReadonlyMap<string, Member>;
}

/** What deployments of these modes serve is not served here. */
const otherModes = new Set([
  "image_generation",
  "image_edit",
  "audio_transcription",
  "audio_speech",
  "video_generation",
  "realtime",
  "ocr",
  "search",
  "vector_store",
  "batch",
]);

/** Reads `model_list`. Entries that nothing here can serve are noted and left out. */
export function readDeployments(
  list: Tree | undefined,
  sources: DeploymentSources,
  surroundings: Surroundings,
): readonly Deployment[] {
  return itemsOf(list).flatMap((entry) => readEntry(entry, sources, surroundings) ?? []);
}

function readEntry(
  entry: Tree,
  sources: DeploymentSources,
  surroundings: Surroundings,
): Deployment | undefined {
  const members = membersOf(entry);
  const name = textOf(firstOf(members, "model_name"), surroundings);
  const own = membersOf(members.get("litellm_params")?.value);
  const info = membersOf(members.get("model_info")?.value);
  const model = textOf(firstOf(own, "model"), surroundings);
  if (name === undefined || model === undefined) {
    const missing = name === undefined ? "model_name" : "litellm_params.model";
    surroundings.note({ kind: "wrong", at: entry.at, message: `${missing} is missing` });
    return undefined;
  }
  const mode = textOf(firstOf(info, "mode"), surroundings)?.value ?? "chat";
  if (otherModes.has(mode)) return leaveOut(model.at, `${mode} is not served`, surroundings);
  if (/\s/.test(name.value))
    return leaveOut(name.at, "the name holds white space, which no model's name may", surroundings);
  if (flagOf(firstOf(info, "blocked"), surroundings)?.value === true) return undefined;
  const params = new Map([
    ...sources.vertex,
    ...credentialOf(own, sources, surroundings),
    ...limitsOf(members),
    ...own,
  ]);
  const named = textOf(firstOf(params, "custom_llm_provider"), surroundings)?.value;
  const base = textOf(firstOf(params, "api_base", "base_url"), surroundings)?.value;
  if (model.value === "*") return anyVendor(name.value, model.at, surroundings);
  const vendor = params.has("mock_response")
    ? { kind: "sim", model: "echo" }
    : vendorOf(model.value, named, base, sources.catalog);
  if (vendor === undefined)
    return leaveOut(model.at, "no vendor of this name is served", surroundings);
  if (stars(vendor.model) > Math.min(1, stars(name.value)))
    return leaveOut(model.at, "its `*` stands for nothing of the model's name", surroundings);
  if (stars(name.value) > 1) return leaveOut(name.at, "a name may have one `*`", surroundings);
  const provider = sources.accounts.nameOf(vendor, params, model.at);
  const places = { at: entry.at, namedAt: name.at, modelAt: model.at };
  return { name: name.value, ...places, params, info, vendor, provider };
}

/** `model: "*"`: the vendors of the environment are added elsewhere. */
function anyVendor(name: string, at: Place, surroundings: Surroundings): undefined {
  surroundings.note({
    kind: name === "*" ? "honoured" : "none",
    at,
    message:
      name === "*"
        ? "every vendor whose key is in the environment can be called as `provider/model`"
        : "is left out: `*` alone names no vendor",
  });
}

function leaveOut(at: Place, why: string, surroundings: Surroundings): undefined {
  surroundings.note({ kind: "none", at, message: `the deployment is left out: ${why}` });
}

function stars(text: string): number {
  return text.split("*").length - 1;
}

/** Limits may stand beside `litellm_params`. */
function limitsOf(members: ReadonlyMap<string, Member>): readonly (readonly [string, Member])[] {
  return ["rpm", "tpm", "weight", "order"].flatMap((key) => {
    const member = members.get(key);
    return member === undefined ? [] : [[key, member] as const];
  });
}

function credentialOf(
  params: ReadonlyMap<string, Member>,
  { credentials }: DeploymentSources,
  surroundings: Surroundings,
): ReadonlyMap<string, Member> {
  const name = textOf(firstOf(params, "litellm_credential_name"), surroundings);
  if (name === undefined) return new Map();
  const found = credentials.get(name.value);
  if (found === undefined)
    surroundings.note({ kind: "wrong", at: name.at, message: "no credential has this name" });
  return found ?? new Map();
}
