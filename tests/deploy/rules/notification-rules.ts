import { logQueryProblems } from "./log-rules.ts";
import { below, type Found } from "../problem.ts";
import { isObject, object, oneOrMore, valueAt, type Json, type JsonObject } from "../templates/parse-yaml.ts";
import { words } from "../words.ts";

/** Words of AWS Budgets, which its specification does not list. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  TimeUnit: ["DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"],
  NotificationType: ["ACTUAL", "FORECASTED"],
  ComparisonOperator: ["GREATER_THAN", "LESS_THAN", "EQUAL_TO"],
  ThresholdType: ["PERCENTAGE", "ABSOLUTE_VALUE"],
  SubscriptionType: ["SNS", "EMAIL"],
  BudgetType: words("COST USAGE RI_UTILIZATION RI_COVERAGE SAVINGS_PLANS_UTILIZATION SAVINGS_PLANS_COVERAGE"),
};

/** A threshold above is meant in dollars. */
const MOST_PERCENT = 1_000;

/** AWS takes a budget that tells nobody, and one of a service that it does not have. */
export function budgetProblems(
  properties: Json | undefined,
  key: string,
  defaults: ReadonlyMap<string, Json>,
  found: Found,
) {
  const list = valueAt(properties, "NotificationsWithSubscribers");
  const at = `${key}.NotificationsWithSubscribers`;
  const notifications = oneOrMore(list);
  if (notifications.length === 0 || !notifications.every((each) => subscribersOf(each).length > 0))
    found(at, "must name whom to tell: a budget ends nothing by itself");
  if (valueAt(properties, "Budget", "BudgetLimit") === undefined)
    found(`${key}.Budget.BudgetLimit`, "is missing");
  const amount = valueAt(properties, "Budget", "BudgetLimit", "Amount");
  const parameter = valueAt(amount, "Ref");
  const dollars = parameter === undefined ? amount : defaults.get(String(parameter));
  if (dollars !== undefined && !isObject(dollars) && !(Number(dollars) > 0))
    found(`${key}.Budget.BudgetLimit.Amount`, `must be a number above 0, is ${String(dollars)}`);
  choiceProblems(valueAt(properties, "Budget"), `${key}.Budget`, found);
  for (const service of oneOrMore(valueAt(properties, "Budget", "CostFilters", "Service"))) {
    if (typeof service === "string" && !/\b(Amazon|AWS) /.test(service))
      found(`${key}.Budget.CostFilters.Service`, `${service} is no name of a bill, such as Amazon Bedrock`);
  }
  for (const [index, each] of notifications.entries()) {
    choiceProblems(valueAt(each, "Notification"), `${at}.${index}.Notification`, found);
    const { Threshold: given, ThresholdType: kind = "PERCENTAGE" } = object(valueAt(each, "Notification"));
    const isShare = Number(given) > 1 && Number(given) <= MOST_PERCENT;
    if (kind === "PERCENTAGE" && given !== undefined && !isObject(given) && !isShare)
      found(
        `${at}.${index}.Notification.Threshold`,
        `must be in percent, such as 80, is ${String(given)}: dollars need ThresholdType ABSOLUTE_VALUE`,
      );
    for (const subscriber of subscribersOf(each)) {
      choiceProblems(subscriber, `${at}.${index}.Subscribers`, found);
      const address = valueAt(subscriber, "Address");
      const isMail = typeof address === "string" && address.includes("@");
      if (isMail !== (valueAt(subscriber, "SubscriptionType") === "EMAIL") && typeof address === "string")
        found(`${at}.${index}.Subscribers`, `${address} is no address of this SubscriptionType`);
    }
  }
}

function choiceProblems(given: Json | undefined, key: string, found: Found) {
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = valueAt(given, name);
    if (typeof value === "string" && !choices.includes(value))
      found(`${key}.${name}`, `must be one of ${choices.join(", ")}, is ${value}`);
  }
}

const subscribersOf = (notification: Json) => oneOrMore(valueAt(notification, "Subscribers"));

/** The log group of the service has Copilot's name. */
export function queryProblems(properties: Json | undefined, key: string, found: Found) {
  for (const group of oneOrMore(valueAt(properties, "LogGroupNames"))) {
    const name = isObject(group) ? valueAt(group, "Fn::Sub") : group;
    if (typeof name !== "string" || !name.includes("${")) continue;
    if (name !== "/copilot/${App}-${Env}-${Name}")
      found(`${key}.LogGroupNames`, `must be /copilot/\${App}-\${Env}-\${Name}, is ${name}`);
  }
  const text = valueAt(properties, "QueryString");
  if (
    typeof text === "string" &&
    JSON.stringify(valueAt(properties, "LogGroupNames") ?? "").includes("/copilot/")
  )
    logQueryProblems(text, (message) => found(`${key}.QueryString`, message));
}

