import { createGrpcClient } from "./connect-clients.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("gRPC", createGrpcClient);
