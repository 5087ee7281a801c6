import { isValidElement, memo, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CodeBlock } from "./code-block";
import { ImageIcon } from "./icons";

/** One block of Markdown. Raw HTML in it is shown as text; nothing in it makes the browser fetch anything. */
export const MarkdownBlock = memo(function MarkdownBlock({ markdown }: { markdown: string }) {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={safeUrl}>
      {markdown}
    </ReactMarkdown>
  );
});

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  a: ({ href, children }) => <SafeLink href={href}>{children}</SafeLink>,
  img: ({ src, alt }) => (
    <SafeLink href={typeof src === "string" ? src : undefined} className="image-link">
      <ImageIcon />
      Image: {alt || "no description"}
    </SafeLink>
  ),
  table: ({ children }) => (
    // In the tab order, since it may have to be scrolled.
    <div className="table-scroll" tabIndex={0} role="group" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  // The boxes of a task list, which nobody can tick here.
  input: ({ checked }) => (
    <input type="checkbox" checked={checked ?? false} disabled aria-label={checked ? "Done" : "To do"} />
  ),
  code: ({ children }) => <code className="inline-code">{children}</code>,
  // What stands in a `pre` is never drawn by `code` above: it is read, and drawn as a block.
  pre: ({ children }) => {
    if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
    const language = /language-(\S+)/.exec(children.props.className ?? "")?.[1] ?? null;
    return <CodeBlock code={String(children.props.children ?? "").replace(/\n$/, "")} language={language} />;
  },
};

type LinkProps = { href: string | undefined; className?: string; children: ReactNode };

function SafeLink({ href, className, children }: LinkProps) {
  if (!href) return <span className={className}>{children}</span>;
  return (
    <a href={href} className={className} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}

/** Only addresses that lead out of the page; anything else is text. */
function safeUrl(url: string): string | undefined {
  return /^(https?:\/\/|mailto:)/i.test(url) ? url : undefined;
}
