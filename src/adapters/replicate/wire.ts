import type { Decoded, EncodeOptions } from "../../core/dialect.ts";
import { pathSegments } from "../../core/dispatch/url-path.ts";
import { invalidField } from "../../core/faults/fault.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { postJson } from "../shared/post-json.ts";

/** The dialect's name, in the catalog and in `extras_json`. */
export const DIALECT = "replicate";

/** What encoders get. The dialect has no quirks: rows may declare any, none is read. */
export type ReplicateOptions = EncodeOptions<Readonly<Record<string, unknown>>>;

/** The path of a model, and its version where that stands in the body. */
export interface Place {
  readonly path: string;
  readonly version?: string;
}

const DEPLOYMENT = "deployments/";

/**
 * A model is `OWNER/NAME`, `OWNER/NAME:VERSION`, or `deployments/OWNER/NAME`. Other words between
 * slashes would be other paths of the vendor's. See
 * https://replicate.com/docs/topics/predictions/create-a-prediction.
 */
export function placeOf(model: string): Decoded<Place> {
  const colon = model.indexOf(":");
  if (colon !== -1)
    return { ok: true, value: { path: "/predictions", version: model.slice(colon + 1) } };
  const name = model.startsWith(DEPLOYMENT) ? model.slice(DEPLOYMENT.length) : model;
  if (name.split("/").length > 2) {
    return {
      ok: false,
      fault: invalidField(
        "model",
        "write OWNER/NAME, OWNER/NAME:VERSION or deployments/OWNER/NAME",
      ),
    };
  }
  const path = `${name === model ? "/models" : "/deployments"}/${pathSegments(name)}/predictions`;
  return { ok: true, value: { path } };
}

/**
 * A POST of a JSON body. A call that is not streamed is held open until the prediction is there,
 * for a minute at most.
 */
export function post(path: string, body: Uint8Array | string, stream: boolean): WireRequest {
  return postJson(path, body, stream ? [] : ["prefer", "wait"]);
}
