import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { createSecureContext } from "node:tls";
import type { Tls } from "../../gen/parlance/config/v1/server_pb.js";
import { type ConfigScope, inField, problem } from "./config-scope.ts";
import type { FilledConfig } from "./defaults.ts";
import { readOrReason } from "./resolve-secret.ts";
import { createSecretValue } from "./secret-value.ts";
import type { CertificateWithKey } from "./settings.ts";

/** Refuses a listener that is open to the world without a key, and limits that contradict. */
export function checkServer(
  { host, limits, allowUnauthenticated }: FilledConfig["server"],
  authRequired: boolean,
  scope: ConfigScope,
): void {
  if (!authRequired && !allowUnauthenticated && !isLoopback(host)) {
    problem(inField(scope, "host"), {
      message: "would serve everyone who can reach it: no key is configured",
      hint: "add keys or auth.admin_key, listen on 127.0.0.1, or set server.allow_unauthenticated: true",
      ruleId: "unauthenticated",
    });
  }
  if (limits.bodyMemoryBytes < limits.maxBodyBytes) {
    problem(inField(inField(scope, "limits"), "body_memory_bytes"), {
      message: `is less than max_body_bytes (${limits.maxBodyBytes}): a body of that size would never be taken`,
      hint: "give it several times max_body_bytes",
      ruleId: "body_memory",
    });
  }
}

/** The number of workers that a setting stands for: `auto` is one for each core. */
export function compileWorkers({ workers }: FilledConfig["server"]): number {
  return workers === "auto" ? Math.min(availableParallelism(), maxWorkers) : Number(workers);
}

/** As the contract bounds the setting. */
const maxWorkers = 64;

/**
 * Reads the listener's certificate and its key. Undefined where there is none, or after a report.
 */
export function compileTls(
  tls: Tls | undefined,
  scope: ConfigScope,
): CertificateWithKey | undefined {
  if (tls === undefined) return undefined;
  const { leaveOut } = scope.sources;
  if (leaveOut !== undefined) {
    leaveOut(scope.path);
    return undefined;
  }
  const certificate = readPem(tls.certFile, inField(scope, "cert_file"));
  const key = readPem(tls.keyFile, inField(scope, "key_file"));
  if (certificate === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return problem(scope, {
      message: `the certificate and the key cannot be used together${code}`,
      hint: "both must be PEM files, and the key must be the certificate's and without a passphrase",
      ruleId: "tls",
    });
  }
  return { certificate, key: createSecretValue(key) };
}

function readPem(file: string, scope: ConfigScope): string | undefined {
  if (file === "") return undefined;
  const read = readOrReason(file, scope.sources.readText);
  if (read.ok) return read.text;
  return problem(scope, {
    message: `the file cannot be read: ${read.reason}`,
    hint: "paths start at the working directory",
    ruleId: "tls",
  });
}

/**
 * Whether only this machine can reach a listener on the host (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3;
 * RFC 6761, 6.3).
 */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (isIP(plain) === 4) return plain.startsWith("127.");
  return plain === "::1" || plain === "0:0:0:0:0:0:0:1" || plain === "localhost";
}
