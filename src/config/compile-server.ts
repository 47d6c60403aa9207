import { availableParallelism } from "node:os";
import { createSecureContext } from "node:tls";
import type { Server, Tls } from "../../gen/parlance/config/v1/server_pb.js";
import { serverDefaults } from "./apply-defaults.ts";
import { durationToMilliseconds } from "./duration-milliseconds.ts";
import type { Report } from "./finding.ts";
import { isLoopback } from "./is-loopback.ts";
import type { ServerPlan, TlsPlan } from "./plan.ts";
import { type ReadText, readOrReason, type SecretSources } from "./resolve-secret.ts";
import { createSecretValue } from "./secret-value.ts";

/**
 * Compiles the listener, reads its certificate, and refuses to be open to the world without a key.
 */
export function compileServer(
  server: Server | undefined,
  authRequired: boolean,
  sources: SecretSources,
  report: Report,
): ServerPlan {
  const { host, port, limits, cors, drainGrace, drainDelay, allowUnauthenticated, tls, workers } =
    serverDefaults(server);
  if (!authRequired && !allowUnauthenticated && !isLoopback(host)) {
    report({
      path: "server.host",
      message: "would serve everyone who can reach it: no key is configured",
      hint: "add keys or auth.admin_key, listen on 127.0.0.1, or set server.allow_unauthenticated: true",
      ruleId: "unauthenticated",
    });
  }
  if (limits.bodyMemoryBytes < limits.maxBodyBytes) {
    report({
      path: "server.limits.body_memory_bytes",
      message: `is less than max_body_bytes (${limits.maxBodyBytes}): a body of that size would never be taken`,
      hint: "give it several times max_body_bytes",
      ruleId: "body_memory",
    });
  }
  const tlsPlan = tls === undefined ? undefined : compileTls(tls, sources, report);
  return {
    host,
    port,
    ...(tlsPlan === undefined ? {} : { tls: tlsPlan }),
    cors: { allowedOrigins: [...(cors?.allowedOrigins ?? [])] },
    limits: {
      maxBodyBytes: limits.maxBodyBytes,
      maxHeaderBytes: limits.maxHeaderBytes,
      headersTimeoutMs: durationToMilliseconds(limits.headersTimeout),
      requestTimeoutMs: durationToMilliseconds(limits.requestTimeout),
      idleTimeoutMs: durationToMilliseconds(limits.idleTimeout),
      maxConcurrentStreams: limits.maxConcurrentStreams,
      sendTimeoutMs: durationToMilliseconds(limits.sendTimeout),
      bodyMemoryBytes: limits.bodyMemoryBytes,
    },
    drainGraceMs: durationToMilliseconds(drainGrace),
    drainDelayMs: durationToMilliseconds(drainDelay),
    allowUnauthenticated,
    workers: workers === "auto" ? Math.min(availableParallelism(), maxWorkers) : Number(workers),
  };
}

/** As the contract bounds the setting. */
const maxWorkers = 64;

function compileTls(
  tls: Tls,
  { readText, leaveOut }: SecretSources,
  report: Report,
): TlsPlan | undefined {
  if (leaveOut !== undefined) {
    leaveOut("server.tls");
    return undefined;
  }
  const certificate = readPem(tls.certFile, "server.tls.cert_file", readText, report);
  const key = readPem(tls.keyFile, "server.tls.key_file", readText, report);
  if (certificate === undefined || key === undefined) return undefined;
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    report({
      path: "server.tls",
      message: `the certificate and the key cannot be used together${code}`,
      hint: "both must be PEM files, and the key must be the certificate's and without a passphrase",
      ruleId: "tls",
    });
    return undefined;
  }
  return { certificate, key: createSecretValue(key) };
}

function readPem(
  file: string,
  path: string,
  readText: ReadText,
  report: Report,
): string | undefined {
  if (file === "") return undefined;
  const read = readOrReason(file, readText);
  if (read.ok) return read.text;
  const message = `the file cannot be read: ${read.reason}`;
  report({ path, message, hint: "paths start at the working directory", ruleId: "tls" });
  return undefined;
}
