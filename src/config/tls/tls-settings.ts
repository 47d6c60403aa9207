import type { SecretValue } from "../secret-value.ts";

/** The certificate of the listener and its key, both in PEM. */
export interface CertificateWithKey {
  readonly certificate: string;
  readonly key: SecretValue;
  /** The certificates, in PEM, that sign those of clients. Absent: clients are asked for none. */
  readonly clientCa?: string;
  /** Whether clients without a good certificate are let in. */
  readonly clientsWithout: boolean;
  /** The oldest version that is spoken. */
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** How TLS is spoken with a server of others. */
export interface ClientTlsSettings {
  /** The certificates that are trusted, in PEM. Undefined: those that the system trusts. */
  readonly ca: string | undefined;
  /** A certificate of the gateway, in PEM, with its key. Undefined: none is shown. */
  readonly cert: string | undefined;
  readonly key: SecretValue | undefined;
  /** The oldest version that is spoken. */
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** The name in the server's certificate. Undefined: that of its address. */
  readonly serverName: string | undefined;
}
