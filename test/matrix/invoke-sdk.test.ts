import { describeMatrix } from "./describe-matrix.ts";
import { createInvokeClient } from "./invoke-client.ts";

describeMatrix("the AWS SDK, InvokeModel", createInvokeClient);
