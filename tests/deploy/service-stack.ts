import type { JsonObject } from "./parse-yaml.ts";
import type { ServiceManifest } from "./service-manifest.ts";

export type Stack = { Resources: Record<string, JsonObject> };

/**
 * The skeleton of the stack that Copilot 1.34.1 renders for a load-balanced web service with this manifest: which
 * resources there are under which names, of which type, what they refer to, and the properties that patches touch.
 * Read from its public templates (internal/pkg/template/templates/workloads), put down in our own words.
 */
export function serviceStack(manifest: ServiceManifest): Stack {
  const resources: Record<string, JsonObject> = {
    LogGroup: { Type: "AWS::Logs::LogGroup", Properties: { RetentionInDays: { Ref: "LogRetention" } } },
    TaskDefinition: {
      Type: "AWS::ECS::TaskDefinition",
      DependsOn: "LogGroup",
      Properties: {
        NetworkMode: "awsvpc",
        RequiresCompatibilities: ["FARGATE"],
        Cpu: { Ref: "TaskCPU" },
        Memory: { Ref: "TaskMemory" },
        ExecutionRoleArn: { "Fn::GetAtt": ["ExecutionRole", "Arn"] },
        TaskRoleArn: { "Fn::GetAtt": ["TaskRole", "Arn"] },
        ContainerDefinitions: [
          {
            Name: { Ref: "WorkloadName" },
            Image: { Ref: "ContainerImage" },
            Environment: [
              {
                Name: "COPILOT_LB_DNS",
                Value: { "Fn::GetAtt": ["EnvControllerAction", "PublicLoadBalancerDNSName"] },
              },
            ],
            LogConfiguration: { LogDriver: "awslogs", Options: { "awslogs-group": { Ref: "LogGroup" } } },
            PortMappings: [{ ContainerPort: manifest.image.port, Protocol: "tcp" }],
          },
        ],
      },
    },
    ExecutionRole: role("ecs-tasks.amazonaws.com"),
    // The managed policies among the addons' outputs join it, so it waits for the addons.
    TaskRole: { ...role("ecs-tasks.amazonaws.com"), DependsOn: "AddonsStack" },
    DiscoveryService: {
      Type: "AWS::ServiceDiscovery::Service",
      Properties: { Name: { Ref: "WorkloadName" } },
    },
    EnvControllerAction: customResource("EnvControllerFunction"),
    EnvControllerFunction: lambda("EnvControllerRole"),
    EnvControllerRole: role("lambda.amazonaws.com"),
    TargetGroup: {
      Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
      Properties: {
        Port: manifest.image.port,
        Protocol: "HTTP",
        TargetType: "ip",
        TargetGroupAttributes: [
          { Key: "deregistration_delay.timeout_seconds", Value: "60" },
          { Key: "stickiness.enabled", Value: "false" },
        ],
      },
    },
    RulePriorityFunction: lambda("RulePriorityFunctionRole"),
    RulePriorityFunctionRole: role("lambda.amazonaws.com"),
    Service: {
      Type: "AWS::ECS::Service",
      DependsOn: manifest.http.alias ? ["HTTPSListenerRule"] : ["HTTPListenerRule"],
      Properties: {
        TaskDefinition: { Ref: "TaskDefinition" },
        DeploymentConfiguration: {
          DeploymentCircuitBreaker: { Enable: true, Rollback: true },
          MinimumHealthyPercent: 100,
          MaximumPercent: 200,
        },
        EnableExecuteCommand: true,
        LaunchType: "FARGATE",
        LoadBalancers: [{ TargetGroupArn: { Ref: "TargetGroup" } }],
      },
    },
    AddonsStack: {
      Type: "AWS::CloudFormation::Stack",
      DependsOn: "EnvControllerAction",
      Properties: { TemplateURL: { Ref: "AddonsTemplateURL" } },
    },
  };

  const rules = manifest.http.alias
    ? ["HTTPListenerRuleWithDomain", "HTTPSListenerRule"]
    : ["HTTPListenerRule"];
  for (const rule of rules) {
    resources[rule] = {
      Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
      DependsOn: "EnvControllerAction",
      Properties: {
        Actions: [{ TargetGroupArn: { Ref: "TargetGroup" }, Type: "forward" }],
        Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/*"] } }],
        Priority: 1,
      },
    };
  }

  if (Object.values(manifest.storage?.volumes ?? {}).some(({ efs }) => efs?.uid !== undefined)) {
    resources.AccessPoint = {
      Type: "AWS::EFS::AccessPoint",
      Properties: { FileSystemId: { "Fn::GetAtt": ["EnvControllerAction", "ManagedFileSystemID"] } },
    };
  }

  // What a fixed number of tasks does not have.
  if (typeof manifest.count === "object") {
    resources.DynamicDesiredCountAction = customResource("DynamicDesiredCountFunction");
    resources.DynamicDesiredCountFunction = lambda("DynamicDesiredCountFunctionRole");
    resources.DynamicDesiredCountFunctionRole = role("lambda.amazonaws.com");
    resources.AutoScalingRole = role("ecs-tasks.amazonaws.com");
    resources.AutoScalingTarget = {
      Type: "AWS::ApplicationAutoScaling::ScalableTarget",
      DependsOn: "Service",
      Properties: {
        MinCapacity: 1,
        MaxCapacity: 1,
        ResourceId: "service",
        ScalableDimension: "ecs:service:DesiredCount",
        ServiceNamespace: "ecs",
      },
    };
  }
  return { Resources: resources };
}

/** Copilot's own functions, with the Node that they are fixed to. */
export function lambda(roleName: string, condition?: string): JsonObject {
  return {
    Type: "AWS::Lambda::Function",
    ...(condition !== undefined && { Condition: condition }),
    Properties: {
      Code: { S3Bucket: "bucket", S3Key: "key" },
      Handler: "index.handler",
      Role: { "Fn::GetAtt": [roleName, "Arn"] },
      Runtime: "nodejs20.x",
    },
  };
}

export function role(service: string): JsonObject {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return {
    Type: "AWS::IAM::Role",
    Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [statement] } },
  };
}

function customResource(functionName: string): JsonObject {
  return {
    Type: `Custom::${functionName}`,
    Properties: { ServiceToken: { "Fn::GetAtt": [functionName, "Arn"] } },
  };
}
