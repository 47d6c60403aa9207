import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { createSecureContext } from "node:tls";
import { ClientAuth, type Tls } from "../../../gen/parlance/config/v1/server_pb.js";
import { TlsVersion } from "../../../gen/parlance/config/v1/tls_pb.js";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";
import type { FilledConfig } from "../defaults.ts";
import { createSecretValue } from "../secret-value.ts";
import type { CertificateWithKey } from "../tls/tls-settings.ts";
import { isNetwork } from "./address-list.ts";
import { readCertificates, readPem } from "./read-pem.ts";

/** Refuses a listener that is open to the world without a key, and limits that contradict. */
export function checkServer(
  { host, limits, allowUnauthenticated, ...proxies }: FilledConfig["server"],
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
  checkProxies(proxies, scope);
}

function checkProxies(
  {
    trustedProxies,
    proxyProtocol,
  }: Pick<FilledConfig["server"], "trustedProxies" | "proxyProtocol">,
  scope: ConfigScope,
): void {
  for (const [index, network] of trustedProxies.entries()) {
    if (isNetwork(network)) continue;
    problem(inElement(inField(scope, "trusted_proxies"), index), {
      message: "is neither an address nor a network",
      hint: "write an address such as 10.0.0.7 or a network such as 10.0.0.0/8",
      ruleId: "network",
    });
  }
  if (proxyProtocol && trustedProxies.length === 0) {
    problem(inField(scope, "proxy_protocol"), {
      message: "says nothing without trusted_proxies: nobody's header would be believed",
      hint: "list the addresses of the proxies that send it in trusted_proxies",
      ruleId: "proxy_protocol",
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
  const clientCa = readClientCa(tls, scope);
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
  return {
    certificate,
    key: createSecretValue(key),
    ...(clientCa === undefined ? {} : { clientCa }),
    clientsWithout: tls.clientAuth === ClientAuth.OPTIONAL,
    minVersion: tls.minVersion === TlsVersion.TLS_1_3 ? "TLSv1.3" : "TLSv1.2",
  };
}

function readClientCa({ clientCaFile, clientAuth }: Tls, scope: ConfigScope): string | undefined {
  if (clientCaFile === "" && clientAuth !== ClientAuth.UNSPECIFIED) {
    return problem(inField(scope, "client_auth"), {
      message: "says nothing without client_ca_file",
      hint: "name the certificates that sign those of clients, or leave it out",
      ruleId: "tls",
    });
  }
  const at = inField(scope, "client_ca_file");
  return readCertificates(clientCaFile, at);
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
