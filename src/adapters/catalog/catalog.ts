import { azureRows } from "./azure-rows.ts";
import { builtInRows } from "./built-in-rows.ts";
import type { CatalogRow } from "./catalog-row.ts";
import { checkCatalog } from "./check-catalog.ts";
import { cloudRows } from "./cloud-rows.ts";
import { embeddingRows } from "./embedding-rows.ts";
import { inferenceHostRows } from "./inference-host-rows.ts";
import { modelMakerRows } from "./model-maker-rows.ts";
import { moreModelMakerRows } from "./more-model-maker-rows.ts";
import { routerRows } from "./router-rows.ts";
import { selfHostedRows } from "./self-hosted-rows.ts";
import { smallHostRows } from "./small-host-rows.ts";
import { vertexRows } from "./vertex-rows.ts";

/** The catalog: every kind of provider by its id. */
export type Catalog = ReadonlyMap<string, CatalogRow>;

/** Every row, in the order in which they are listed to people. */
export const catalogRows: readonly CatalogRow[] = [
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
