import { create, fromJson, isFieldSet, type JsonObject } from "@bufbuild/protobuf";
import type { Validator } from "@bufbuild/protovalidate";
import { type Document, isScalar } from "yaml";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { ServerSchema } from "../../../gen/parlance/config/v1/server_pb.js";
import { createCatalog } from "../../adapters/catalog/catalog.ts";
import { appendAll } from "../../core/append-all.ts";
import type { Finding, Report } from "../config-scope.ts";
import { checkRules } from "../document/check-rules.ts";
import { parseDocument } from "../document/parse-document.ts";
import { readMessage } from "../document/read-shape.ts";
import { createAliasTargets, maxAliases, maxNodes } from "../document/shape-scope.ts";
import {
  findingsOf,
  isLitellm,
  type LitellmInputs,
  type Origin,
  readLitellm,
} from "../litellm/litellm-file.ts";

/** What is set in place of what a file says. */
export interface Overrides {
  /** Listen here, whatever the file says. */
  readonly host?: string;
  /** Listen on this port, whatever the file says. */
  readonly port?: number;
  /** What a file of LiteLLM is read with. Absent: such files are refused like any other. */
  readonly litellm?: LitellmInputs;
}

/** A config before anything that it names is looked up. */
export interface Examined {
  /** Undefined: there is nothing to go on with. */
  readonly config: Config | undefined;
  /** Whether the file sets nothing at all. */
  readonly empty: boolean;
  /** What is wrong with the form of the text, which goes before all else. */
  readonly shape: readonly Finding[];
  /** Rules of the contract that are broken. */
  readonly broken: readonly Finding[];
  /** What of a LiteLLM file is not honoured as it stands. */
  readonly warnings: readonly Finding[];
  /**
   * Characters before each field, element and entry of the text, by path. Takes as long as reading
   * did.
   */
  readonly places: () => ReadonlyMap<string, number>;
  /** Where something of a LiteLLM file stands. Absent: where it seems to. */
  readonly origin?: (offset: number) => Origin;
}

/** Reads the text of a config. */
export function examineText(text: string, overrides: Overrides, validator: Validator): Examined {
  const shape: Finding[] = [];
  const parsed = parseDocument(text, (finding) => shape.push(finding));
  if (parsed === undefined) return { ...nothing, shape };
  const foreign = fromLitellm(parsed, text, overrides, shape);
  const document = foreign?.document ?? parsed;
  const config = fromJson(
    ConfigSchema,
    readJson(document, (finding) => shape.push(finding)),
  );
  const places = () => {
    const found = new Map<string, number>();
    readJson(document, () => undefined, found);
    return found;
  };
  const examined = { ...examineConfig(config, overrides, validator, shape), places };
  return foreign === undefined
    ? examined
    : { ...examined, warnings: foreign.warnings, origin: foreign.origin };
}

/** A file of LiteLLM in our words; undefined: it is one of ours. */
function fromLitellm(document: Document, text: string, { litellm }: Overrides, shape: Finding[]) {
  if (litellm === undefined || !isLitellm(document)) return undefined;
  const report: Report = (finding) => shape.push(finding);
  const read = readLitellm(document, text, litellm, createCatalog(), report);
  const { wrong, warnings } = findingsOf(read.notes);
  appendAll(shape, wrong);
  return { document: read.document, origin: read.origin, warnings };
}

function nowhere(): ReadonlyMap<string, number> {
  return new Map();
}

const nothing = { config: undefined, empty: false, broken: [], warnings: [], places: nowhere };

/** Checks a config that no text says. `shape` takes what is wrong with the overrides. */
export function examineConfig(
  config: Config,
  overrides: Overrides,
  validator: Validator,
  shape: Finding[],
): Examined {
  const empty = !ConfigSchema.fields.some((field) => isFieldSet(config, field));
  applyOverrides(config, overrides, shape);
  const broken: Finding[] = [];
  checkRules(config, validator, (finding) => broken.push(finding));
  return { config, empty, shape, broken, warnings: [], places: nowhere };
}

/** Reads the config as its JSON. */
function readJson(document: Document, report: Report, places?: Map<string, number>): JsonObject {
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return {};
  const left = { nodes: maxNodes, aliases: maxAliases };
  const targetOf = createAliasTargets(document);
  return readMessage({ path: "", targetOf, report, places, left }, root, ConfigSchema);
}

function applyOverrides(config: Config, { host, port }: Overrides, findings: Finding[]): void {
  if (host === undefined && port === undefined) return;
  config.server ??= create(ServerSchema);
  if (host !== undefined) config.server.host = host;
  if (port === undefined) return;
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) config.server.port = port;
  else
    findings.push({
      path: "server.port",
      message: "must be a whole number from 0 to 65535",
      hint: "",
      ruleId: "port",
    });
}
