import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { type ConfigScope, problem } from "../config-scope.ts";
import { readOrReason } from "../resolve-secret.ts";

/** The text of a PEM file. Undefined where no file is named, or after a report. */
export function readPem(file: string, scope: ConfigScope): string | undefined {
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
 * The certificates of a PEM file. Undefined where no file is named, or after a report, as where it
 * holds none.
 */
export function readCertificates(file: string, scope: ConfigScope): string | undefined {
  const text = readPem(file, scope);
  if (text === undefined) return undefined;
  try {
    new X509Certificate(text);
    createSecureContext({ ca: text });
    return text;
  } catch {
    return problem(scope, {
      message: "the file holds no certificate",
      hint: "it must be a PEM file of certificates",
      ruleId: "tls",
    });
  }
}
