/** Unknown address. A thrown response is shown by the root's error boundary, and is not logged as an error. */
export function loader() {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- Remix renders a thrown response
  throw new Response(null, { status: 404, statusText: "Not Found" });
}

export default function NotFound() {
  return null;
}
