import { services } from "~/services.server";

/** The manifest of the installed page. */
export function loader(): Response {
  const { name, logo } = services.brand;
  const own = logo && {
    src: `/logo?${logo.hash}`,
    sizes: "any",
    type: logo.mediaType,
    purpose: "any",
  };
  const manifest = {
    id: "/",
    name,
    short_name: name,
    description: "A chat that never loses a word.",
    start_url: "/",
    scope: "/",
    display: "standalone",
    background_color: "#fbfaf7",
    theme_color: "#fbfaf7",
    icons: own
      ? [own]
      : [
          { src: "/favicon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
          { src: "/icon-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
          { src: "/icon-maskable.svg", sizes: "any", type: "image/svg+xml", purpose: "maskable" },
          { src: "/icon-maskable-512.png", sizes: "512x512", type: "image/png", purpose: "maskable" },
        ],
  };
  return new Response(JSON.stringify(manifest), {
    headers: { "Content-Type": "application/manifest+json", "Cache-Control": "no-cache" },
  });
}
