import { SemanticIndex } from "../../../../gen/parlance/config/v1/semantic_cache_pb.js";
import { type ConfigScope, inElement, inField, problem } from "../../config-scope.ts";
import type { FilledConfig } from "../../defaults.ts";

/** Reports models whose questions are to be kept in a database that there is not. */
export function checkSemanticIndexes(
  { models, store }: Pick<FilledConfig, "models" | "store">,
  scope: ConfigScope,
): void {
  if (store?.kind.case === "postgres") return;
  for (const [at, { semanticCache }] of models.entries())
    if (semanticCache?.index === SemanticIndex.POSTGRES)
      problem(inField(inField(inElement(scope, at), "semantic_cache"), "index"), {
        message: "needs the database of store.postgres",
        hint: "write store: { postgres: { url: { env: DATABASE_URL } } }, or leave index out",
        ruleId: "semantic_index",
      });
}
