import { createSecureContext } from "node:tls";
import type { Secret } from "../../../gen/parlance/config/v1/secret_pb.js";
import { type ClientTls, TlsVersion } from "../../../gen/parlance/config/v1/tls_pb.js";
import { readCertificates, readPem } from "../compile/read-pem.ts";
import { type ConfigScope, inField, problem } from "../config-scope.ts";
import { resolveSecret } from "../resolve-secret.ts";
import type { SecretValue } from "../secret-value.ts";
import type { ClientTlsSettings } from "./tls-settings.ts";

/** What is said of certificates and of a key. */
interface ClientFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly key?: Secret | undefined;
}

/** Reads whom a server is trusted by, and what it is shown. Undefined: nothing is said of it. */
export function compileClientFiles(
  tls: ClientFiles | undefined,
  scope: ConfigScope,
): Pick<ClientTlsSettings, "ca" | "cert" | "key"> | undefined | "broken" {
  if (tls === undefined) return undefined;
  const { leaveOut } = scope.sources;
  const { caFile, certFile } = tls;
  if (leaveOut !== undefined && (caFile !== "" || certFile !== "")) {
    leaveOut(scope.path);
    return undefined;
  }
  const ca = readCertificates(caFile, inField(scope, "ca_file"));
  const cert = readPem(certFile, inField(scope, "cert_file"));
  const key: SecretValue | undefined = resolveSecret(tls.key, inField(scope, "key"));
  if ((certFile === "") !== (tls.key === undefined)) {
    const missing = certFile === "" ? "cert_file" : "key";
    problem(inField(scope, missing), {
      message: `is missing beside ${missing === "key" ? "cert_file" : "key"}`,
      hint: "write both, or neither",
      ruleId: "tls",
    });
    return "broken";
  }
  const read = (file: string, text: string | undefined) => file === "" || text !== undefined;
  if (!read(caFile, ca) || !read(certFile, cert)) return "broken";
  return { ca, cert, key };
}

/** Compiles how TLS is spoken with the server at an origin. Undefined: as usual, or after a report. */
export function compileClientTls(
  tls: ClientTls | undefined,
  origin: string,
  scope: ConfigScope,
): ClientTlsSettings | undefined {
  const files = compileClientFiles(tls, scope);
  if (tls === undefined || files === undefined || files === "broken") return undefined;
  if (!origin.startsWith("https:"))
    return problem(scope, {
      message: "says nothing of an address without TLS",
      hint: "write an https address, or leave it out",
      ruleId: "tls",
    });
  const { ca, cert, key } = files;
  if (cert !== undefined && key !== undefined && !belongTogether(cert, key))
    return problem(scope, {
      message: "the certificate and the key cannot be used together",
      hint: "both must be PEM, and the key must be the certificate's and without a passphrase",
      ruleId: "tls",
    });
  return {
    ...{ ca, cert, key },
    minVersion: tls.minVersion === TlsVersion.TLS_1_3 ? "TLSv1.3" : "TLSv1.2",
    serverName: tls.serverName === "" ? undefined : tls.serverName,
  };
}

function belongTogether(cert: string, key: SecretValue): boolean {
  try {
    createSecureContext({ cert, key: key.reveal() });
    return true;
  } catch {
    return false;
  }
}
