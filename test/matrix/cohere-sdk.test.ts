import { createCohereClient } from "./cohere-client.ts";
import { describeMatrix } from "./describe-matrix.ts";

describeMatrix("the Cohere SDK", createCohereClient);
