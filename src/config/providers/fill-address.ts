import type { GoogleIdentity } from "../provider-identity.ts";

/**
 * Puts a project and a location of Google Cloud into an address that has a place for them. Hosts of
 * Vertex AI name them in three ways: `europe-west4-aiplatform.googleapis.com` is a region,
 * `aiplatform.us.rep.googleapis.com` a multi-region, and `aiplatform.googleapis.com` the location
 * `global`. Without a project or location the address stays as it is. See
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations.
 */
export function fillAddress(address: string, google: GoogleIdentity | undefined): string {
  if (google === undefined || !address.includes("{")) return address;
  const { project, location } = google;
  const filled = address.replace(
    /\/\/\{location\}-([a-z]+)\./,
    (_, service: string) => `//${hostName(service, location)}.`,
  );
  return filled.replaceAll("{location}", location).replaceAll("{project}", project);
}

/**
 * Fills what stands between an address and the paths of a dialect. An API key that is used for no
 * project finds its models without one: the part that names project and location is left out
 * (express mode of Vertex AI). See
 * https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference.
 */
export function fillPrefix(prefix: string, google: GoogleIdentity | undefined): string {
  const known =
    google?.project === ""
      ? prefix.replace(/\/projects\/\{project\}\/locations\/[^/]+/, "")
      : prefix;
  return fillAddress(known, google);
}

const multiRegions: ReadonlySet<string> = new Set(["us", "eu"]);

function hostName(service: string, location: string): string {
  if (location === "global") return service;
  return multiRegions.has(location) ? `${service}.${location}.rep` : `${location}-${service}`;
}
