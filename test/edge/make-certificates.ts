import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsOptions } from "../../src/edge/server-options.ts";
import { folderWith } from "../cli/spawn-parlance.ts";

/** A certificate authority, and a certificate that it signed with names in it. */
export function makeCertificates(names: string): {
  ca: Buffer;
  server: TlsOptions;
  client: TlsOptions;
} {
  const folder = folderWith({});
  const file = (name: string) => join(folder, name);
  const run = (...args: readonly string[]) =>
    execFileSync("openssl", [...args], { stdio: "ignore", cwd: folder });
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const ca = ["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem", "-days", "1"];
  run("req", "-x509", ...ec, ...ca);
  const issue = (name: string, alternatives: string): TlsOptions => {
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "1"];
    const out = ["-keyout", `${name}.key`, "-out", `${name}.pem`];
    const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${alternatives}`];
    run("req", "-x509", ...ec, ...subject, ...signed, ...out);
    return { cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) };
  };
  return {
    ca: readFileSync(file("ca.pem")),
    server: issue("server", "DNS:localhost,IP:127.0.0.1"),
    client: issue("client", names),
  };
}
