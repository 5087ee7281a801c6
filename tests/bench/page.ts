import { startAppServer } from "../fixtures/app-server.ts";
import { launchChromium } from "../fixtures/browser/chromium.ts";
import { load } from "./machine-facts.ts";
import { conversationCosts, type ConversationCosts } from "./page/conversation-costs.ts";
import { firstVisits, SLOWER_CPU, type FirstVisit } from "./page/first-visit.ts";
import { importCosts, type ImportCosts } from "./page/import-costs.ts";
import { startPeers } from "./page/peers.ts";
import { printTable } from "./stream/table.ts";

/**
 * `npm run bench:page`: what the page costs a browser, in Chromium, beside pages that do less. Budgets are those of the
 * project; times without one depend on the machine, and only their ratios are worth comparing. Main-thread times are
 * processor time.
 */
const TOKENS_PER_SECOND = 100;
const VISITS = 5;

const server = await startAppServer({ env: { DEMO_TOKENS_PER_SECOND: String(TOKENS_PER_SECOND) } });
const peers = await startPeers();
const browser = await launchChromium();
try {
  console.log(`node ${process.versions.node}, Chromium ${browser.version()}, load ${load()}`);
  await printFirstVisits();
  await printConversations();
  await printImport();
} finally {
  await browser.close();
  await server.stop();
  peers.stop();
}

async function printFirstVisits(): Promise<void> {
  const visits = await firstVisits(browser, [server.url, peers.react, peers.bare], VISITS);
  const row = (what: string, budget: string, value: (visit: FirstVisit) => number, digits = 0) => [
    what,
    budget,
    ...visits.map((visit) => value(visit).toFixed(digits)),
  ];
  console.log(`\nFirst visit, until one can type: slow 4G, CPU ${SLOWER_CPU} times slower`);
  printTable([
    ["", "at most", "Holdfast", "React alone", "HTML alone"],
    row("requests", "15", ({ requests }) => requests),
    row("round trips, one after the other", "2", ({ roundTrips }) => roundTrips),
    row("JavaScript, KB gzip", "150", ({ scriptKb }) => scriptKb, 1),
    row("main thread, ms", "", ({ cpuMs }) => cpuMs),
    row("of that in tasks beyond 50 ms", "", ({ blockingMs }) => blockingMs),
    row("first paint, ms", "", ({ paintMs }) => paintMs),
    row("one can type, ms", "", ({ readyMs }) => readyMs),
  ]);
}

async function printConversations(): Promise<void> {
  const long = await conversationCosts(browser, server.url, 2_000);
  const short = await conversationCosts(browser, server.url, 2);
  const row = (what: string, budget: string, value: (costs: ConversationCosts) => number, digits = 1) => [
    what,
    budget,
    value(long).toFixed(digits),
    value(short).toFixed(digits),
    (value(long) / value(short)).toFixed(2),
  ];
  console.log("\nAn open conversation");
  printTable([
    ["", "at most", "2,000 messages", "2 messages", "ratio"],
    row("DOM nodes", "6,000", ({ nodes }) => nodes, 0),
    row("JS heap, MB", "60", ({ heapMb }) => heapMb),
    row(`main thread at ${TOKENS_PER_SECOND} tokens/s, %`, "15", ({ busyShare }) => busyShare * 100),
    row(`key to paint, CPU ${SLOWER_CPU} times slower, p95 ms`, "50", ({ keyMs }) => keyMs),
    row("the same while an answer streams", "50", ({ keyInStreamMs }) => keyInStreamMs),
    row(`frame of scrolling, CPU ${SLOWER_CPU} times slower, p95 ms`, "50", ({ frameMs }) => frameMs),
  ]);
}

async function printImport(): Promise<void> {
  const { fileMb, imported, parsedWhole } = await importCosts(browser, server.url);
  const row = (what: string, value: (costs: ImportCosts) => number) => [
    what,
    value(imported).toFixed(0),
    value(parsedWhole).toFixed(0),
    (value(imported) / value(parsedWhole)).toFixed(2),
  ];
  console.log(`\nImporting an export of ${fileMb.toFixed(0)} MB`);
  printTable([
    ["", "Holdfast", "JSON.parse of the whole file", "ratio"],
    row("longest task of the main thread, ms", ({ longestMs }) => longestMs),
    row("all tasks, ms", ({ totalMs }) => totalMs),
  ]);
}
