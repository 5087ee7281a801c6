/**
 * Whether the browser's connection uses TLS, according to the headers of the load balancer (X-Forwarded-Proto), of
 * CloudFront (CloudFront-Forwarded-Proto, if configured), or of the browser (Origin, with all but plain GET requests).
 * @param header returns the value of a header, by its name in lower case
 */
export function isOverTls(header: (name: string) => string | string[] | null | undefined): boolean {
  const first = (name: string) =>
    String(header(name) ?? "")
      .split(",")[0]!
      .trim();
  return (
    first("x-forwarded-proto") === "https" ||
    first("cloudfront-forwarded-proto") === "https" ||
    first("origin").startsWith("https://")
  );
}
