/**
 * Whether the browser speaks TLS, as far as a request tells: the load balancer says so, CloudFront does where it is
 * told to, and the browser itself with everything that it sends (Origin), whoever ends the TLS on the way.
 * @param header the value of a header, by its name in lower case
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
