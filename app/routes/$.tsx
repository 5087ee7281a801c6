/** No page is here. Thrown, so that the root's error boundary says so, and the log has no error of ours. */
export function loader() {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- how Remix is told
  throw new Response(null, { status: 404, statusText: "Not Found" });
}

export default function NotFound() {
  return null;
}
