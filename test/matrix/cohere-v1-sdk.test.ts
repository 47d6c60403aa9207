import { createCohereV1Client } from "./cohere-v1-client.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("the Cohere SDK of version 1", createCohereV1Client, ["image", "thinking"]);
