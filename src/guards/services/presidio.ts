import type { PresidioGuardSettings } from "../../config/guard-service-settings.ts";
import { withoutOverlaps } from "../../core/guard/detector.ts";
import type { AskGuard } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { isObject, type Json, stringAt } from "../../json/json.ts";
import { askEach } from "./ask-each.ts";
import type { GuardPorts } from "./ports.ts";
import { postJson } from "./post-json.ts";
import { kindsOf, passes, readFinding } from "./read-verdict.ts";
import { placesIn } from "./text-unit.ts";

/**
 * Asks Presidio's analyzer, and its anonymizer where there is one, for the text that goes on. The
 * places of findings are counted in code points, as Python does. See
 * https://microsoft.github.io/presidio/api-docs/api-docs.html (2026-11).
 */
export function askPresidio(settings: PresidioGuardSettings, { post }: GuardPorts): AskGuard {
  const { url, anonymizerUrl, anonymizersJson } = settings;
  const fixed = fixedMembers(settings);
  return askEach(async (text, _question, signal) => {
    const body = `{"text":${JSON.stringify(text)},${fixed}}`;
    const results = await postJson(post, { url: `${url}/analyze`, body }, signal);
    if (!Array.isArray(results)) throw new GuardFailure("answered with what is no list");
    if (results.length === 0) return passes;
    const places = placesIn(text, "CODE_POINTS");
    const all = results.map((result: Json) => readFinding(result, places, "entity_type"));
    const findings = withoutOverlaps(all);
    const kinds = kindsOf(
      findings.map(({ kind }) => kind),
      "FOUND",
    );
    if (anonymizerUrl === "") return { kinds, findings: [findings] };
    const anonymizers = anonymizersJson === "" ? "" : `,"anonymizers":${anonymizersJson}`;
    const request = JSON.stringify({ text, analyzer_results: results });
    const masked = await postJson(
      post,
      { url: `${anonymizerUrl}/anonymize`, body: `${request.slice(0, -1)}${anonymizers}}` },
      signal,
    );
    const written = isObject(masked) ? stringAt(masked, "text") : undefined;
    if (written === undefined) throw new GuardFailure("answered without the masked text");
    return { kinds, texts: [written] };
  });
}

/** What every request to the analyzer holds. */
function fixedMembers(settings: PresidioGuardSettings): string {
  const { language, entities, scoreThreshold, recognizersJson } = settings;
  const plain = JSON.stringify({
    language,
    ...(entities.length === 0 ? undefined : { entities }),
    ...(scoreThreshold === undefined ? undefined : { score_threshold: scoreThreshold }),
  }).slice(1, -1);
  return recognizersJson === "" ? plain : `${plain},"ad_hoc_recognizers":${recognizersJson}`;
}
