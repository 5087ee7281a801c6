import { add, fit, inHttp, remove, replace, told } from "../deploy/changes.ts";
import { ENVIRONMENT_PATCHES as EP, SERVICE_PATCHES as SP } from "../deploy/problem.ts";

// Patches of Copilot's two stacks that AWS takes, and that break what runs.

const CONTAINER = "TaskDefinition/Properties/ContainerDefinitions/0";
const imported = (name: string) => ({ "Fn::ImportValue": { "Fn::Sub": `\${AppName}-\${EnvName}-${name}` } });
const parameter = (value: object) =>
  add(SP, "Extra", { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: value } });
const statement = (more: object) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Resource: "*", ...more }],
});
const policy = {
  PolicyName: "more",
  Roles: [{ Ref: "TaskRole" }],
  PolicyDocument: statement({ Action: "*" }),
};
const EXEC = ["CreateControlChannel", "OpenControlChannel", "CreateDataChannel", "OpenDataChannel"].map(
  (name) => `ssmmessages:${name}`,
);
const EFS_RULE = "EFSSecurityGroupIngressFromEnvironment/Properties";
const EGRESS = "EnvironmentSecurityGroup/Properties/SecurityGroupEgress";
const out = (port: number) => ({ CidrIp: "0.0.0.0/0", IpProtocol: "tcp", FromPort: port, ToPort: port });
const lambda = (Runtime: string) => ({
  Type: "AWS::Lambda::Function",
  Properties: { Code: { ZipFile: "x" }, Role: "role", Runtime, Handler: "index.handler" },
});
const attribute = (file: string, id: string, list: string, Key: string, Value: string) =>
  add(file, `${id}/Properties/${list}/-`, { Key, Value });

told("the scaling", [
  [
    "by a metric that nobody writes",
    [SP, "MetricName: ActiveReplies", "MetricName: ActiveReply"],
    "the app writes no metric ActiveReply",
  ],
  [
    "by a namespace that is not there",
    [SP, "Namespace: Holdfast", "Namespace: HoldFast"],
    "HoldFast has no metric",
  ],
  [
    "by another environment's metric",
    [SP, "Value: !Ref EnvName", "Value: !Ref AppName"],
    "the dimension Environment must be test, is holdfast",
  ],
  [
    "by half of the dimensions",
    [SP, / {12}- Name: Service\n.*\n/, ""],
    "needs the dimensions Application, Environment, Service",
  ],
  [
    "by a sum, which more tasks do not lower",
    [SP, "Statistic: Average", "Statistic: Sum"],
    "Statistic must be Average",
  ],
  [
    "by a kind that is none",
    [SP, "PolicyType: TargetTrackingScaling", "PolicyType: TargetTracking"],
    "PolicyType: must be one of",
  ],
]);
fit("the scaling", [["by another number of answers", [SP, "TargetValue: 30", "TargetValue: 20"]]]);

