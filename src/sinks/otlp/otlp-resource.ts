import { create } from "@bufbuild/protobuf";
import {
  type InstrumentationScope,
  InstrumentationScopeSchema,
} from "../../../gen/opentelemetry/proto/common/v1/common_pb.js";
import {
  type Resource,
  ResourceSchema,
} from "../../../gen/opentelemetry/proto/resource/v1/resource_pb.js";
import { attributesOf } from "./otlp-attributes.ts";
import type { Service } from "./service.ts";

/**
 * The resource of all that a process says; `configured` goes over what it says of itself.
 * https://opentelemetry.io/docs/specs/semconv/resource/ (2026-11)
 */
export function resourceOf(
  { name, version, instanceId }: Service,
  configured: ReadonlyMap<string, string>,
): Resource {
  const attributes = {
    "service.name": name,
    "service.version": version,
    "service.instance.id": instanceId,
    "telemetry.sdk.name": name,
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.version": version,
    ...Object.fromEntries(configured),
  };
  return create(ResourceSchema, { attributes: attributesOf(attributes) });
}

/** The part of the program that says it: the gateway as a whole. */
export function scopeOf({ name, version }: Service): InstrumentationScope {
  return create(InstrumentationScopeSchema, { name, version });
}
