import type { LinksFunction, MetaFunction } from "@remix-run/node";
import {
  isRouteErrorResponse,
  Links,
  LiveReload,
  Meta,
  Outlet,
  useRouteError,
  useRouteLoaderData,
} from "@remix-run/react";
import { useContext, type ReactNode } from "react";
import { APPEARANCE_SCRIPT } from "~/browser/storage/appearance";
import { ErrorPage } from "~/components/pages/error-page";
import { NonceContext } from "~/components/pages/nonce-context";
import { PageScripts } from "~/components/pages/page-scripts";
import { enFirst } from "~/i18n/locales/en-first";
import { brandView } from "~/brand.server";
import { BrandContext } from "~/components/primitives/brand-context";
import { DEFAULT_BRAND, type BrandView } from "~/conversation/brand";
import { services } from "~/services.server";
import stylesheet from "~/styles/app.css";

export const links: LinksFunction = () => [
  { rel: "stylesheet", href: stylesheet },
  // Requested with cookies, which an authenticating proxy in front of the server needs.
  { rel: "manifest", href: "/manifest.webmanifest", crossOrigin: "use-credentials" },
];

export const meta: MetaFunction<typeof loader> = ({ data }) => [
  { title: (data?.brand ?? DEFAULT_BRAND).name },
  { name: "description", content: "A chat that never loses a word." },
];

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useContext(NonceContext);
  const brand = useBrand();
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
        <Icons logo={brand.logo} />
      </head>
      <body>
        <BrandContext.Provider value={brand}>{children}</BrandContext.Provider>
        <PageScripts nonce={nonce} />
        <LiveReload nonce={nonce} />
      </body>
    </html>
  );
}

/** The default where the loader itself has failed. */
function useBrand(): BrandView {
  return useRouteLoaderData<typeof loader>("root")?.brand ?? DEFAULT_BRAND;
}

function Icons({ logo }: { logo: string | null }) {
  if (logo !== null) return <link rel="icon" href={logo} />;
  return (
    <>
      <link rel="icon" href="/favicon.ico" sizes="32x32" />
      <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
      <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
    </>
  );
}

export const loader = () => ({
  notice: services.models.notice?.message ?? null,
  brand: brandView(services.brand),
});

/** Back and Forward stay on this page, and must work without a network. */
export const shouldRevalidate = () => false;

export default function Root() {
  return <Outlet />;
}

export function ErrorBoundary() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) {
    return <ErrorPage title={enFirst.errorPage.notFoundTitle} text={enFirst.errorPage.notFoundText} />;
  }
  return <ErrorPage title={enFirst.errorPage.failedTitle} text={enFirst.errorPage.failedText} />;
}