told("a task", [
  [
    "with a log that does not exist",
    replace(SP, `${CONTAINER}/LogConfiguration/Options/awslogs-group`, "/mine"),
    "awslogs-group: must keep",
  ],
  [
    "with a log that waits in a way that is none",
    add(SP, `${CONTAINER}/LogConfiguration/Options/mode`, "nonblocking"),
    "must be blocking or non-blocking",
  ],
  ["that is asked by UDP", replace(SP, `${CONTAINER}/PortMappings/0/Protocol`, "udp"), "must be tcp"],
  [
    "that may not open a shell",
    replace(SP, "TaskRole/Properties/Policies/1/PolicyDocument/Statement", [
      { Effect: "Allow", Action: EXEC.slice(1), Resource: "*" },
    ]),
    "TaskRole.Properties.Policies: must keep",
  ],
  ["whose end nobody notices", add(SP, `${CONTAINER}/Essential`, false), "Essential: must be true"],
  ["with all rights of the machine", add(SP, `${CONTAINER}/Privileged`, true), "Privileged: must be false"],
  ["with too little memory", add(SP, `${CONTAINER}/Memory`, 128), "Memory: must be from 512"],
  [
    "with more memory than it has",
    add(SP, `${CONTAINER}/Memory`, 4096),
    "Memory: must be from 512 to the task's",
  ],
  [
    "with a check by what it does not have",
    add(SP, `${CONTAINER}/HealthCheck`, { Command: ["CMD-SHELL", "curl -f localhost"] }),
    "needs curl",
  ],
  [
    "in another folder",
    add(SP, `${CONTAINER}/WorkingDirectory`, "/tmp"),
    "WorkingDirectory: replaces the Dockerfile's",
  ],
  ["with shared memory", add(SP, `${CONTAINER}/LinuxParameters/SharedMemorySize`, 64), "Fargate refuses it"],
  [
    "with memory over its data",
    add(SP, `${CONTAINER}/LinuxParameters/Tmpfs`, [{ ContainerPath: "/data", Size: 9 }]),
    "must have nothing else in /data",
  ],
  ["of another image", replace(SP, `${CONTAINER}/Image`, "nginx"), "Image: must keep what Copilot renders"],
  [
    "for other machines",
    replace(SP, "TaskDefinition/Properties/RequiresCompatibilities", ["EC2"]),
    "must have FARGATE",
  ],
  [
    "for Windows",
    replace(
      SP,
      "TaskDefinition/Properties/RuntimePlatform/OperatingSystemFamily",
      "WINDOWS_SERVER_2022_CORE",
    ),
    "must be LINUX",
  ],
  [
    "among the machine's processes",
    add(SP, "TaskDefinition/Properties/PidMode", "host"),
    "PidMode: must be task",
  ],
  [
    "with more room than there is",
    add(SP, "TaskDefinition/Properties/EphemeralStorage", { SizeInGiB: 500 }),
    "must be from 21 to 200",
  ],
  ["without its role", remove(SP, "TaskDefinition/Properties/TaskRoleArn"), "TaskRoleArn: must keep"],
  [
    "that may not call models",
    remove(SP, "TaskRole/Properties/ManagedPolicyArns"),
    "ManagedPolicyArns: must keep",
  ],
  ["that may not mount", remove(SP, "TaskRole/Properties/Policies"), "Policies: must keep"],
  [
    "that gets no image",
    remove(SP, "ExecutionRole/Properties/ManagedPolicyArns"),
    "ExecutionRole.Properties.ManagedPolicyArns: must keep",
  ],
  [
    "that may do all",
    add(SP, "TaskRole/Properties/ManagedPolicyArns/-", "arn:aws:iam::aws:policy/AdministratorAccess"),
    "gives AdministratorAccess",
  ],
  [
    "that may do all by another resource",
    add(SP, "More", { Type: "AWS::IAM::Policy", Properties: policy }),
    "allows *, which nothing needs",
  ],
  [
    "that may do all but something",
    add(SP, "TaskRole/Properties/Policies/-", {
      PolicyName: "x",
      PolicyDocument: statement({ NotAction: "iam:*" }),
    }),
    "NotAction",
  ],
  [
    "of another folder's first owner",
    replace(SP, "AccessPoint/Properties/RootDirectory/CreationInfo/OwnerUid", 0),
    "CreationInfo: must stay",
  ],
  [
    "of another access point",
    replace(SP, "AccessPoint/Properties/ClientToken", "x"),
    "ClientToken: must stay",
  ],
  [
    "with a retention that is none",
    replace(SP, "LogGroup/Properties/RetentionInDays", 45),
    "RetentionInDays: must be one of",
  ],
  ["with a log elsewhere", replace(SP, "LogGroup/Properties/LogGroupName", "/mine"), "`copilot svc logs`"],
]);
fit("a task", [
  [
    "with the rights of exec alone",
    replace(SP, "TaskRole/Properties/Policies/1/PolicyDocument/Statement", [
      { Effect: "Allow", Action: EXEC, Resource: "*" },
    ]),
  ],
  ["with a log that does not wait", add(SP, `${CONTAINER}/LogConfiguration/Options/mode`, "non-blocking")],
  ["with less memory for the app", add(SP, `${CONTAINER}/Memory`, 512)],
  [
    "with memory for its scratch files",
    add(SP, `${CONTAINER}/LinuxParameters/Tmpfs`, [{ ContainerPath: "/tmp", Size: 64 }]),
  ],
  ["with a check by node", add(SP, `${CONTAINER}/HealthCheck`, { Command: ["CMD", "node", "-e", "0"] })],
  ["with more room", add(SP, "TaskDefinition/Properties/EphemeralStorage", { SizeInGiB: 30 })],
  [
    "with one right more",
    add(SP, "ExecutionRole/Properties/Policies/-", {
      PolicyName: "x",
      PolicyDocument: statement({ Action: "kms:Decrypt" }),
    }),
  ],
]);