/** Whether those who report to a topic may: AWS takes each report, and drops it. */
export function topicProblems(resources: JsonObject, found: Found) {
  const all = Object.entries(resources);
  const uses = (type: string, id: string) =>
    all.some(
      ([, resource]) =>
        String(valueAt(resource, "Type")).startsWith(type) && names(valueAt(resource, "Properties"), id),
    );
  for (const [id, resource] of all) {
    if (valueAt(resource, "Type") === "AWS::SNS::Subscription")
      subscriptionProblems(valueAt(resource, "Properties"), below(`Resources.${id}.Properties`, found));
  }
  for (const [id, topic] of all) {
    if (valueAt(topic, "Type") !== "AWS::SNS::Topic") continue;
    const isOfAlarms = uses("AWS::CloudWatch::", id);
    const key = valueAt(topic, "Properties", "KmsMasterKeyId");
    if (isOfAlarms && /alias\/aws\/sns/.test(JSON.stringify(key ?? "")))
      found(
        `Resources.${id}.Properties.KmsMasterKeyId`,
        "must not be the key of AWS itself, with which CloudWatch may not encrypt",
      );
    const policy = all.find(
      ([, resource]) =>
        valueAt(resource, "Type") === "AWS::SNS::TopicPolicy" &&
        names(valueAt(resource, "Properties", "Topics"), id) &&
        oneOrMore(valueAt(resource, "Properties", "Topics")).every(isArnOfTopic),
    );
    // Without a policy of its own a topic takes reports of its account's alarms, and of nobody else.
    for (const [service, mustBeNamed] of [
      ["cloudwatch.amazonaws.com", isOfAlarms && policy !== undefined],
      ["budgets.amazonaws.com", uses("AWS::Budgets::", id)],
    ] as const) {
      const statements = oneOrMore(valueAt(policy?.[1], "Properties", "PolicyDocument", "Statement"));
      if (mustBeNamed && !statements.some((statement) => lets(statement, service)))
        found(
          `Resources.${policy?.[0] ?? id}`,
          `must let ${service} publish to ${id}, or what it reports is dropped`,
        );
    }
  }
}

const PROTOCOLS = words("http https email email-json sms sqs application lambda firehose");

/** Who is told what a topic is told. */
function subscriptionProblems(properties: Json | undefined, found: Found) {
  const [protocol, endpoint, topic] = ["Protocol", "Endpoint", "TopicArn"].map((key) =>
    valueAt(properties, key),
  );
  if (typeof protocol === "string" && !PROTOCOLS.includes(protocol))
    found("Protocol", `must be one of ${PROTOCOLS.join(", ")}, is ${protocol}`);
  if (endpoint === undefined) found("Endpoint", "is missing: nobody is told");
  if (/^email/.test(String(protocol)) && typeof endpoint === "string" && !endpoint.includes("@"))
    found("Endpoint", `must be an address such as you@example.com, is ${endpoint}`);
  if (!isArnOfTopic(topic)) found("TopicArn", "must be the ARN of a topic, such as !Ref of one");
}

/** Whether it may be the ARN of a topic: its reference is, an attribute of it but one is not. */
function isArnOfTopic(value: Json | undefined): boolean {
  const attribute = valueAt(value, "Fn::GetAtt");
  if (attribute !== undefined) return /Arn$/.test([attribute].flat().map(String).join("."));
  return isObject(value) || /^(arn:|\*$)/.test(String(value));
}

function lets(statement: Json, service: string): boolean {
  const principal = valueAt(statement, "Principal");
  const account = valueAt(statement, "Condition", "StringEquals", "aws:SourceAccount");
  const isOfAccount =
    account === undefined ||
    valueAt(account, "Ref") === "AWS::AccountId" ||
    /^\d{12}$/.test(String(account)) ||
    Array.isArray(account);
  if (!isOfAccount || !oneOrMore(valueAt(statement, "Resource")).every(isArnOfTopic)) return false;
  const services = oneOrMore(valueAt(principal, "Service"));
  return (
    valueAt(statement, "Effect") === "Allow" &&
    oneOrMore(valueAt(statement, "Action")).some((action) => /^sns:(Publish|\*)$/i.test(String(action))) &&
    (services.includes(service) || principal === "*" || valueAt(principal, "AWS") === "*")
  );
}

/** Whether a piece of a template refers to a resource. */
function names(piece: Json | undefined, id: string): boolean {
  return new RegExp(`"${id}"|\\$\\{${id}[.}]`).test(JSON.stringify(piece ?? ""));
}
