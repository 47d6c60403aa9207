/** How metrics are written: Prometheus' text format 0.0.4, or OpenMetrics 1.0. */
export type MetricFormat = "text" | "openmetrics";

/** The media types of the formats. */
export const metricTypes: Readonly<Record<MetricFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};
