import { pathSegment } from "../../core/dispatch/url-path.ts";
import type { WireRequest } from "../../core/wire-request.ts";
import { postJson } from "../shared/post-json.ts";

/** An endpoint, and the model name for its container. */
export interface EndpointModel {
  readonly endpoint: string;
  /** In the container's words; "" where the container has one model. */
  readonly model: string;
}

/** A model is `ENDPOINT` or `ENDPOINT/MODEL`: endpoints have no slash in their names. */
export function splitModel(model: string): EndpointModel {
  const slash = model.indexOf("/");
  return slash === -1
    ? { endpoint: model, model: "" }
    : { endpoint: model.slice(0, slash), model: model.slice(slash + 1) };
}

/**
 * A call of an endpoint. See
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html and
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html.
 */
export function invoke(endpoint: string, stream: boolean, body: Uint8Array | string): WireRequest {
  const operation = stream ? "invocations-response-stream" : "invocations";
  const path = `/endpoints/${pathSegment(endpoint)}/${operation}`;
  return postJson(path, body);
}
