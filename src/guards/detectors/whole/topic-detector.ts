import type { TopicsGuard } from "../../../../gen/parlance/config/v1/guard_detector_pb.js";
import { type Detector, joinDetectors } from "../../../core/guard/detector.ts";
import { keywordDetector } from "../keywords/keyword-detector.ts";
import type { Keyword } from "../keywords/keyword-tree.ts";
import { wholeDetector } from "./whole-detectors.ts";

/** Finds words of topics that are denied, and texts without a word of those that are allowed. */
export function topicDetector({ denied, allowed }: TopicsGuard): Detector {
  const words = Object.keys(denied).length > 0 ? keywordDetector(keywordsOf(denied)) : undefined;
  const detectors = words === undefined ? [] : [words];
  if (Object.keys(allowed).length === 0) return joinDetectors(detectors);
  const { find } = keywordDetector(keywordsOf(allowed));
  const offTopic = wholeDetector((text) =>
    text.trim() === "" || find(text).length > 0 ? undefined : "OFF_TOPIC",
  );
  return { ...joinDetectors([...detectors, offTopic]), beside: words ?? "nothing" };
}

function keywordsOf(topics: TopicsGuard["denied"]): readonly Keyword[] {
  return Object.entries(topics).flatMap(([topic, { words }]) =>
    words.map((word): Keyword => [word, topic]),
  );
}
