import type { Validator } from "@bufbuild/protovalidate";
import type { Config } from "../../../gen/parlance/config/v1/config_pb.js";
import { createCatalog } from "../../adapters/catalog/catalog.ts";
import type { LazyValidator } from "../../validation/validator.ts";
import type { ReadText, SecretSources } from "../config-scope.ts";
import { type Examined, examineText } from "./examine.ts";
import { type ExamineThread, examineInThread } from "./examine-thread.ts";
import { finishInSlices } from "./finish-in-slices.ts";
import {
  type Compiled,
  type ConfigSource,
  compileConfig,
  conclude,
  examineSource,
  type LoadOptions,
  type LoadResult,
  nothingCompiled,
  readSecrets,
  withLitellm,
  withReading,
} from "./load-config.ts";
import { locateViolations } from "./locate-violations.ts";

/** What loading in slices needs besides the file. */
export interface SlicedLoadOptions extends LoadOptions {
  readonly validator: LazyValidator;
  /** What reading a long text may take, in MiB; default 1024. */
  readonly maxMemoryMb?: number;
}

/**
 * Texts up to so many characters are read in a few milliseconds, which is less than a thread takes
 * to start.
 */
const shortText = 8 * 1024;

/**
 * Loads a config as loadConfig does, without holding up the event loop: a text that is long or may
 * break a rule is read in a thread of its own, and what it says is compiled in slices of some ten
 * milliseconds.
 */
export async function loadInSlices(
  source: ConfigSource | undefined,
  env: SecretSources["env"],
  readText: ReadText,
  options: SlicedLoadOptions,
): Promise<LoadResult> {
  const catalog = createCatalog();
  const sources = { env, readText };
  const compile: Compile = async (config, wrong) => {
    if (config === undefined) return { compiled: nothingCompiled, reading: undefined };
    const reading = await readSecrets(config, sources, options, wrong);
    const steps = compileConfig(config, catalog, withReading(sources, reading), options);
    return { compiled: await finishInSlices(steps), reading };
  };
  const here = async (examined: Examined, text: string): Promise<LoadResult> => {
    const { config, shape, broken } = examined;
    const { compiled, reading } = await compile(config, shape.length + broken.length > 0);
    return conclude(examined, compiled, locateViolations(text, examined, compiled), reading);
  };
  if (source === undefined) return here(examineSource(source, env, catalog, options), "");
  const { text } = source;
  const inputs = withLitellm(source, { env, readText }, options);
  const examined = text.length > shortText ? undefined : examineShort(text, inputs);
  return examined === undefined ? loadInThread(text, inputs, compile) : here(examined, text);
}

/** Compiles a config, with what its references name unless it is `wrong`. */
type Compile = (
  config: Config | undefined,
  wrong: boolean,
) => Promise<{
  readonly compiled: Compiled;
  readonly reading: Awaited<ReturnType<typeof readSecrets>>;
}>;

async function loadInThread(
  text: string,
  options: SlicedLoadOptions,
  compile: Compile,
): Promise<LoadResult> {
  let thread: ExamineThread;
  try {
    thread = await examineInThread(text, options, options.maxMemoryMb);
  } catch (error) {
    return { ok: false, violations: [unreadable(error)] };
  }
  try {
    const { compiled, reading } = await compile(
      thread.config === undefined ? undefined : await finishInSlices(thread.config),
      thread.wrong,
    );
    const agreed = thread.clean && compiled.findings.length + compiled.warnings.length === 0;
    return conclude(
      thread,
      compiled,
      agreed ? { violations: [], warnings: [] } : await thread.locate(compiled),
      reading,
    );
  } finally {
    await thread.close();
  }
}

/** Reads a short text; undefined where only protovalidate could tell whether it obeys the rules. */
function examineShort(
  text: string,
  { validator, ...overrides }: SlicedLoadOptions,
): Examined | undefined {
  let sure = true;
  const validate: Validator["validate"] = (schema, message) => {
    sure = validator.obeys(schema, message);
    return { kind: "valid", message: message as never, error: undefined, violations: undefined }; // "sure" says if it is
  };
  const examined = examineText(text, overrides, { validate });
  return sure ? examined : undefined;
}

function unreadable(error: unknown) {
  const memory =
    error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  const message = memory
    ? "the file takes too much memory to be read"
    : `the file could not be read in a thread: ${error instanceof Error ? error.message : String(error)}`;
  return { path: "", line: 1, column: 1, message, hint: "", ruleId: "unreadable" };
}
