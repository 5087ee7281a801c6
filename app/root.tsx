import type { LinksFunction, MetaFunction } from "@remix-run/node";
import { isRouteErrorResponse, Links, LiveReload, Meta, Outlet, useRouteError } from "@remix-run/react";
import { useContext, type ReactNode } from "react";
import { APPEARANCE_SCRIPT } from "~/browser/storage/appearance";
import { ErrorPage } from "~/components/pages/error-page";
import { NonceContext } from "~/components/pages/nonce-context";
import { PageScripts } from "~/components/pages/page-scripts";
import { en } from "~/i18n/locales/en";
import { services } from "~/services.server";
import stylesheet from "~/styles/app.css";

export const links: LinksFunction = () => [
  { rel: "stylesheet", href: stylesheet },
  { rel: "icon", href: "/favicon.ico", sizes: "32x32" },
  { rel: "icon", href: "/favicon.svg", type: "image/svg+xml" },
  // Requested with cookies, which an authenticating proxy in front of the server needs.
  { rel: "manifest", href: "/manifest.webmanifest", crossOrigin: "use-credentials" },
  { rel: "apple-touch-icon", href: "/apple-touch-icon.png" },
];

export const meta: MetaFunction = () => [
  { title: "Holdfast" },
  { name: "description", content: "A chat that never loses a word." },
];

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useContext(NonceContext);
  return (
    // The script below and the page change the attributes of this element.
    <html lang="en" suppressHydrationWarning>
      <head>
        <meta charSet="utf-8" />
        <meta
          name="viewport"
          content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
        />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbfaf7" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#15181a" />
        <script
          nonce={nonce}
          suppressHydrationWarning
          dangerouslySetInnerHTML={{ __html: APPEARANCE_SCRIPT }}
        />
        <Meta />
        <Links />
      </head>
      <body>
        {children}
        <PageScripts nonce={nonce} />
        <LiveReload nonce={nonce} />
      </body>
    </html>
  );
}

export const loader = () => ({ notice: services.models.notice?.message ?? null });

/** Back and Forward stay on this page, and must work without a network. */
export const shouldRevalidate = () => false;

export default function Root() {
  return <Outlet />;
}

export function ErrorBoundary() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) {
    return <ErrorPage title={en.errorPage.notFoundTitle} text={en.errorPage.notFoundText} />;
  }
  return <ErrorPage title={en.errorPage.failedTitle} text={en.errorPage.failedText} />;
}
