import type { ContentLogging } from "../../../gen/parlance/config/v1/privacy_pb.js";
import { type ConfigScope, inElement, inField } from "../config-scope.ts";
import type { FilledConfig } from "../defaults.ts";

/** What a config says of stored content, of all teams and of each, with the place of each. */
export function* contentLoggings(
  { privacy, teams }: FilledConfig,
  scope: ConfigScope,
): Generator<{ readonly content: ContentLogging; readonly at: ConfigScope }> {
  const ofAll = privacy?.content;
  if (ofAll !== undefined)
    yield { content: ofAll, at: inField(inField(scope, "privacy"), "content") };
  for (const [index, { content }] of teams.entries())
    if (content !== undefined)
      yield { content, at: inField(inElement(inField(scope, "teams"), index), "content") };
}
