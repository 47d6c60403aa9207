import { createSecureContext } from "node:tls";
import type { Server, Tls } from "../../gen/parlance/config/v1/server_pb.js";
import { serverDefaults } from "./apply-defaults.ts";
import { type ConfigScope, inField, problem } from "./config-scope.ts";
import { durationToMilliseconds } from "./duration-milliseconds.ts";
import { isLoopback } from "./is-loopback.ts";
import type { ServerPlan, TlsPlan } from "./plan.ts";
import { readOrReason } from "./resolve-secret.ts";
import { createSecretValue } from "./secret-value.ts";

/**
 * Compiles the listener, reads its certificate, and refuses to be open to the world without a key.
 */
export function compileServer(
  server: Server | undefined,
  authRequired: boolean,
  scope: ConfigScope,
): ServerPlan {
  const { host, port, limits, cors, drainGrace, drainDelay, allowUnauthenticated, tls } =
    serverDefaults(server);
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
  const tlsPlan = tls === undefined ? undefined : compileTls(tls, inField(scope, "tls"));
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
  };
}

function compileTls(tls: Tls, scope: ConfigScope): TlsPlan | undefined {
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
