import { create, fromJson, isFieldSet, type JsonObject } from "@bufbuild/protobuf";
import type { Validator } from "@bufbuild/protovalidate";
import { type Document, isScalar } from "yaml";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import { ServerSchema } from "../../../gen/parlance/config/v1/server_pb.js";
import type { Finding, Report } from "../config-scope.ts";
import { checkRules } from "../document/check-rules.ts";
import { parseDocument } from "../document/parse-document.ts";
import { readMessage } from "../document/read-shape.ts";
import { createAliasTargets, maxAliases, maxNodes } from "../document/shape-scope.ts";

/** What is set in place of what a file says. */
export interface Overrides {
  /** Listen here, whatever the file says. */
  readonly host?: string;
  /** Listen on this port, whatever the file says. */
  readonly port?: number;
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
  /**
   * Characters before each field, element and entry of the text, by path. Takes as long as reading
   * did.
   */
  readonly places: () => ReadonlyMap<string, number>;
}

/** Reads the text of a config. */
export function examineText(text: string, overrides: Overrides, validator: Validator): Examined {
  const shape: Finding[] = [];
  const document = parseDocument(text, (finding) => shape.push(finding));
  if (document === undefined)
    return { config: undefined, empty: false, shape, broken: [], places: nowhere };
  const config = fromJson(
    ConfigSchema,
    readJson(document, (finding) => shape.push(finding)),
  );
  const places = () => {
    const found = new Map<string, number>();
    readJson(document, () => undefined, found);
    return found;
  };
  return { ...examineConfig(config, overrides, validator, shape), places };
}

function nowhere(): ReadonlyMap<string, number> {
  return new Map();
}

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
  return { config, empty, shape, broken, places: nowhere };
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
