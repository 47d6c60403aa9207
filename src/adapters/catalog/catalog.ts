import type { CatalogRow, DeclaredRow } from "./catalog-row.ts";
import { checkCatalog } from "./check-catalog.ts";
import { azureRows } from "./rows/azure-rows.ts";
import { builtInRows } from "./rows/built-in-rows.ts";
import { cloudRows } from "./rows/cloud-rows.ts";
import { embeddingRows } from "./rows/embedding-rows.ts";
import { inferenceHostRows } from "./rows/inference-host-rows.ts";
import { modelMakerRows } from "./rows/model-maker-rows.ts";
import { moreModelMakerRows } from "./rows/regional-model-maker-rows.ts";
import { routerRows } from "./rows/router-rows.ts";
import { selfHostedRows } from "./rows/self-hosted-rows.ts";
import { smallHostRows } from "./rows/small-host-rows.ts";
import { vertexRows } from "./rows/vertex-rows.ts";

/** The catalog: every kind of provider by its id. */
export type Catalog = ReadonlyMap<string, CatalogRow>;

/** Every row, in the order in which they are listed to people. */
export const catalogRows: readonly DeclaredRow[] = [
  ...builtInRows,
  ...modelMakerRows,
  ...moreModelMakerRows,
  ...azureRows,
  ...vertexRows,
  ...cloudRows,
  ...inferenceHostRows,
  ...smallHostRows,
  ...routerRows,
  ...embeddingRows,
  ...selfHostedRows,
];

/** Indexes rows by id, after checking them: a bad row is a bug of ours and throws. */
export function createCatalog(rows: readonly CatalogRow[] = catalogRows): Catalog {
  const problems = checkCatalog(rows);
  if (problems.length > 0) throw new Error(`the catalog is wrong:\n${problems.join("\n")}`);
  return new Map(rows.map((row) => [row.id, row]));
}
