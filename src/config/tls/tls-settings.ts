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
