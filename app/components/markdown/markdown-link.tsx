import type { ReactNode } from "react";
import { undisguised } from "./parsing/link-target";

type Props = {
  href: string | undefined;
  text: string;
  hasFormula: boolean;
  title: string | undefined;
  children: ReactNode;
};

/** A link out of the page. If its text is misleading, it also shows its host. */
export function MarkdownLink({ href, text, hasFormula, title, children }: Props) {
  if (!href) return <span>{children}</span>;
  const real = undisguised(text, href, hasFormula);
  return (
    <>
      <a
        href={href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        // For print, unless it is the text.
        data-address={text.trim() === "" || href.includes(text.trim()) ? undefined : href}
        title={title !== undefined && undisguised(title, href) === null ? title : undefined}
      >
        {text.trim() === "" ? href : children}
      </a>
      {real !== null && (
        <bdi className="link-target" dir="ltr">
          {` (${real})`}
        </bdi>
      )}
    </>
  );
}
