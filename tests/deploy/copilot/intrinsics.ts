import type { Json, JsonObject } from "../templates/parse-yaml.ts";

/** CloudFormation's functions, as `parseYaml` reads their short forms. */
export const ref = (name: string): JsonObject => ({ Ref: name });
export const att = (resource: string, attribute: string): JsonObject => ({
  "Fn::GetAtt": [resource, attribute],
});
export const sub = (text: string): JsonObject => ({ "Fn::Sub": text });
export const join = (separator: string, ...parts: Json[]): JsonObject => ({ "Fn::Join": [separator, parts] });
export const iff = (condition: string, then: Json, otherwise: Json): JsonObject => ({
  "Fn::If": [condition, then, otherwise],
});
export const NO_VALUE = ref("AWS::NoValue");

/** What the environment's stack exports under this name. */
export const imported = (name: string): JsonObject => ({
  "Fn::ImportValue": sub(`\${AppName}-\${EnvName}-${name}`),
});

export function allow(actions: string[], resource: Json, condition?: JsonObject): JsonObject {
  return {
    Effect: "Allow",
    Action: actions,
    Resource: resource,
    ...(condition && { Condition: condition }),
  };
}

export function policy(name: Json, ...statements: Json[]): JsonObject {
  return { PolicyName: name, PolicyDocument: { Version: "2012-10-17", Statement: statements } };
}

/** A role that one service of AWS takes. */
export function role(service: string, properties: JsonObject = {}, condition?: string): JsonObject {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return {
    Type: "AWS::IAM::Role",
    ...(condition !== undefined && { Condition: condition }),
    Properties: {
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [statement] },
      ...properties,
    },
  };
}

/** One of Copilot's own functions, with the Node that they are fixed to. */
export function lambda(roleName: string, handler = "index.handler", condition?: string): JsonObject {
  return {
    Type: "AWS::Lambda::Function",
    ...(condition !== undefined && { Condition: condition }),
    Properties: {
      Code: { S3Bucket: "bucket", S3Key: "key" },
      Handler: handler,
      Timeout: 600,
      MemorySize: 512,
      Role: att(roleName, "Arn"),
      Runtime: "nodejs20.x",
    },
  };
}

export function customResource(
  functionName: string,
  properties: JsonObject,
  rest: JsonObject = {},
): JsonObject {
  return {
    Type: `Custom::${functionName}`,
    ...rest,
    Properties: { ServiceToken: att(functionName, "Arn"), ...properties },
  };
}
