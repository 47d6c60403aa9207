import type { BigquerySink } from "../../../../gen/parlance/config/v1/bigquery_sink_pb.js";
import { type ConfigScope, inField, problem } from "../../config-scope.ts";
import { sinkDefaults } from "../../defaults.ts";
import { isHttp, notHttp } from "../../http-url.ts";
import { metadataTokens } from "../../providers/compile-google.ts";
import { findGoogleCredentials } from "../../providers/google-credentials.ts";
import { trimmedEnv } from "../../resolve-secret.ts";
import type { BigquerySettings } from "../../sink-settings.ts";

/** Lets rows be inserted, and nothing else. */
const tokenScope = "https://www.googleapis.com/auth/bigquery.insertdata";

/** A table of BigQuery; undefined after a report. */
export function compileBigquery(
  sink: BigquerySink,
  scope: ConfigScope,
): BigquerySettings | undefined {
  const url = (sink.url || sinkDefaults.bigquery.url).replace(/\/+$/, "");
  if (!isHttp(url)) return notHttp(scope, sinkDefaults.bigquery.url);
  const found = findGoogleCredentials(sink.credentials, scope);
  if (found === "broken") return undefined;
  const project =
    sink.project || trimmedEnv(scope.sources.env, "GOOGLE_CLOUD_PROJECT") || found.projectId;
  if (!/^[a-z0-9.:-]*[a-z0-9]$/.test(project))
    return problem(inField(scope, "project"), {
      message:
        project === "" ? "is missing: nothing names a project" : "is not the id of a project",
      hint: "write project: my-project, or set GOOGLE_CLOUD_PROJECT",
      ruleId: "project_missing",
    });
  const tokens =
    found.file === undefined
      ? metadataTokens(tokenScope, scope)
      : { ...found.file, scope: tokenScope };
  if (tokens === undefined) return undefined;
  const table = sink.table || sinkDefaults.bigquery.table;
  return { kind: "bigquery", url, project, dataset: sink.dataset, table, tokens };
}