told("the way to the tasks", [
  [
    "without a check",
    add(SP, "TargetGroup/Properties/HealthCheckEnabled", false),
    "HealthCheckEnabled: must be true",
  ],
  [
    "with a check of another port",
    add(SP, "TargetGroup/Properties/HealthCheckPort", "8080"),
    "healthcheck.port: nothing listens on 8080",
  ],
  [
    "with a check by HTTPS",
    add(SP, "TargetGroup/Properties/HealthCheckProtocol", "HTTPS"),
    "HealthCheckProtocol: must be HTTP",
  ],
  ["by HTTPS", replace(SP, "TargetGroup/Properties/Protocol", "HTTPS"), "Protocol: must be HTTP"],
  [
    "with an attribute that is misspelt",
    attribute(SP, "TargetGroup", "TargetGroupAttributes", "slow_start.seconds", "30"),
    "slow_start.seconds is no attribute",
  ],
  [
    "with an algorithm that is none",
    attribute(SP, "TargetGroup", "TargetGroupAttributes", "load_balancing.algorithm.type", "least"),
    "must be one of round_robin",
  ],
  [
    "of another container",
    replace(SP, "Service/Properties/LoadBalancers/0/ContainerName", "app"),
    "LoadBalancers: must keep",
  ],
  [
    "of another target group",
    replace(SP, "Service/Properties/LoadBalancers/0/TargetGroupArn", "arn:aws:x"),
    "LoadBalancers: must keep",
  ],
  ["that nobody waits for", remove(SP, "Service/DependsOn"), "Service.DependsOn: must keep"],
  ["of another cluster", replace(SP, "Service/Properties/Cluster", "default"), "Cluster: must keep"],
  [
    "that ends before",
    replace(SP, "HTTPListenerRule/Properties/Actions", [
      { Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } },
    ]),
    "Actions: must keep",
  ],
  [
    "of one path",
    replace(SP, "HTTPListenerRule/Properties/Conditions", [
      { Field: "path-pattern", PathPatternConfig: { Values: ["/a"] } },
    ]),
    "Conditions: must keep",
  ],
  [
    "by deployments of others",
    add(SP, "Service/Properties/DeploymentController", { Type: "CODE_DEPLOY" }),
    "DeploymentController.Type: must be ECS",
  ],
  ["on each machine", add(SP, "Service/Properties/SchedulingStrategy", "DAEMON"), "must be REPLICA"],
  [
    "by two target groups that are one",
    add(SP, "Service/Properties/DeploymentConfiguration/Strategy", "BLUE_GREEN"),
    "must be ROLLING",
  ],
  ["from inside only", replace(EP, "PublicLoadBalancer/Properties/Scheme", "internal"), "Scheme: must keep"],
  [
    "by another group",
    replace(EP, "PublicLoadBalancer/Properties/SecurityGroups", ["sg-0a"]),
    "SecurityGroups: must keep",
  ],
  [
    "in private subnets",
    replace(EP, "PublicLoadBalancer/Properties/Subnets", [{ Ref: "PrivateSubnet1" }]),
    "Subnets: must keep",
  ],
  ["at another port", replace(EP, "HTTPListener/Properties/Port", 8080), "Port: must keep"],
  [
    "without the client's address",
    attribute(
      EP,
      "PublicLoadBalancer",
      "LoadBalancerAttributes",
      "routing.http.xff_header_processing.mode",
      "remove",
    ),
    "must be append",
  ],
]);
fit("the way to the tasks", [
  [
    "by another redirect",
    [
      inHttp("alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com"),
      replace(SP, "HTTPListenerRuleWithDomain/Properties/Actions/0/RedirectConfig/StatusCode", "HTTP_302"),
    ],
  ],
  [
    "by fewest requests",
    attribute(
      SP,
      "TargetGroup",
      "TargetGroupAttributes",
      "load_balancing.algorithm.type",
      "least_outstanding_requests",
    ),
  ],
  ["with a check of the port itself", add(SP, "TargetGroup/Properties/HealthCheckPort", "traffic-port")],
  ["by deployments of ECS, said", add(SP, "Service/Properties/DeploymentController", { Type: "ECS" })],
  [
    "from some addresses only",
    add(SP, "HTTPListenerRule/Properties/Conditions/-", {
      Field: "source-ip",
      SourceIpConfig: { Values: ["192.0.2.0/24"] },
    }),
  ],
  [
    "with the client's port",
    attribute(
      EP,
      "PublicLoadBalancer",
      "LoadBalancerAttributes",
      "routing.http.xff_client_port.enabled",
      "true",
    ),
  ],
]);

