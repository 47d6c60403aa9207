import {
  type ParquetSink,
  type S3Sink,
  SinkCompression,
  SinkFileFormat,
  type SinkFiles,
} from "../../../../gen/parlance/config/v1/file_sink_pb.js";
import { durationMs } from "../../../core/time/duration-ms.ts";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { sinkDefaults } from "../../defaults.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { resolveSecret, trimmedEnv } from "../../resolve-secret.ts";
import type { FileFormat, FileSettings, ParquetSettings, S3Settings } from "../../sink-settings.ts";

/** The Parquet files of a folder. */
export function compileParquet({ dir, files }: ParquetSink): ParquetSettings {
  return { kind: "parquet", dir, files: compileFiles(files) };
}

/** The bucket of a sink; undefined after a report. */
export function compileS3(sink: S3Sink, scope: ConfigScope): S3Settings | undefined {
  const region = regionOf(sink, scope);
  const url = addressOf(sink, region, scope);
  const format = formatOf(sink, scope);
  const accessKeyId = resolveSecret(sink.accessKeyId, inField(scope, "access_key_id"));
  const secretAccessKey = resolveSecret(sink.secretAccessKey, inField(scope, "secret_access_key"));
  const [id, secret] = [sink.accessKeyId !== undefined, sink.secretAccessKey !== undefined];
  if (id !== secret)
    return problem(inField(scope, id ? "secret_access_key" : "access_key_id"), {
      message: `is missing beside ${id ? "access_key_id" : "secret_access_key"}`,
      hint: "write both, or neither",
      ruleId: "aws_credentials",
    });
  if (url === undefined || format === undefined) return undefined;
  return {
    kind: "s3",
    url,
    prefix: sink.prefix,
    region,
    accessKeyId,
    secretAccessKey,
    sessionToken: resolveSecret(sink.sessionToken, inField(scope, "session_token")),
    roleArn: sink.roleArn,
    format,
    files: compileFiles(sink.files),
  };
}

function compileFiles(files: SinkFiles | undefined): FileSettings {
  return {
    maxCalls: files?.maxCalls ?? sinkDefaults.fileCalls,
    maxWaitMs: durationMs(files?.maxWait ?? sinkDefaults.fileWait),
  };
}

function regionOf({ region, endpoint }: S3Sink, { sources }: ConfigScope): string {
  const env = (name: string) => trimmedEnv(sources.env, name);
  const known = region || env("AWS_REGION") || env("AWS_DEFAULT_REGION");
  return known === "" && endpoint !== "" ? "us-east-1" : known;
}

/** At AWS the bucket is a part of the host's name, where it may be. */
function addressOf(
  { bucket, endpoint }: S3Sink,
  region: string,
  scope: ConfigScope,
): string | undefined {
  if (!/^[a-z0-9-]{1,32}$/.test(region))
    return problem(inField(scope, "region"), {
      message:
        region === "" ? "is missing: a bucket is in a region" : "is not the code of a region",
      hint: "write region: us-east-1, or set AWS_REGION",
      ruleId: "region",
    });
  if (endpoint !== "")
    return isHttp(endpoint)
      ? `${endpoint.replace(/\/+$/, "")}/${bucket}`
      : notHttp(scope, "https://s3.example.com", "endpoint");
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return /^[a-z0-9-]{3,63}$/.test(bucket)
    ? `https://${bucket}.s3.${region}.${domain}`
    : `https://s3.${region}.${domain}/${bucket}`;
}

function formatOf({ format, compress }: S3Sink, scope: ConfigScope): FileFormat | undefined {
  if (format !== SinkFileFormat.PARQUET)
    return compress === SinkCompression.NONE ? "jsonl" : "jsonl.gz";
  if (compress === SinkCompression.UNSPECIFIED) return "parquet";
  return problem(inField(scope, "compress"), {
    message: "stands beside the format PARQUET, which compresses by itself",
    hint: "leave it out",
    ruleId: "sink_compress",
  });
}
