import type { GooglePlan } from "./plan.ts";

/**
 * Puts a project and a location of Google Cloud into an address that has a place for them. The location `global` is no
 * part of a host's name: `{location}-` is left out there. Without a project or location the address stays as it is.
 * See https://cloud.google.com/vertex-ai/docs/general/locations.
 */
export function fillAddress(address: string, google: GooglePlan | undefined): string {
  if (google === undefined || !address.includes("{")) return address;
  const { project, location } = google;
  const filled = address.replaceAll("//{location}-", location === "global" ? "//" : `//${location}-`);
  return filled.replaceAll("{location}", location).replaceAll("{project}", project);
}
