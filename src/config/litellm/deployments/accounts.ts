import { isMap, isScalar, isSeq } from "yaml";
import type { Catalog } from "../../../adapters/catalog/catalog.ts";
import {
  type CatalogRow,
  entraScope,
  googleScope,
  signedService,
} from "../../../adapters/catalog/catalog-row.ts";
import { type Surroundings, variableOf } from "../surroundings.ts";
import { type Draft, type Fields, mapping, mappingOrNone, scalar } from "../tree/draft.ts";
import { type Member, membersOf, type Place } from "../tree/tree.ts";
import { type Read, secretDraftOf, textOf, variableSecret } from "../tree/values.ts";
import { addressOfEnvironment, baseUrlOf, kindAt } from "./address-of.ts";
import { cloudOptions } from "./cloud-options.ts";
import { firstOf } from "./deployment.ts";
import type { Vendor } from "./vendor-of.ts";

/** The accounts at vendors that deployments are called at, each once: our providers. */
export class Accounts {
  readonly #catalog: Catalog;
  readonly #surroundings: Surroundings;
  readonly #isTaken: (name: string) => boolean;
  readonly #names = new Map<string, string>();
  readonly #drafts = new Map<string, Draft>();

  /** `isTaken` says which names no provider may have. */
  constructor(catalog: Catalog, surroundings: Surroundings, isTaken: (name: string) => boolean) {
    this.#catalog = catalog;
    this.#surroundings = surroundings;
    this.#isTaken = isTaken;
  }

  /** The name of the provider for a deployment. */
  nameOf(vendor: Vendor, params: ReadonlyMap<string, Member>, at: Place): string {
    const draft = this.#draft(vendor, params, at);
    const print = fingerprint(draft);
    const known = this.#names.get(print);
    if (known !== undefined) return known;
    const name = this.#freeName(String(draft.get("kind")));
    this.#names.set(print, name);
    this.#drafts.set(name, draft);
    return name;
  }

  /** Adds a provider of this name, unless there is one or the name may not be had. */
  add(name: string, draft: Draft): void {
    if (!this.#drafts.has(name) && !this.#isTaken(name)) this.#drafts.set(name, draft);
  }

  /** The providers, by name. */
  get fields(): Fields {
    return Object.fromEntries(this.#drafts);
  }

  #freeName(kind: string): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? kind : `${kind}_${number}`;
      if (!this.#drafts.has(name) && !this.#isTaken(name)) return name;
    }
  }

  #draft(vendor: Vendor, params: ReadonlyMap<string, Member>, at: Place) {
    const mock = textOf(firstOf(params, "mock_response"), this.#surroundings);
    if (mock !== undefined) {
      const reply = scalar(mock.value, mock.at);
      return mapping({ kind: scalar("sim", at), sim: mapping({ reply }, mock.at) }, at);
    }
    const surroundings = this.#surroundings;
    const written = textOf(
      firstOf(params, "api_base", "base_url", "aws_bedrock_runtime_endpoint"),
      surroundings,
    );
    const base = written ?? addressOfEnvironment(vendor.kind, surroundings, at);
    const kind = kindAt(vendor, base?.value);
    const row = this.#catalog.get(kind);
    if (row === undefined) throw new Error(`no vendor has the kind ${kind}`);
    const key = this.#key(row, params, at);
    const sources = { row, vendor, params, keyed: key !== undefined, at };
    return mapping(
      {
        kind: scalar(kind, at),
        base_url: addressDraft(base, kind, vendor.kind),
        api_key: key,
        headers: this.#headers(params, at),
        variables: this.#variables(row, params, at),
        ...cloudOptions(sources, surroundings),
      },
      at,
    );
  }

  #key(row: CatalogRow, params: ReadonlyMap<string, Member>, at: Place): Draft | undefined {
    const own = secretDraftOf(firstOf(params, "api_key"), this.#surroundings);
    if (own !== undefined) return own;
    const names = row.id === "openai_compatible" ? ["OPENAI_API_KEY"] : row.credentialEnv;
    const set = names.find((name) => variableOf(name, this.#surroundings) !== undefined);
    if (set !== undefined) return variableSecret(set, at, this.#surroundings);
    const [first] = row.credentialEnv;
    const inCloud =
      signedService(row) !== undefined ||
      googleScope(row) !== undefined ||
      entraScope(row) !== undefined;
    if (first === undefined || row.credentialOptional || inCloud) return undefined;
    return variableSecret(first, at, this.#surroundings);
  }

  #headers(params: ReadonlyMap<string, Member>, at: Place): Draft | undefined {
    const headers: Record<string, Draft> = {};
    const organization = textOf(firstOf(params, "organization"), this.#surroundings);
    if (organization !== undefined)
      headers["OpenAI-Organization"] = scalar(organization.value, organization.at);
    for (const key of ["headers", "extra_headers"])
      for (const { name, value } of membersOf(params.get(key)?.value).values()) {
        const read = textOf(value, this.#surroundings);
        if (read !== undefined) headers[name] = scalar(read.value, read.at);
      }
    return mappingOrNone(headers, at);
  }

  #variables(
    { variables = [] }: CatalogRow,
    params: ReadonlyMap<string, Member>,
    at: Place,
  ): Draft | undefined {
    const fields = variables.map(({ name }) => {
      const read = textOf(firstOf(params, name, `watsonx_${name}_name`), this.#surroundings);
      return [name, read === undefined ? undefined : scalar(read.value, read.at)] as const;
    });
    return mappingOrNone(Object.fromEntries(fields), at);
  }
}

function addressDraft(
  base: Read<string> | undefined,
  kind: string,
  named: string,
): Draft | undefined {
  if (base === undefined) return undefined;
  const address = baseUrlOf(base.value, kind);
  const version = named === "huggingface" && kind !== named && !address.endsWith("/v1");
  return scalar(version ? `${address}/v1` : address, base.at);
}

/** What a draft says, wherever it stands. */
function fingerprint(draft: unknown): string {
  if (isScalar(draft)) return JSON.stringify(draft.value);
  if (isSeq(draft)) return `[${draft.items.map(fingerprint).join()}]`;
  if (!isMap(draft)) return "";
  const items = draft.items.map(({ key, value }) => `${fingerprint(key)}:${fingerprint(value)}`);
  return `{${items.join()}}`;
}
