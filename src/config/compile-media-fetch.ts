import type { MediaFetch } from "../../gen/parlance/config/v1/media_fetch_pb.js";
import { mediaFetchDefaults } from "./apply-defaults.ts";
import { durationToMilliseconds } from "./duration-milliseconds.ts";
import type { MediaFetchPlan } from "./plan.ts";

/** Compiles how media are fetched; undefined where nothing is. */
export function compileMediaFetch(media: MediaFetch | undefined): MediaFetchPlan | undefined {
  const { disabled, maxBytes, maxTotalBytes, timeout, allowPrivateAddresses, privateHosts } =
    mediaFetchDefaults(media);
  if (disabled) return undefined;
  return {
    maxBytes,
    maxTotalBytes,
    timeoutMs: durationToMilliseconds(timeout),
    allowPrivateAddresses,
    privateHosts: [...privateHosts],
  };
}
