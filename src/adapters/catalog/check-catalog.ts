import { appendAll } from "../../core/append-all.ts";
import { dialectEntry } from "../registry.ts";
import { type CatalogRow, googleScope, type ModelFamily, signedService } from "./catalog-row.ts";

/** Parts of base URLs that other settings fill. */
const builtInParts = new Set(["region", "project", "location"]);

const factNames = new Set([
  "baseUrl",
  "credentialEnv",
  "auth",
  "operations",
  "families",
  "chatPath",
  "embeddingsPath",
  "rerankPath",
  "variables",
  "quirks",
]);

/** What is wrong with the rows, one sentence each; empty when nothing is. */
export function checkCatalog(rows: readonly CatalogRow[]): readonly string[] {
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    const problems = checkRow(row).map((problem) => `${row.id}: ${problem}`);
    if (seen.has(row.id)) problems.push(`${row.id}: the id is used twice`);
    seen.add(row.id);
    return problems;
  });
}

function checkRow(row: CatalogRow): string[] {
  const problems: string[] = [];
  const rule = (holds: boolean, problem: string) => {
    if (!holds) problems.push(problem);
  };
  rule(
    /^[a-z0-9][a-z0-9_-]{0,63}$/.test(row.id),
    "the id is not lower-case letters, digits, dashes and underscores",
  );
  rule(row.name.trim() !== "", "the name is empty");
  appendAll(problems, [...checkAddress(row), ...checkVariables(row)]);
  rule(row.dialect === "sim" || URL.canParse(row.docs), "docs is not a URL");
  rule(
    row.credentialEnv.every((name) => /^[A-Z][A-Z0-9_]*$/.test(name)),
    "a credential environment variable is not upper-case",
  );
  rule(
    row.credentialOptional || row.credentialEnv.length > 0,
    "a credential is needed, but no environment variable is named",
  );
  rule(
    row.operations.length > 0 && new Set(row.operations).size === row.operations.length,
    "operations are empty or repeated",
  );
  // A row may be data that no compiler has seen.
  const known = dialectEntry(row.dialect)?.operations;
  rule(known !== undefined, `there is no dialect ${row.dialect}`);
  for (const operation of known === undefined ? [] : row.operations) {
    rule(
      known !== undefined && Object.hasOwn(known, operation),
      `the dialect ${row.dialect} has no operation ${operation}`,
    );
  }
  for (const path of [row.chatPath, row.embeddingsPath, row.rerankPath, row.pathPrefix]) {
    rule(
      path === undefined || /^\/[^?#]*[^/?#]$/.test(path),
      "a path does not start with a slash, or ends with one",
    );
  }
  return [...problems, ...checkUnverified(row), ...checkFamilies(row)];
}

function checkAddress(row: CatalogRow): string[] {
  const problems: string[] = [];
  if (row.baseUrl !== null && !isBaseUrl(row))
    problems.push("the base URL is not http(s) without a trailing slash, query or fragment");
  if ((row.baseUrl ?? "").includes("{region}") !== (signedService(row) !== undefined))
    problems.push("a region in the base URL and signed requests go together");
  if (/\{(project|location)\}/.test(row.baseUrl ?? "") && googleScope(row) === undefined)
    problems.push("a project or location is in the base URL, but no token of Google is asked for");
  return problems;
}

function checkUnverified({ unverified, quirks }: CatalogRow): readonly string[] {
  return unverified.flatMap((fact) => {
    const [name = "", quirk] = fact.split(".");
    const known = factNames.has(name) && (quirk === undefined || quirk in quirks);
    return known ? [] : [`unverified names no fact: ${fact}`];
  });
}

function checkFamilies(row: CatalogRow): readonly string[] {
  return (row.families ?? []).flatMap((family) => checkFamily(family, row));
}

function checkFamily(
  { models, example, dialect, operations, baseUrl }: ModelFamily,
  row: CatalogRow,
): string[] {
  const problems: string[] = [];
  if (baseUrl !== undefined && (row.baseUrl === null || !isBaseUrl({ dialect, baseUrl }))) {
    problems.push(`the family of ${example} has a base URL that is none, or its row has none`);
  }
  if (!models.test(example)) problems.push(`the family of ${example} does not find it`);
  if (models.global || models.sticky)
    problems.push(`the family of ${example} finds names by turns`);
  for (const operation of operations) {
    if (dialectEntry(dialect)?.operations[operation] === undefined) {
      problems.push(
        `the family of ${example} has an operation that ${dialect} lacks: ${operation}`,
      );
    }
  }
  return problems;
}

/** Every place of the base URL is filled by a variable of the row, or by another setting. */
function checkVariables({ variables = [], baseUrl }: CatalogRow): string[] {
  const names = new Set([...builtInParts, ...variables.map(({ name }) => name)]);
  const places = [...(baseUrl ?? "").matchAll(/\{([^}]*)\}/g)].map(([, name = ""]) => name);
  return [
    ...variables
      .filter(({ name }) => !/^[a-z][a-z0-9_]*$/.test(name) || builtInParts.has(name))
      .map(({ name }) => `a variable cannot be named ${name}`),
    ...variables
      .filter(({ env }) => env.length === 0 || env.some((key) => !/^[A-Z][A-Z0-9_]*$/.test(key)))
      .map(({ name }) => `no environment variable, or one that is not upper-case, holds ${name}`),
    ...places
      .filter((name) => !names.has(name))
      .map((name) => `the base URL has a place for ${name}, which is no variable of the row`),
  ];
}

function isBaseUrl(row: Pick<CatalogRow, "baseUrl" | "dialect">): boolean {
  const text = (row.baseUrl ?? "").replaceAll(/\{[a-z_]+\}/g, "part");
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain = url.search === "" && url.hash === "" && url.username === "" && url.password === "";
  const versioned = row.dialect === "anthropic-messages" && url.pathname.endsWith("/v1");
  return /^https?:$/.test(url.protocol) && plain && !text.endsWith("/") && !versioned;
}
