import { Scripts } from "@remix-run/react";
import { Children, cloneElement, isValidElement, type LinkHTMLAttributes, type ReactElement } from "react";

/**
 * Remix's scripts, fetched after the style sheet, without which nothing is drawn: the page can be read before it can
 * be used. Remix has no property for that, so its links are given one.
 */
export function PageScripts({ nonce }: { nonce: string | undefined }) {
  // Called, not rendered: what it returns is what there is to change. Null once the page has taken over.
  const scripts = Scripts({ nonce }) as ReactElement<{ children: ReactElement[] }> | null;
  return Children.map(scripts?.props.children, (child) =>
    isValidElement<LinkHTMLAttributes<HTMLLinkElement>>(child) && child.props.rel === "modulepreload"
      ? // In the case in which React 18 takes it for an attribute.
        cloneElement(child, { fetchpriority: "low" } as object)
      : child,
  );
}
