import { createConverseClient } from "./converse-client.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("the AWS SDK, Converse", createConverseClient);
