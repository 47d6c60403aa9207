import type { Validator } from "@bufbuild/protovalidate";
import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import { type Catalog, createCatalog } from "../../adapters/catalog/catalog.ts";
import { finish, type Steps } from "../../core/steps.ts";
import type { ConfigObject, LeftOut } from "../../core/stored/config-object.ts";
import { createLazyValidator } from "../../validation/validator.ts";
import type { ConfigScope, Finding, ReadText, SecretSources } from "../config-scope.ts";
import { createSettings } from "../create-settings.ts";
import { gatherIncludes, mayBeLitellm } from "../litellm/litellm-file.ts";
import type { SecretReader, SecretReading } from "../references/secret-reader.ts";
import type { Settings } from "../settings.ts";
import { compileStored } from "../stored/compile-stored.ts";
import { withBootstrap } from "../stored/with-bootstrap.ts";
import { warnOfUnusedSettings } from "../unused-settings.ts";
import type { Violation } from "../violation.ts";
import { createZeroConfig } from "../zero-config.ts";
import { type Examined, examineConfig, examineText, type Overrides } from "./examine.ts";
import { type CompilerFindings, type Located, locateViolations } from "./locate-violations.ts";

/** A config file that has been read: YAML or JSON. */
export interface ConfigSource {
  readonly text: string;
  /** For messages only. */
  readonly filename: string;
}

/** The options of loading besides the file. */
export interface LoadOptions extends Overrides {
  /**
   * Whether files and environment variables that the text names are looked up; default true. Else a
   * warning names each.
   */
  readonly lookUps?: boolean;
  /** What the store adds to the config, if this can be used by itself. Absent: nothing. */
  readonly stored?: readonly ConfigObject[];
  /** The config file whose own parts hold in place of those of the text. Absent: none. */
  readonly bootstrap?: Config;
  /** The validator of the process; by default each load makes its own. */
  readonly validator?: Validator;
  /** Reads secrets of secret managers. Absent: a configuration that names some is refused. */
  readonly secrets?: SecretReader;
}

/** What loading gives back; both outcomes are normal. Warnings never stop a start. */
export type LoadResult = Loaded | { readonly ok: false; readonly violations: readonly Violation[] };

/** A configuration that can be used. */
export interface Loaded {
  readonly ok: true;
  readonly settings: Settings;
  readonly warnings: readonly Violation[];
  /**
   * Whether the file sets nothing at all: it is blank, holds only comments, or an empty mapping.
   */
  readonly empty: boolean;
  /** What of the store is not in force; a warning says so of each, too. */
  readonly leftOut: readonly LeftOut[];
  /** What its references were found to name. Absent: none were looked for. */
  readonly secrets?: SecretReading | undefined;
}

/**
 * Reads, checks and compiles a config. Without a source the environment alone
 * decides: see describeZeroConfig. Never throws for what the file or the
 * environment says: all violations come back at once, sorted by line, and none
 * repeats a secret. `readText` reads secret and certificate files and throws
 * when it cannot. Takes seconds for the largest configs, without interruption: see loadInSlices.
 * Secret managers are not asked: see loadAtOnce.
 */
export function loadConfig(
  source: ConfigSource | undefined,
  env: SecretSources["env"],
  readText: ReadText,
  options: Omit<LoadOptions, "secrets"> = {},
): LoadResult {
  const inputs = withLitellm(source, { env, readText }, options);
  const examined = examineSource(source, env, createCatalog(), inputs);
  return compileExamined(source, examined, { env, readText }, options);
}

/** Loads a config as loadConfig does, once the secret managers have answered that it names. */
export async function loadAtOnce(
  source: ConfigSource | undefined,
  env: SecretSources["env"],
  readText: ReadText,
  options: LoadOptions = {},
): Promise<LoadResult> {
  const sources = { env, readText };
  const inputs = withLitellm(source, sources, options);
  const examined = examineSource(source, env, createCatalog(), inputs);
  const { config, shape, broken } = examined;
  const wrong = shape.length + broken.length > 0;
  const reading = config && (await readSecrets(config, sources, options, wrong));
  return compileExamined(source, examined, withReading(sources, reading), options, reading);
}

function compileExamined(
  source: ConfigSource | undefined,
  examined: Examined,
  sources: SecretSources,
  options: LoadOptions,
  reading?: SecretReading | "unread",
): LoadResult {
  const compiled =
    examined.config === undefined
      ? nothingCompiled
      : finish(compileConfig(examined.config, createCatalog(), sources, options));
  const located = locateViolations(source?.text ?? "", examined, compiled);
  return conclude(examined, compiled, located, reading);
}

/**
 * What the references of a config were found to name. Undefined: nobody is asked; "unread": it is
 * `wrong`, so that nobody needs to be.
 */
