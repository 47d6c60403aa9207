import type { GoogleTokenSource } from "./provider-identity.ts";
import type { SecretValue } from "./secret-value.ts";

/** When the calls that wait for a file are written to it. */
export interface FileSettings {
  /** Calls of a file at most. */
  readonly maxCalls: number;
  /** How long the first of them waits, in milliseconds. */
  readonly maxWaitMs: number;
}

/** What the files of a sink are; Parquet compresses by itself. */
export type FileFormat = "jsonl" | "jsonl.gz" | "parquet";

/** Parquet files of a folder, by day. */
export interface ParquetSettings {
  readonly kind: "parquet";
  readonly dir: string;
  readonly files: FileSettings;
}

/** Objects in a bucket of S3, or of a service that speaks its API, by day. */
export interface S3Settings {
  readonly kind: "s3";
  /** Where the bucket is, without a slash at the end; names of objects follow behind one. */
  readonly url: string;
  /** What the names of objects begin with; "": nothing. */
  readonly prefix: string;
  readonly region: string;
  /** Undefined, like its secret: what AWS's standard chain of credentials finds. */
  readonly accessKeyId: SecretValue | undefined;
  readonly secretAccessKey: SecretValue | undefined;
  readonly sessionToken: SecretValue | undefined;
  /** Is assumed with the credentials; "": none. */
  readonly roleArn: string;
  readonly format: FileFormat;
  readonly files: FileSettings;
}

/** How TLS is spoken with a queue; what is undefined is as the system has it. */
export interface QueueTlsSettings {
  /** Certificates that are trusted, in PEM. */
  readonly ca: string | undefined;
  /** The gateway's own certificate, in PEM, and its private key. */
  readonly cert: string | undefined;
  readonly key: SecretValue | undefined;
}

/** A topic of Kafka. */
export interface KafkaSettings {
  readonly kind: "kafka";
  /** As `host:port`. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** What messages have as their key. */
  readonly key: "call_id" | "team" | "key";
  /** Undefined: plain TCP. */
  readonly tls: QueueTlsSettings | undefined;
  readonly sasl: KafkaSaslSettings | undefined;
  readonly gzip: boolean;
}

/** How a gateway signs in to Kafka. */
export interface KafkaSaslSettings {
  readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
  readonly username: string;
  readonly password: SecretValue;
}

/** A subject that a stream of NATS JetStream takes. */
export interface NatsSettings {
  readonly kind: "nats";
  /** As `nats://host:port` or `tls://host:port`. */
  readonly servers: readonly string[];
  readonly subject: string;
  /** The stream that has to take it; "": any. */
  readonly stream: string;
  /** The text of a credentials file. */
  readonly credentials: SecretValue | undefined;
  readonly token: SecretValue | undefined;
  /** "": none. */
  readonly user: string;
  readonly password: SecretValue | undefined;
  readonly tls: QueueTlsSettings | undefined;
}

/** A table of BigQuery. */
export interface BigquerySettings {
  readonly kind: "bigquery";
  /** Where its API is, without a slash at the end. */
  readonly url: string;
  readonly project: string;
  readonly dataset: string;
  readonly table: string;
  readonly tokens: GoogleTokenSource;
}
