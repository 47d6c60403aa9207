import type { DescMethod } from "@bufbuild/protobuf";
import { Health } from "../../../gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as ServerReflectionAlpha } from "../../../gen/grpc/reflection/v1alpha/reflection_pb.js";
import { contractFiles } from "../../../src/edge/connect/services/services.ts";

/**
 * Every method that the gateway serves, from its own descriptors: a new one is attacked by itself.
 */
export const rpcMethods: readonly DescMethod[] = [
  ...contractFiles.flatMap((file) => file.services),
  Health,
  ServerReflection,
  ServerReflectionAlpha,
].flatMap((service) => service.methods);

/** A way to speak to a method. */
export interface RpcProtocol {
  readonly name: "connect" | "connect-stream" | "grpc" | "grpc-web" | "grpc-web-text";
  readonly format: "proto" | "json";
  readonly contentType: string;
  /** Messages stand in envelopes of five bytes before them. */
  readonly enveloped: boolean;
  /** Needs trailers, and so HTTP/2. */
  readonly h2Only: boolean;
}

const formats = ["proto", "json"] as const;

/** Every protocol in every format. */
export const rpcProtocols: readonly RpcProtocol[] = formats.flatMap((format) => [
  {
    name: "connect",
    format,
    contentType: `application/${format}`,
    enveloped: false,
    h2Only: false,
  },
  {
    name: "connect-stream",
    format,
    contentType: `application/connect+${format}`,
    enveloped: true,
    h2Only: false,
  },
  {
    name: "grpc",
    format,
    contentType: `application/grpc+${format}`,
    enveloped: true,
    h2Only: true,
  },
  {
    name: "grpc-web",
    format,
    contentType: `application/grpc-web+${format}`,
    enveloped: true,
    h2Only: false,
  },
  {
    name: "grpc-web-text",
    format,
    contentType: `application/grpc-web-text+${format}`,
    enveloped: true,
    h2Only: false,
  },
]);