export async function readSecrets(
  config: Config,
  sources: SecretSources,
  { secrets, bootstrap, lookUps = true }: LoadOptions,
  wrong: boolean,
): Promise<SecretReading | "unread" | undefined> {
  if (secrets === undefined || !lookUps) return undefined;
  if (wrong) return "unread";
  const whole =
    bootstrap === undefined ? config : withBootstrap(config, bootstrap, () => undefined);
  return secrets.read(whole, sources);
}

/** The sources of a config with what its references were found to name. */
export function withReading(
  sources: SecretSources,
  reading: SecretReading | "unread" | undefined,
): SecretSources {
  if (reading === undefined) return sources;
  const found = reading === "unread" ? undefined : reading.found;
  return { ...sources, managed: (key) => found?.get(key) };
}

/** The options, with what the file needs to be read if it is one of LiteLLM's. */
export function withLitellm<Options extends LoadOptions>(
  source: ConfigSource | undefined,
  { env, readText }: SecretSources,
  options: Options,
): Options {
  if (source === undefined || !mayBeLitellm(source.text)) return options;
  const { text, filename } = source;
  const { lookUps = true } = options;
  const litellm = lookUps
    ? { env: { ...env }, files: gatherIncludes(text, filename, readText), filename, lookUps }
    : { env: {}, files: {}, filename, lookUps };
  return { ...options, litellm };
}

/** Reads a config, or makes the one of the environment. */
export function examineSource(
  source: ConfigSource | undefined,
  env: SecretSources["env"],
  catalog: Catalog,
  options: LoadOptions,
): Examined {
  const { validator = createLazyValidator() } = options;
  if (source !== undefined) return examineText(source.text, options, validator);
  return examineConfig(createZeroConfig(env, catalog), options, validator, []);
}

/**
 * A config that was compiled. The settings may be used only where nothing is wrong; undefined:
 * there was nothing to compile.
 */
export interface Compiled extends CompilerFindings {
  readonly settings: Settings | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** Stands for a config that cannot be read at all. */
export const nothingCompiled: Compiled = {
  settings: undefined,
  findings: [],
  warnings: [],
  leftOut: [],
};

/** Compiles a config that was read, with what the store adds, and warns of what has no effect. */
export function* compileConfig(
  said: Config,
  catalog: Catalog,
  sources: SecretSources,
  { lookUps = true, stored = [], bootstrap }: LoadOptions,
): Steps<Compiled> {
  const findings: Finding[] = [];
  const warnings: Finding[] = [];
  const config =
    bootstrap === undefined
      ? said
      : withBootstrap(said, bootstrap, (finding) => warnings.push(finding));
  const cyclesAllowed = config.routing?.allowFallbackCycles === true;
  const leaveOut = (path: string) => void warnings.push(notChecked(path));
  const isAllowed = ({ ruleId }: Finding) => cyclesAllowed && ruleId === "fallback_cycle";
  const scope: ConfigScope = {
    path: "",
    sources: lookUps ? sources : { ...sources, leaveOut },
    report: (finding) => {
      if (!isAllowed(finding)) findings.push(finding);
      else warnings.push(finding);
    },
  };
  const settings = yield* createSettings(config, catalog, scope);
  warnOfUnusedSettings(config, { path: "", report: (finding) => warnings.push(finding) });
  if (stored.length === 0 || findings.length > 0)
    return { settings, findings, warnings, leftOut: [] };
  const added = yield* compileStored({ config, settings }, stored, { catalog, scope, isAllowed });
  for (const one of added.leftOut) warnings.push(notInForce(one));
  return { ...added, findings, warnings };
}

/** The result of a load, when all that is wrong has been found. */
export function conclude(
  { empty }: Pick<Examined, "empty">,
  { settings, leftOut }: Compiled,
  { violations, warnings }: Located,
  reading?: SecretReading | "unread",
): LoadResult {
  if (settings === undefined || violations.length > 0) return { ok: false, violations };
  const secrets = reading === "unread" ? undefined : reading;
  return { ok: true, settings, empty, warnings, leftOut, secrets };
}

function notInForce({ kind, name, problems: [first] }: LeftOut): Finding {
  const { path = "", message = "", hint = "" } = first ?? {};
  const at = path === "" ? "" : `${path} `;
  return {
    path: "",
    message: `the ${kind} ${JSON.stringify(name)} of the store is not in force: ${at}${message}`,
    hint,
    ruleId: "stored_object",
  };
}

function notChecked(path: string): Finding {
  const message =
    "was not checked: files and environment variables that a text names are looked up for admins only";
  return {
    path,
    message,
    hint: "check it with the admin key, or by parlance check",
    ruleId: "not_checked",
  };
}
