import { create, fromJson, isFieldSet } from "@bufbuild/protobuf";
import type { Validator } from "@bufbuild/protovalidate";
import { isScalar } from "yaml";
import { type Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import { ServerSchema } from "../../gen/parlance/config/v1/server_pb.js";
import { type Catalog, createCatalog } from "../adapters/catalog/catalog.ts";
import { checkRules } from "./check-rules.ts";
import { createPlan } from "./create-plan.ts";
import type { Finding } from "./finding.ts";
import { dropFollowing, locateFindings } from "./locate-findings.ts";
import { parseDocument } from "./parse-document.ts";
import type { Plan } from "./plan.ts";
import { readMessage } from "./read-shape.ts";
import type { ReadText, SecretSources } from "./resolve-secret.ts";
import { createAliasTargets, maxAliases, maxNodes } from "./shape-context.ts";
import { warnOfUnusedSettings } from "./unused-settings.ts";
import { createLazyValidator } from "./validator.ts";
import type { Violation } from "./violation.ts";
import { createZeroConfig } from "./zero-config.ts";

/** A config file that has been read: YAML or JSON. */
export interface ConfigSource {
  readonly text: string;
  /** For messages only. */
  readonly filename: string;
}

/** What loading may be told besides the file. */
export interface LoadOptions {
  /** Listen here, whatever the file says. */
  readonly host?: string;
  /** Listen on this port, whatever the file says. */
  readonly port?: number;
  /** Whether files and environment variables that the text names are looked up; default true. Else a warning names each. */
  readonly lookUps?: boolean;
  /** The validator of the process; by default each load makes its own. */
  readonly validator?: Validator;
}

/** What loading gives back; both outcomes are normal. Warnings never stop a start. */
export type LoadResult = Loaded | { readonly ok: false; readonly violations: readonly Violation[] };

/** A configuration that can be used. */
export interface Loaded {
  readonly ok: true;
  readonly plan: Plan;
  readonly warnings: readonly Violation[];
  /** Whether the file sets nothing at all: it is blank, holds only comments, or an empty mapping. */
  readonly empty: boolean;
}

/**
 * Reads, checks and compiles a config. Without a source the environment alone
 * decides: see describeZeroConfig. Never throws for what the file or the
 * environment says: all violations come back at once, sorted by line, and none
 * repeats a secret. `readText` reads secret and certificate files and throws
 * when it cannot.
 */
export function loadConfig(
  source: ConfigSource | undefined,
  env: Readonly<Record<string, string | undefined>>,
  readText: ReadText,
  options: LoadOptions = {},
): LoadResult {
  const catalog = createCatalog();
  const places = new Map<string, number>();
  const text = source?.text ?? "";
  const shape: Finding[] = [];
  const fail = (findings: readonly Finding[]): LoadResult => ({
    ok: false,
    violations: locateFindings(findings, text, places),
  });
  const config = source === undefined ? createZeroConfig(env, catalog) : readConfig(text, places, shape);
  if (config === undefined) return fail(shape);
  const empty = !ConfigSchema.fields.some((field) => isFieldSet(config, field));
  applyOverrides(config, options, shape);
  const warnings: Finding[] = [];
  const leaveOut = (path: string) => void warnings.push(notChecked(path));
  const sources = { env, readText, ...(options.lookUps === false ? { leaveOut } : {}) };
  const { plan, findings } = checkAndCompile(config, catalog, sources, options.validator);
  const violations = [...shape, ...dropFollowing(shape, findings)];
  if (violations.length > 0) return fail(violations);
  warnOfUnusedSettings(config, (finding) => warnings.push(finding));
  return { ok: true, plan, empty, warnings: locateFindings(warnings, text, places) };
}

function notChecked(path: string): Finding {
  const message = "was not checked: files and environment variables that a text names are looked up for admins only";
  return { path, message, hint: "check it with the admin key, or by parlance check", ruleId: "not_checked" };
}

function readConfig(text: string, places: Map<string, number>, findings: Finding[]): Config | undefined {
  const report = (finding: Finding) => void findings.push(finding);
  const document = parseDocument(text, report);
  if (document === undefined) return undefined;
  const root = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) return create(ConfigSchema);
  const left = { nodes: maxNodes, aliases: maxAliases };
  const targetOf = createAliasTargets(document);
  const json = readMessage({ targetOf, report, places, left }, root, ConfigSchema, "");
  return fromJson(ConfigSchema, json);
}

function applyOverrides(config: Config, { host, port }: LoadOptions, findings: Finding[]): void {
  if (host === undefined && port === undefined) return;
  config.server ??= create(ServerSchema);
  if (host !== undefined) config.server.host = host;
  if (port === undefined) return;
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) config.server.port = port;
  else
    findings.push({ path: "server.port", message: "must be a whole number from 0 to 65535", hint: "", ruleId: "port" });
}

function checkAndCompile(config: Config, catalog: Catalog, sources: SecretSources, validator = createLazyValidator()) {
  const broken: Finding[] = [];
  checkRules(config, validator, (finding) => broken.push(finding));
  const compiled: Finding[] = [];
  const plan = createPlan(config, catalog, sources, (finding) => compiled.push(finding));
  const brokenPaths = new Set(broken.map((finding) => finding.path));
  return { plan, findings: [...broken, ...compiled.filter((finding) => !brokenPaths.has(finding.path))] };
}
