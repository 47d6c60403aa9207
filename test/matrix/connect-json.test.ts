import { createConnectJsonClient } from "./connect-json-client.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("Connect JSON as curl sends it", createConnectJsonClient);
