import type { Provider } from "../../../gen/parlance/config/v1/provider_pb.js";
import type { CatalogRow } from "../../adapters/catalog/catalog-row.ts";
import { type RowVariable, standsIn } from "../../adapters/catalog/row-variable.ts";
import { nearestName } from "../../core/names/nearest-name.ts";
import { type ConfigScope, inEntry, problem } from "../config-scope.ts";

/**
 * Checks the values that a vendor's address and requests need. Unknown names, missing values and
 * values that cannot stand in an address are reported. What stands in an address only is not missed
 * where the config says the address itself.
 */
export function checkVariables(provider: Provider, row: CatalogRow, scope: ConfigScope): void {
  const declared = row.variables ?? [];
  const names = declared.map(({ name }) => name);
  for (const name of Object.keys(provider.variables)) {
    if (names.includes(name)) continue;
    const hint = () => {
      const near = nearestName(name, names);
      if (near !== undefined) return `did you mean \`${near}\`?`;
      return names.length === 0 ? "leave it out" : `it has ${names.join(", ")}`;
    };
    const message = `is no variable of kind ${row.id}`;
    problem(inEntry(scope, name), { message, hint, ruleId: "unknown_variable" });
  }
  for (const variable of declared)
    checkValue(variable, provider, row, inEntry(scope, variable.name));
}

function checkValue(
  variable: RowVariable,
  provider: Provider,
  row: CatalogRow,
  scope: ConfigScope,
): void {
  const { name, env, example, required, unless } = variable;
  const value = provider.variables[name] ?? "";
  const inAddress = standsIn(row.baseUrl, variable);
  if (value !== "") {
    if (!inAddress || /^[A-Za-z0-9._~-]+$/.test(value)) return;
    problem(scope, {
      message: "cannot stand in an address",
      hint: `such as ${example}`,
      ruleId: "variable",
    });
    return;
  }
  const replaced = unless !== undefined && (provider.variables[unless] ?? "") !== "";
  const missed = inAddress ? provider.baseUrl === "" : required && !replaced;
  if (!missed) return;
  const other = unless === undefined ? "" : ` or ${unless}`;
  const hint = `write variables: { ${name}: ${example} }, or set ${env[0] ?? name.toUpperCase()}`;
  problem(scope, {
    message: `is missing: ${row.name} needs it${other}`,
    hint,
    ruleId: "variable_missing",
  });
}
