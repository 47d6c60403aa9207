import type { Key } from "../../../gen/parlance/config/v1/key_pb.js";
import type { Team } from "../../../gen/parlance/config/v1/team_pb.js";
import { createTenant, type Tenant } from "../../core/caller/tenant.ts";
import { createNameIndex } from "../../core/names/nearest-name.ts";
import type { Steps } from "../../core/steps.ts";
import { type ConfigScope, inElement, inField, problem } from "../config-scope.ts";

/**
 * Compiles the teams, no two of one name. Where there are any, keys name one of them: a key that is
 * misspelt into a team of its own would be bounded by nothing.
 */
export function* compileTeams(
  { teams, keys }: { readonly teams: readonly Team[]; readonly keys: readonly Key[] },
  scope: ConfigScope,
): Steps<ReadonlyMap<string, Tenant>> {
  const compiled = new Map<string, Tenant>();
  const ofTeams = inField(scope, "teams");
  for (const [index, team] of teams.entries()) {
    yield;
    if (team.name !== "" && compiled.has(team.name))
      problem(inField(inElement(ofTeams, index), "name"), {
        message: "another team has this name",
        ruleId: "duplicate_team_name",
      });
    compiled.set(team.name, createTenant("team", team));
  }
  if (teams.length === 0) return compiled;
  const nearest = createNameIndex(compiled.keys());
  for (const [index, { team }] of keys.entries()) {
    yield;
    if (team === "" || compiled.has(team)) continue;
    const near = nearest(team);
    problem(inField(inElement(inField(scope, "keys"), index), "team"), {
      message: `${JSON.stringify(team)} is none of the teams`,
      hint: near === undefined ? "add it to teams" : `did you mean ${JSON.stringify(near)}?`,
      ruleId: "unknown_team",
    });
  }
  return compiled;
}
