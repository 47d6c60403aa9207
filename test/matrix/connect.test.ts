import { createConnectClient } from "./connect-clients.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("Connect", createConnectClient);
