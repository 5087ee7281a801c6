import { isValidElement, memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
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
  img: ({ src, alt }) => <ImageLink src={typeof src === "string" ? src : undefined} alt={alt} />,
  table: ({ children }) => <Table>{children}</Table>,
  input: ({ checked }) => <TaskBox checked={checked ?? false} />,
  code: ({ children }) => <code className="inline-code">{children}</code>,
  // What stands in a `pre` is never drawn by `code` above: it is read, and drawn as a block.
  pre: ({ children }) => {
    if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return <pre>{children}</pre>;
    const language = /language-(\S+)/.exec(children.props.className ?? "")?.[1] ?? null;
    return <CodeBlock code={String(children.props.children ?? "").replace(/\n$/, "")} language={language} />;
  },
};

function ImageLink({ src, alt }: { src: string | undefined; alt: string | undefined }) {
  const { t } = useTranslation();
  return (
    <SafeLink href={src} className="image-link">
      <ImageIcon />
      {t("markdown.image", { description: alt || t("markdown.noDescription") })}
    </SafeLink>
  );
}

/** In the tab order, since it may have to be scrolled. */
function Table({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="table-scroll" tabIndex={0} role="group" aria-label={t("markdown.table")}>
      <table>{children}</table>
    </div>
  );
}

/** The box of a task list, which nobody can tick here. */
function TaskBox({ checked }: { checked: boolean }) {
  const { t } = useTranslation();
  return (
    <input
      type="checkbox"
      checked={checked}
      disabled
      aria-label={checked ? t("markdown.done") : t("markdown.toDo")}
    />
  );
}

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
