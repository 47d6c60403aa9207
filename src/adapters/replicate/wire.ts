import type { EncodeOptions, WireRequest } from "../../core/dialect.ts";

/** The dialect's name, in the catalog and in `extras_json`. */
export const DIALECT = "replicate";

/** What encoders get. The dialect has no quirks: rows may declare any, none is read. */
export type ReplicateOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** Where a model is asked, and the version of it, where that stands in the body. */
export interface Place {
  readonly path: string;
  readonly version?: string;
}

/**
 * A model is `OWNER/NAME`, `OWNER/NAME:VERSION`, or `deployments/OWNER/NAME`.
 * See https://replicate.com/docs/topics/predictions/create-a-prediction.
 */
export function placeOf(model: string): Place {
  const colon = model.indexOf(":");
  if (colon !== -1) return { path: "/predictions", version: model.slice(colon + 1) };
  const path = model.split("/").map(encodeURIComponent).join("/");
  return { path: `${path.startsWith("deployments/") ? "" : "/models"}/${path}/predictions` };
}

/** A POST of a JSON body. A call that is not streamed is held open until the prediction is there, for a minute at most. */
export function post(path: string, body: Uint8Array | string, stream: boolean): WireRequest {
  const headers = ["content-type", "application/json", ...(stream ? [] : ["prefer", "wait"])];
  return { method: "POST", path, headers, body };
}