told("the network", [
  [
    "without a way to the volume",
    replace(EP, `${EFS_RULE}/SourceSecurityGroupId`, "sg-0a"),
    "must let the same group in at port 2049",
  ],
  [
    "with a way to the volume for others than it takes",
    replace(EP, `${EFS_RULE}/IpProtocol`, "udp"),
    "must let the same group in at port 2049",
  ],
  ["without a way out to the volume", add(EP, EGRESS, [out(443)]), "must let tasks out at port 2049"],
  ["without a way out to the models", add(EP, EGRESS, [out(2049)]), "must let tasks out at port 443"],
  ["without names", replace(EP, "VPC/Properties/EnableDnsSupport", false), "EnableDnsSupport: must keep"],
  [
    "with a gateway that has no way out",
    replace(EP, "NatGateway1/Properties/SubnetId", { Ref: "PrivateSubnet1" }),
    "NatGateway1.Properties.SubnetId: must keep",
  ],
  [
    "with addresses outside of it",
    replace(EP, "VPC/Properties/CidrBlock", "10.9.0.0/16"),
    "is not within the addresses of the VPC",
  ],
  [
    "with addresses twice",
    replace(EP, "PrivateSubnet2/Properties/CidrBlock", "10.0.2.128/25"),
    "has addresses of PrivateSubnet1 too",
  ],
  [
    "with half of the internet in it",
    add(EP, "Door", {
      Type: "AWS::EC2::SecurityGroupIngress",
      Properties: { GroupId: { Ref: "EnvironmentSecurityGroup" }, CidrIp: "0.0.0.0/1", IpProtocol: -1 },
    }),
    "Resources.Door: lets everybody in",
  ],
]);
fit("the network", [
  [
    "with the port of the volume alone",
    [
      ...[
        replace(EP, `${EFS_RULE}/IpProtocol`, "tcp"),
        add(EP, `${EFS_RULE}/FromPort`, 2049),
        add(EP, `${EFS_RULE}/ToPort`, 2049),
      ],
    ],
  ],
  ["with two ways out", add(EP, EGRESS, [out(443), out(2049)])],
  [
    "with a way in from inside",
    add(EP, "Door", {
      Type: "AWS::EC2::SecurityGroupIngress",
      Properties: {
        GroupId: { Ref: "EnvironmentSecurityGroup" },
        CidrIp: "10.0.0.0/16",
        IpProtocol: "tcp",
        FromPort: 3000,
        ToPort: 3000,
      },
    }),
  ],
]);

