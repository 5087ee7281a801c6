import { renderToStaticMarkup } from "react-dom/server";
import { askerAddress, LOCAL_ADDRESS } from "~/http/admission/client-address";
import { ExpectedError, type ErrorCode } from "~/conversation/expected-error";
import { describeNewerFiles, type DayUsage, type Usage } from "~/quotas/read-usage";
import { usageForOperator } from "~/use-cases/usage-for-operator";
import { api } from "~/api.server";
import { services } from "~/services.server";

/** Addresses shown of a day: those that cost most. */
const SHOWN = 10;

const NEEDS_CODE: readonly ErrorCode[] = ["access_code_needed", "access_code_wrong"];

const STYLE =
  "body{font:16px system-ui;margin:2rem;color-scheme:light dark}table{border-collapse:collapse}" +
  "td,th{padding:.25rem 1rem;text-align:right}td:first-child,th:first-child{text-align:left}" +
  "tr.day{font-weight:bold;border-top:1px solid}";

/**
 * Usage as a page, for the operator: a table without a script. The browser asks for the code as a password, of any user.
 * In English only, like the log: no user of the chat sees it.
 */
const handle = api(
  {
    async GET(request) {
      try {
        const usage = await usageForOperator(request, askerAddress(request) ?? LOCAL_ADDRESS, services);
        return page(<UsageTable {...usage} />);
      } catch (error) {
        if (!ExpectedError.isInstance(error) || !NEEDS_CODE.includes(error.code)) throw error;
        return page(<p>{error.message}</p>, {
          status: 401,
          headers: { "WWW-Authenticate": 'Basic realm="usage", charset="UTF-8"' },
        });
      }
    },
  },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;

function page(content: React.ReactElement, { status = 200, headers = {} } = {}): Response {
  const html = renderToStaticMarkup(
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Usage</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <h1>Usage</h1>
        {content}
      </body>
    </html>,
  );
  return new Response(`<!doctype html>${html}`, {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy":
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      ...headers,
    },
  });
}

function UsageTable({ days, newerFiles }: Usage) {
  const newer = newerFiles > 0 && <p>{describeNewerFiles(newerFiles)}</p>;
  if (days.length === 0) return newer || <p>Nothing was used yet.</p>;
  return (
    <>
      {newer}
      <table>
        <thead>
          <tr>
            <th>Day (UTC), models, addresses (pseudonyms of that day)</th>
            <th>Messages</th>
            <th>Tokens</th>
            <th>Dollars</th>
          </tr>
        </thead>
        <tbody>{days.toReversed().map(rowsOf)}</tbody>
      </table>
    </>
  );
}

function rowsOf({ day, models, addresses, ...amounts }: DayUsage) {
  const more = addresses.length - SHOWN;
  return [
    <Row key={day} className="day" name={day} {...amounts} />,
    ...models.map(({ model, ...each }) => <Row key={`${day} ${model}`} name={model} {...each} />),
    ...addresses
      .slice(0, SHOWN)
      .map(({ address, ...each }) => <Row key={`${day} ${address}`} name={`address ${address}`} {...each} />),
    more > 0 && <Row key={`${day} more`} name={`and ${more} more addresses`} />,
  ];
}

type RowProps = { name: string; className?: string; messages?: number; tokens?: number; dollars?: number };

function Row({ name, className, messages, tokens, dollars }: RowProps) {
  return (
    <tr className={className}>
      <td>{name}</td>
      <td>{messages?.toLocaleString("en")}</td>
      <td>{tokens?.toLocaleString("en")}</td>
      <td>{dollars?.toFixed(4)}</td>
    </tr>
  );
}
