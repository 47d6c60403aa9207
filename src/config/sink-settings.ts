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
