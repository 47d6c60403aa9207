import type { Secret } from "../../gen/parlance/config/v1/secret_pb.js";
import {
  type ConfigScope,
  inField,
  problem,
  type ReadText,
  type SecretSources,
} from "./config-scope.ts";
import {
  printReference,
  referenceField,
  referenceKey,
  type SecretReference,
} from "./references/secret-reference.ts";
import { createSecretValue, type SecretValue } from "./secret-value.ts";

/**
 * The secret itself, or undefined where there is none, or after a report. Reports name the source
 * and never what it holds.
 */
export function resolveSecret(
  secret: Secret | undefined,
  scope: ConfigScope,
): SecretValue | undefined {
  if (secret === undefined) return undefined;
  const { source } = secret;
  const { leaveOut } = scope.sources;
  if (leaveOut !== undefined && source.case !== undefined && source.case !== "value") {
    leaveOut(scope.path);
    return createSecretValue(placeholder(scope.path));
  }
  switch (source.case) {
    case "env":
      return resolveEnv(source.value, inField(scope, "env"));
    case "file":
      return resolveFile(source.value, inField(scope, "file"));
    case "value":
      return source.value === "" ? undefined : createSecretValue(source.value);
    case "vault":
    case "awsSecret":
    case "gcpSecret":
    case "azureSecret":
      return resolveReference(source, scope);
    case undefined:
      return undefined;
  }
}

function resolveReference(reference: SecretReference, scope: ConfigScope): SecretValue | undefined {
  const at = inField(scope, referenceField[reference.case]);
  const { managed } = scope.sources;
  if (managed === undefined)
    return problem(at, {
      message: "secrets of secret managers cannot be used here",
      hint: "write { env: NAME } or { file: path }",
      ruleId: "secret_reference",
    });
  const found = managed(referenceKey(reference));
  if (found === undefined) return undefined;
  if ("text" in found) return createSecretValue(found.text);
  return problem(at, {
    message: `${printReference(reference)} cannot be read: ${found.problem}`,
    hint: found.hint,
    ruleId: "secret_unreadable",
  });
}

/**
 * What stands for a secret that is not looked up: unlike any other, so that no two keys seem to be
 * the same.
 */
function placeholder(path: string): string {
  return `not-looked-up:${encodeURIComponent(path)}`;
}

function resolveEnv(name: string, scope: ConfigScope): SecretValue | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return undefined;
  const { env } = scope.sources;
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  if (text !== undefined && text.trim() !== "") return createSecretValue(text.trim());
  // A name that is not in capitals may be the secret itself, put in the wrong place: it is not
  // repeated.
  const shown = name === name.toUpperCase() ? ` ${name}` : "";
  const state = text === undefined ? "is not set" : "is empty";
  return problem(scope, {
    message: `the environment variable${shown} ${state}`,
    hint: "set it before the start, or use { file: path }",
    ruleId: "secret_unset",
  });
}

function resolveFile(name: string, scope: ConfigScope): SecretValue | undefined {
  if (name === "") return undefined;
  const read = readOrReason(name, scope.sources.readText);
  if (!read.ok) {
    return problem(scope, {
      message: `the file cannot be read: ${read.reason}`,
      hint: "paths start at the working directory",
      ruleId: "secret_unreadable",
    });
  }
  const text = read.text.trim();
  if (text !== "") return createSecretValue(text);
  return problem(scope, { message: "the file is empty", ruleId: "secret_unset" });
}

/**
 * The text of a file, or why it cannot be read, as a short code that repeats neither path nor
 * content.
 */
export function readOrReason(
  path: string,
  readText: ReadText,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, text: readText(path) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    return { ok: false, reason: reasons[code] ?? code };
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
};

/** A variable of the environment without white space around it; "" where it is not set. */
export function trimmedEnv(env: SecretSources["env"], name: string): string {
  return Object.hasOwn(env, name) ? (env[name] ?? "").trim() : "";
}
