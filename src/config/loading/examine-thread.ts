import { Worker } from "node:worker_threads";
import { fromBinary } from "@bufbuild/protobuf";
import { type Config, ConfigSchema } from "../../../gen/parlance/config/v1/config_pb.js";
import type { Steps } from "../../core/steps.ts";
import type { Finding } from "../config-scope.ts";
import { joinConfig } from "./config-parts.ts";
import type { Overrides } from "./examine.ts";
import { maxGuesses } from "./locate-findings.ts";
import type { CompilerFindings, Located } from "./locate-violations.ts";

/** What the thread is to do. */
export interface ExamineRequest {
  readonly text: string;
  readonly overrides: Overrides;
}

/** What the thread answers first. */
export interface ExaminedParts {
  /** The config in parts, in binary; undefined: there is nothing to go on with. */
  readonly parts: readonly Uint8Array[] | undefined;
  /** Whether the file sets nothing at all. */
  readonly empty: boolean;
  /** Whether nothing is wrong or doubtful so far. */
  readonly clean: boolean;
  /** Whether something is wrong. */
  readonly wrong: boolean;
}

/** Findings as threads can exchange them. The thread answers them with their places, and ends. */
export interface PlainFindings {
  readonly findings: readonly PlainFinding[];
  readonly warnings: readonly PlainFinding[];
}

type PlainFinding = Omit<Finding, "hint"> & { readonly hint: string };

/** A config that is examined in a thread of its own. */
export interface ExamineThread extends Pick<ExaminedParts, "empty" | "clean" | "wrong"> {
  /** Undefined: there is nothing to go on with. */
  readonly config: Steps<Config> | undefined;
  /**
   * Puts what the compiler found together with what was found before. To be called once at most.
   */
  locate(found: CompilerFindings): Promise<Located>;
  /** Ends the thread. */
  close(): Promise<void>;
}

/**
 * The parser takes about 200 times the length of an ordinary text. One that takes far more is made
 * to.
 */
const defaultMemoryMb = 1024;

/**
 * Reads a text in a thread of its own, for that takes a second and a half for the largest. Rejects
 * where the thread cannot be had or needs more memory than it may, 1024 MiB by default.
 */
export async function examineInThread(
  text: string,
  overrides: Overrides,
  maxMemoryMb = defaultMemoryMb,
): Promise<ExamineThread> {
  const { host, port, litellm } = overrides;
  const request: ExamineRequest = {
    text,
    overrides: {
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(litellm === undefined ? {} : { litellm }),
    },
  };
  const worker = new Worker(workerUrl, {
    workerData: request,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });
  try {
    const { parts, empty, clean, wrong } = await nextMessage<ExaminedParts>(worker);
    return {
      empty,
      clean,
      wrong,
      config: parts === undefined ? undefined : joinConfig(decodeParts(parts)),
      async locate({ findings, warnings }) {
        const found: PlainFindings = { findings: plain(findings), warnings: plain(warnings) };
        worker.postMessage(found);
        return nextMessage<Located>(worker);
      },
      close: async () => void (await worker.terminate()),
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function nextMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread ended with ${code} and no answer`)));
  });
}

/** The same file as it was written or as it was compiled, whichever this one is. */
const workerUrl = new URL(
  `./examine-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);

function* decodeParts(parts: readonly Uint8Array[]): Generator<Config, undefined> {
  for (const part of parts) yield fromBinary(ConfigSchema, part);
}

function plain(findings: readonly Finding[]): readonly PlainFinding[] {
  return findings.map((finding, index) => {
    const hint =
      typeof finding.hint === "string" ? finding.hint : index < maxGuesses ? finding.hint() : "";
    return { ...finding, hint };
  });
}