told("the file system", [
  [
    "under a condition that does not hold",
    add(EP, "FileSystem/Condition", "CreateInternalALB"),
    "Resources.FileSystem: is removed",
  ],
  [
    "under a condition that holds today",
    add(EP, "FileSystem/Condition", "CreateNATGateways"),
    "FileSystem.Condition: must stay",
  ],
  [
    "with a condition that never holds",
    [EP, /$/, "\n- op: replace\n  path: /Conditions/CreateEFS\n  value: !Equals [a, b]\n"],
    "Resources.FileSystem: is removed",
  ],
  [
    "for nobody",
    add(EP, "FileSystem/Properties/FileSystemPolicy/Statement/-", {
      Effect: "Deny",
      Principal: "*",
      Action: "*",
    }),
    "denies everybody",
  ],
  [
    "for everybody",
    add(EP, "FileSystem/Properties/FileSystemPolicy/Statement/-", {
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: "elasticfilesystem:*",
    }),
    "allows everybody",
  ],
  [
    "with a throughput that is not said",
    replace(EP, "FileSystem/Properties/ThroughputMode", "provisioned"),
    "ProvisionedThroughputInMibps: is missing",
  ],
  [
    "with a time that AWS does not have",
    replace(EP, "FileSystem/Properties/LifecyclePolicies/0/TransitionToIA", "AFTER_30_DAY"),
    "TransitionToIA cannot be AFTER_30_DAY",
  ],
]);
fit("the file system", [
  [
    "with a throughput that is said",
    [
      replace(EP, "FileSystem/Properties/ThroughputMode", "provisioned"),
      add(EP, "FileSystem/Properties/ProvisionedThroughputInMibps", 10),
    ],
  ],
]);

told("what another stack reads", [
  [
    "is gone",
    [EP, /$/, "\n- op: remove\n  path: /Outputs/ManagedFileSystemID\n"],
    "Outputs.ManagedFileSystemID: must stay",
  ],
  [
    "has another name",
    [EP, /$/, "\n- op: replace\n  path: /Outputs/VpcId/Export/Name\n  value: !Sub ${AWS::StackName}-Vpc\n"],
    "Outputs.VpcId: must stay",
  ],
  ["is not exported", parameter(imported("VPC")), "the environment's stack exports no VPC"],
  ["is no attribute", parameter({ "Fn::GetAtt": ["Service", "Nam"] }), "Service has no attribute Nam"],
  [
    "is of a resource that is not there",
    [SP, /$/, "\n- op: add\n  path: /Outputs/X\n  value:\n    Value: !GetAtt Services.Name\n"],
    "there is no parameter or resource Services",
  ],
]);
fit("what another stack reads", [
  ["is exported", parameter(imported("VpcId"))],
  ["is an attribute", parameter({ "Fn::GetAtt": ["Service", "Name"] })],
]);

told("a function of one's own", [
  ["with an old Node", add(EP, "Mine", lambda("nodejs18.x")), "must be patched to nodejs24.x"],
]);
fit("a function of one's own", [
  ["in another language", add(EP, "Mine", lambda("python3.13"))],
  ["with Copilot's comments changed", [SP, /$/, "\n- op: replace\n  path: /Description\n  value: mine\n"]],
]);
told("a firewall", [
  [
    "that refuses all",
    add(EP, "Acl", {
      Type: "AWS::WAFv2::WebACL",
      Properties: {
        Scope: "REGIONAL",
        DefaultAction: { Block: {} },
        VisibilityConfig: { SampledRequestsEnabled: true, CloudWatchMetricsEnabled: true, MetricName: "a" },
      },
    }),
    "DefaultAction: must be Allow",
  ],
]);
