import { add, fit, keys, replace, told, type Change } from "../deploy/changes.ts";
import { COMPOSE } from "../deploy/check-compose.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "../deploy/check-templates.ts";
import { MANIFEST, SERVICE_PATCHES } from "../deploy/problem.ts";

// What two places must say alike: outputs and imports, parameters and their use, a role and what is done with it,
// headers and who sends them, addresses and who is reached there.

const variable = (name: string, value: string): Change => [
  MANIFEST,
  "variables:\n",
  `variables:\n  ${name}: ${value}\n`,
];
const inTask = (name: string, value: string): Change => [
  ST,
  "            - Name: METRICS\n",
  `            - Name: ${name}\n              Value: ${value}\n            - Name: METRICS\n`,
];
const container = "TaskDefinition/Properties/ContainerDefinitions/0";
const firewall = (from: string, to: string): Change => [ET, from, to];
const secretHeader = (name: string, value = "s"): Change => [
  ET,
  "            CustomOriginConfig:\n",
  `            OriginCustomHeaders:\n              - { HeaderName: ${name}, HeaderValue: ${value} }\n            CustomOriginConfig:\n`,
];
const asksHeader = (name: string): Change => [
  ST,
  '            Values: ["/*"]\n      ListenerArn: !ImportValue\n        Fn::Sub: ${AppName}-${EnvName}-HTTPListenerArn\n',
  `            Values: ["/*"]\n        - Field: http-header\n          HttpHeaderConfig: { HttpHeaderName: ${name}, Values: [s] }\n      ListenerArn: !ImportValue\n        Fn::Sub: \${AppName}-\${EnvName}-HTTPListenerArn\n`,
];
const secretOf = (arn: string): Change => [
  ST,
  "            - !If\n              - HasAccessCode\n",
  `            - { Name: OPERATOR_CODE, ValueFrom: "${arn}" }\n            - !If\n              - HasAccessCode\n`,
];
const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:holdfast-operator-AbCdEf";
const mayRead = (action: string, resource: string): Change => [
  ST,
  "                Resource: !GetAtt LogGroup.Arn\n",
  `                Resource: !GetAtt LogGroup.Arn\n              - { Effect: Allow, Action: "${action}", Resource: "${resource}" }\n`,
];
const sidecar = "sidecars:\n  envoy:\n    image: public.ecr.aws/envoy:v1\n    port: 8080\n";
const tools = (url: string) => variable("MCP_CONFIG", `'{"mcpServers":{"a":{"url":"${url}"}}}'`);

told("outputs", [
  [
    "of the URL with another name",
    [ET, "Value: !GetAtt PublicLoadBalancer.DNSName", "Value: !GetAtt PublicLoadBalancer.LoadBalancerName"],
    "Outputs.PublicLoadBalancerDNSName: must be",
  ],
  [
    "of the URL with the zone",
    [
      ET,
      "Value: !GetAtt PublicLoadBalancer.DNSName",
      "Value: !GetAtt PublicLoadBalancer.CanonicalHostedZoneID",
    ],
    "Outputs.PublicLoadBalancerDNSName: must be",
  ],
  [
    "of the listener that are the load balancer",
    [ET, "Value: !Ref HTTPListener\n", "Value: !Ref PublicLoadBalancer\n"],
    "Outputs.HTTPListenerArn: must be",
  ],
  [
    "of HTTPS that are the other listener",
    [ET, "Value: !Ref HTTPSListener\n", "Value: !Ref HTTPListener\n"],
    "Outputs.HTTPSListenerArn: must be",
  ],
  [
    "of public subnets that are private",
    [
      ET,
      '!Join [",", [!Ref PublicSubnet1, !Ref PublicSubnet2]], !Ref PublicSubnets]\n',
      '!Join [",", [!Ref PrivateSubnet1, !Ref PrivateSubnet2]], !Ref PublicSubnets]\n',
    ],
    "Outputs.PublicSubnets: must be",
  ],
  [
    "of own subnets that are the others",
    [ET, "!Ref PrivateSubnet2]], !Ref PrivateSubnets]", "!Ref PrivateSubnet2]], !Ref PublicSubnets]"],
    "Outputs.PrivateSubnets: must be",
  ],
  [
    "of one subnet twice",
    [ET, "[!Ref PrivateSubnet1, !Ref PrivateSubnet2]]", "[!Ref PrivateSubnet1, !Ref PrivateSubnet1]]"],
    "Outputs.PrivateSubnets: must be",
  ],
  [
    "of the tasks' group that are the volume's",
    [ET, "Value: !Ref EnvironmentSecurityGroup\n    Export", "Value: !Ref EFSSecurityGroup\n    Export"],
    "Outputs.EnvironmentSecurityGroup: must be",
  ],
  [
    "of the cluster by its ARN",
    [ET, "Value: !Ref Cluster\n", "Value: !GetAtt Cluster.Arn\n"],
    "Outputs.ClusterId: must be",
  ],
  [
    "of the load balancer in full that are its ARN",
    [ET, "Value: !GetAtt PublicLoadBalancer.LoadBalancerFullName", "Value: !Ref PublicLoadBalancer"],
    "Outputs.PublicLoadBalancerFullName: must be",
  ],
  [
    "of CloudFront that are its id",
    [ET, "Value: !GetAtt CloudFrontDistribution.DomainName", "Value: !Ref CloudFrontDistribution"],
    "Outputs.CloudFrontDomainName: must be",
  ],
  [
    "of the volume that are its ARN",
    [
      ET,
      "Value: !If [MakesFileSystem, !Ref FileSystem, !Ref FileSystemId]\n    Export",
      "Value: !If [MakesFileSystem, !GetAtt FileSystem.Arn, !Ref FileSystemId]\n    Export",
    ],
    "Outputs.ManagedFileSystemID: must be",
  ],
  [
    "of a kept volume that are the VPC",
    [ET, "!Ref FileSystem, !Ref FileSystemId]\n    Export", "!Ref FileSystem, !Ref VpcId]\n    Export"],
    "Outputs.ManagedFileSystemID: must be",
  ],
  [
    "whose names are exchanged",
    [
      [ET, "${AWS::StackName}-PublicSubnets", "${AWS::StackName}-X"],
      [ET, "${AWS::StackName}-PrivateSubnets", "${AWS::StackName}-PublicSubnets"],
      [ET, "${AWS::StackName}-X", "${AWS::StackName}-PrivateSubnets"],
    ],
    "must be exported as holdfast-prod-PublicSubnets",
  ],
  [
    "that are missing, and documented",
    [ET, /  PublicLoadBalancerDNSName:\n(.*\n){3}/, ""],
    "Outputs.PublicLoadBalancerDNSName: is missing",
  ],
  [
    "of the targets that are their ARN",
    [ST, "Value: !GetAtt TargetGroup.TargetGroupFullName", "Value: !Ref TargetGroup"],
    "Outputs.TargetGroupFullName: must be",
  ],
  [
    "of the targets that are missing",
    [ST, /  TargetGroupFullName:\n(.*\n){2}/, ""],
    "Outputs.TargetGroupFullName: is missing",
  ],
  [
    "of the service's name that are its ARN",
    [ST, "Value: !GetAtt Service.Name\n", "Value: !Ref Service\n"],
    "Outputs.ServiceName: must be",
  ],
  [
    "for HTTPS only that are always there",
    [ET, "  HTTPSListenerArn:\n    Condition: HasCertificate\n", "  HTTPSListenerArn:\n"],
    "refers to HTTPSListener",
  ],
  [
    "for another condition",
    [
      ET,
      "  HTTPSListenerArn:\n    Condition: HasCertificate\n",
      "  HTTPSListenerArn:\n    Condition: HasCdn\n",
    ],
    "HTTPSListenerArn",
  ],
  [
    "whose export has the name of another stack",
    [ET, "${AWS::StackName}-ClusterId", "${AppName}-ClusterId"],
    "Outputs.ClusterId: must be exported as holdfast-prod-ClusterId",
  ],
  [
    "whose import has another name",
    [ST, "Fn::Sub: ${AppName}-${EnvName}-VpcId", "Fn::Sub: ${EnvName}-${AppName}-VpcId"],
    "exports no prod-holdfast-VpcId",
  ],
  [
    "whose import has no name of the environment",
    [ST, "Fn::Sub: ${AppName}-${EnvName}-VpcId", "Fn::Sub: ${AppName}-prod-VpcId"],
    "exports no talk-prod-VpcId",
  ],
]);

told("parameters", [
  [
    "with a constant in place of the hops",
    [ST, "Value: !Ref TrustedHops", 'Value: "1"'],
    "Parameters.TrustedHops: is used nowhere",
  ],
  [
    "with a constant in place of the budget",
    [ST, "Value: !Ref DailyDollarBudget", 'Value: "20"'],
    "Parameters.DailyDollarBudget: is used nowhere",
  ],
  [
    "with a constant number of tasks",
    [ST, "MaxCapacity: !Ref MaxTasks", "MaxCapacity: 10"],
    "Parameters.MaxTasks: is used nowhere",
  ],
  [
    "whose fewest tasks are the most",
    [ST, "MinCapacity: !Ref MinTasks", "MinCapacity: !Ref MaxTasks"],
    "Parameters.MinTasks: is used nowhere",
  ],
  [
    "with a constant target of the scaling",
    [ST, "TargetValue: !Ref RepliesPerTask", "TargetValue: 30"],
    "Parameters.RepliesPerTask: is used nowhere",
  ],
  [
    "with a constant size",
    [ST, "Memory: !Ref TaskMemory", 'Memory: "1024"'],
    "Parameters.TaskMemory: is used nowhere",
  ],
  [
    "with a constant retention",
    [ST, "RetentionInDays: !Ref LogRetention", "RetentionInDays: 30"],
    "Parameters.LogRetention: is used nowhere",
  ],
  [
    "with a constant architecture",
    [ST, "CpuArchitecture: !Ref CpuArchitecture", "CpuArchitecture: ARM64"],
    "Parameters.CpuArchitecture: is used nowhere",
  ],
  [
    "with a constant image",
    [
      ST,
      "Image: !Ref ContainerImage",
      "Image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/holdfast/chat:1a2b3c",
    ],
    "Parameters.ContainerImage: is used nowhere",
  ],
  [
    "with a constant prefix of logs",
    [ET, "Value: !Ref AccessLogsPrefix", "Value: holdfast"],
    "Parameters.AccessLogsPrefix: is used nowhere",
  ],
  [
    "with a constant limit of the firewall",
    [ET, "Limit: !Ref RequestsPerFiveMinutes", "Limit: 3000"],
    "Parameters.RequestsPerFiveMinutes: is used nowhere but in a condition",
  ],
  [
    "with an architecture that no condition asks",
    [
      ET,
      'HasIpv6: !And\n    - !Condition MakesVpc\n    - !Not [!Condition HasCdn]\n    - !Equals [!Ref Ipv6, "true"]',
      "HasIpv6: !And\n    - !Condition MakesVpc\n    - !Not [!Condition HasCdn]",
    ],
    "Parameters.Ipv6: is used nowhere",
  ],
  [
    "whose condition is used nowhere",
    [ST, "AssignPublicIp: !If [IsPublic, ENABLED, DISABLED]", "AssignPublicIp: DISABLED"],
    "AssignPublicIp",
  ],
  [
    "of hops and budget exchanged",
    [
      [ST, "Value: !Ref TrustedHops", "Value: !Ref X"],
      [ST, "Value: !Ref DailyDollarBudget", "Value: !Ref TrustedHops"],
      [ST, "Value: !Ref X", "Value: !Ref DailyDollarBudget"],
    ],
    "TRUSTED_HOPS",
  ],
  [
    "with hops of a condition that is another",
    [[ST, "Value: !Ref TrustedHops", 'Value: !If [HasHttps, "2", !Ref TrustedHops]']],
    "TRUSTED_HOPS: must be 1 without CloudFront",
  ],
  [
    "with hops that CloudFront does not change",
    [[ST, "Value: !Ref TrustedHops", 'Value: !If [IsPublic, !Ref TrustedHops, "1"]']],
    "TRUSTED_HOPS: must be 2 with CloudFront",
  ],
  [
    "of another application in the log's name",
    [
      ST,
      "LogGroupName: !Sub /copilot/${AppName}-${EnvName}-${WorkloadName}",
      "LogGroupName: !Sub /copilot/holdfast-${EnvName}-${WorkloadName}",
    ],
    "LogGroupName: is not what Copilot has there with AppName",
  ],
  [
    "of another environment in the tag",
    [
      ST,
      "Key: copilot-environment\n          Value: !Ref EnvName",
      "Key: copilot-environment\n          Value: prod",
    ],
    "must have the tag copilot-environment",
  ],
  [
    "of another environment in the volume's policy",
    [ET, "copilot-environment: !Ref EnvironmentName", "copilot-environment: prod"],
    "FileSystemPolicy",
  ],
  [
    "of the alarms in an addon that nothing uses",
    ["copilot/chat/addons/observability.yml", "!Ref MonthlyDollars", '"300"'],
    "Parameters.MonthlyDollars: is used nowhere",
  ],
  [
    "whose gateways cost although they are switched off",
    [
      ET,
      "  NatGateway1:\n    Type: AWS::EC2::NatGateway\n    Condition: MakesNat",
      "  NatGateway1:\n    Type: AWS::EC2::NatGateway\n    Condition: MakesVpc",
    ],
    "NatGateway1",
  ],
  [
    "whose rules are both there with HTTPS",
    [ST, "    Condition: HasHttpOnly\n", ""],
    "HTTPListenerRule: is made, and Copilot does not make it",
  ],
  [
    "whose CloudFront is always there",
    [
      ET,
      "  CloudFrontDistribution:\n    Type: AWS::CloudFront::Distribution\n    Condition: HasCdn\n",
      "  CloudFrontDistribution:\n    Type: AWS::CloudFront::Distribution\n",
    ],
    "CloudFrontDistribution: is made, and Copilot does not make it",
  ],
]);

told("the execution role", [
  [
    "of another repository",
    [ST, "repository/${RepositoryName}", "repository/chat"],
    "must allow ecr:BatchGetImage",
  ],
  [
    "of a default repository that is another",
    [ST, "Default: holdfast/chat", "Default: chat/holdfast"],
    "must allow ecr:BatchGetImage",
  ],
  [
    "of another region's repository",
    [ST, "arn:${AWS::Partition}:ecr:${AWS::Region}:", "arn:${AWS::Partition}:ecr:eu-west-1:"],
    "must allow ecr:BatchGetImage",
  ],
  [
    "with a token of one repository",
    [
      ST,
      'Action: ecr:GetAuthorizationToken\n                Resource: "*"',
      "Action: ecr:GetAuthorizationToken\n                Resource: !Sub arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/${RepositoryName}",
    ],
    "must allow ecr:GetAuthorizationToken",
  ],
  [
    "that is denied what it needs",
    [
      ST,
      "              - Effect: Allow\n                Action:\n                  - ecr:BatchCheck",
      "              - Effect: Deny\n                Action:\n                  - ecr:BatchCheck",
    ],
    "must allow ecr:BatchGetImage",
  ],
  [
    "of another log",
    [
      ST,
      "Resource: !GetAtt LogGroup.Arn",
      "Resource: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/ecs/chat:*",
    ],
    "must allow logs:CreateLogStream",
  ],
  [
    "of the log without its streams",
    [
      ST,
      "Resource: !GetAtt LogGroup.Arn",
      "Resource: !Sub arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/copilot/${AppName}-${EnvName}-${WorkloadName}",
    ],
    "must allow logs:CreateLogStream",
  ],
  [
    "of another parameter",
    [
      ST,
      "Action: ssm:GetParameters\n                  Resource: !Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${AccessCodeParameter}",
      "Action: ssm:GetParameters\n                  Resource: !Sub arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${AccessCodeParameter}",
    ],
    "must allow ssm:GetParameters",
  ],
  [
    "without the policy of the code",
    [ST, /        - !If\n {10}- HasAccessCode\n {10}- PolicyName(.*\n){8}/, ""],
    "must allow ssm:GetParameters",
  ],
  ["of a secret that it may not read", secretOf(SECRET), "must allow secretsmanager:GetSecretValue"],
  [
    "that reads a secret by the other service",
    [secretOf(SECRET), mayRead("ssm:GetParameters", SECRET)],
    "must allow secretsmanager:GetSecretValue",
  ],
  [
    "of a secret whose ARN lacks its end",
    [secretOf(SECRET), mayRead("secretsmanager:GetSecretValue", SECRET.slice(0, -7))],
    "must allow secretsmanager:GetSecretValue",
  ],
  [
    "that may only describe the secret",
    [secretOf(SECRET), mayRead("secretsmanager:DescribeSecret", "*")],
    "must allow secretsmanager:GetSecretValue",
  ],
  [
    "of a secret with a key of its own",
    [
      secretOf("!Ref Operator").map((text) =>
        typeof text === "string" ? text.replace('"!Ref Operator"', "!Ref Operator") : text,
      ) as Change,
      mayRead("secretsmanager:GetSecretValue", "*"),
      [
        ST,
        "  TaskRole:\n",
        "  Operator:\n    Type: AWS::SecretsManager::Secret\n    Properties:\n      KmsKeyId: arn:aws:kms:us-east-1:123456789012:key/1\n  TaskRole:\n",
      ],
    ],
    "must allow kms:Decrypt",
  ],
  [
    "of tasks without exec",
    [ST, "                  - ssmmessages:OpenDataChannel\n", ""],
    "must allow ssmmessages:OpenDataChannel",
  ],
  [
    "of tasks that do not mount by it",
    [ST, / {8}- PolicyName: GrantAccessCopilotManagedEFS\n(.*\n)+?(?= {6}# The policy of the file)/, ""],
    "must allow elasticfilesystem:ClientMount",
  ],
]);

told("names of Copilot", [
  [
    "without the service",
    [ST, /            - Name: COPILOT_SERVICE_NAME\n.*\n/, ""],
    "must have COPILOT_SERVICE_NAME",
  ],
  [
    "without the application",
    [ST, /            - Name: COPILOT_APPLICATION_NAME\n.*\n/, ""],
    "must have COPILOT_APPLICATION_NAME",
  ],
  [
    "with a misspelt environment",
    [ST, "COPILOT_ENVIRONMENT_NAME", "COPILOT_ENV_NAME"],
    "must have COPILOT_ENVIRONMENT_NAME",
  ],
  [
    "with one that is another",
    [
      ST,
      "Name: COPILOT_ENVIRONMENT_NAME\n              Value: !Ref EnvName",
      "Name: COPILOT_ENVIRONMENT_NAME\n              Value: !Ref AppName",
    ],
    "must have COPILOT_ENVIRONMENT_NAME",
  ],
  [
    "with a constant",
    [
      ST,
      "Name: COPILOT_APPLICATION_NAME\n              Value: !Ref AppName",
      "Name: COPILOT_APPLICATION_NAME\n              Value: holdfast",
    ],
    "must have COPILOT_APPLICATION_NAME",
  ],
  [
    "that a patch takes away",
    replace(SERVICE_PATCHES, `${container}/Environment`, [
      { Name: "MODEL_PROVIDER", Value: "bedrock" },
      { Name: "DRAIN_SECONDS", Value: "100" },
      { Name: "SHUTDOWN_DELAY_SECONDS", Value: "10" },
      { Name: "KEEP_ALIVE_SECONDS", Value: "75" },
      { Name: "TRUSTED_HOPS", Value: "1" },
      { Name: "DAILY_DOLLAR_BUDGET", Value: "20" },
      { Name: "METRICS", Value: "emf" },
    ]),
    "must have COPILOT_SERVICE_NAME",
  ],
  [
    "in a dimension with a constant",
    [
      ST,
      "- Name: Application\n              Value: !Ref AppName",
      "- Name: Application\n              Value: holdfast",
    ],
    "the dimension Application must be",
  ],
]);

told("a retention", [
  [
    "that CloudWatch does not have, by default",
    [
      ST,
      "LogRetention:\n    Type: Number\n    Default: 30",
      "LogRetention:\n    Type: Number\n    Default: 45",
    ],
    "RetentionInDays: must be one of",
  ],
  [
    "that CloudWatch does not have, patched",
    replace(SERVICE_PATCHES, "LogGroup/Properties/RetentionInDays", 100),
    "RetentionInDays: must be one of",
  ],
  [
    "of a month of 31 days",
    [ST, "RetentionInDays: !Ref LogRetention", "RetentionInDays: 31"],
    "RetentionInDays: must be one of",
  ],
  [
    "of no days",
    replace(SERVICE_PATCHES, "LogGroup/Properties/RetentionInDays", 0),
    "RetentionInDays: must be one of",
  ],
  [
    "in an addon",
    [
      "copilot/chat/addons/observability.yml",
      "  AlarmTopicPolicy:\n",
      "  AuditLog:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 360\n  AlarmTopicPolicy:\n",
    ],
    "RetentionInDays: must be one of",
  ],
]);

told("a header", [
  [
    "that CloudFront does not send, at the firewall",
    firewall("HeaderName: X-Forwarded-For", "HeaderName: X-Forward-For"),
    "HeaderName: must be X-Forwarded-For",
  ],
  [
    "of another proxy, at the firewall",
    firewall("HeaderName: X-Forwarded-For", "HeaderName: X-Real-IP"),
    "HeaderName: must be X-Forwarded-For",
  ],
  [
    "with a port in it, at the firewall",
    firewall("HeaderName: X-Forwarded-For", "HeaderName: CloudFront-Viewer-Address"),
    "HeaderName: must be X-Forwarded-For",
  ],
  [
    "without which everybody is refused",
    firewall("FallbackBehavior: NO_MATCH", "FallbackBehavior: NONE"),
    "FallbackBehavior: must be",
  ],
  [
    "that the firewall is not told",
    [ET, / {14}ForwardedIPConfig: !If\n(.*\n){3}/, ""],
    "ForwardedIPConfig: is missing",
  ],
  [
    "that clients make up, at the firewall",
    firewall("!If [HasCdn, FORWARDED_IP, IP]", "FORWARDED_IP"),
    "must be IP without CloudFront",
  ],
  [
    "of CloudFront that the load balancer does not ask for",
    [secretHeader("X-Origin-Secret"), asksHeader("X-Origin-Secrt")],
    "asks for the header X-Origin-Secrt, which is never sent",
  ],
  [
    "of CloudFront that another rule asks for",
    [secretHeader("X-Origin-Verify"), asksHeader("X-Custom-Header")],
    "asks for the header X-Custom-Header, which is never sent",
  ],
  [
    "in a rule of the service that nobody sends",
    add(SERVICE_PATCHES, "HTTPListenerRule/Properties/Conditions/-", {
      Field: "http-header",
      HttpHeaderConfig: { HttpHeaderName: "X-Orgin-Verify", Values: ["s"] },
    }),
    "asks for the header X-Orgin-Verify, which is never sent",
  ],
]);

told("an address", [
  [
    "of Docker's host in the manifest",
    [
      [MANIFEST, "MODEL_PROVIDER: bedrock", "MODEL_PROVIDER: openai-compatible"],
      variable("OPENAI_COMPATIBLE_BASE_URL", "http://host.docker.internal:11434/v1"),
    ],
    "names host.docker.internal",
  ],
  [
    "of Podman's host in the manifest",
    variable("BEDROCK_BASE_URL", "http://host.containers.internal:8080"),
    "names host.containers.internal",
  ],
  [
    "of Docker's host in the template",
    inTask("OPENAI_COMPATIBLE_BASE_URL", "http://host.docker.internal:11434/v1"),
    "names host.docker.internal",
  ],
  [
    "of Docker's host for one environment",
    [
      MANIFEST,
      "  test:\n    cpu: 256",
      "  test:\n    variables:\n      BEDROCK_BASE_URL: http://gateway.docker.internal:1\n    cpu: 256",
    ],
    "names gateway.docker.internal",
  ],
  [
    "of Docker's host for tools",
    tools("http://host.docker.internal:9000/mcp"),
    "MCP_CONFIG: names host.docker.internal",
  ],
  ["of the container itself for tools", tools("http://localhost:9000/mcp"), "MCP_CONFIG: names localhost"],
  ["of all interfaces", variable("BEDROCK_BASE_URL", "http://0.0.0.0:8080"), "names 0.0.0.0"],
  [
    "of a service of the compose file",
    [
      [MANIFEST, "MODEL_PROVIDER: bedrock", "MODEL_PROVIDER: openai-compatible"],
      variable("OPENAI_COMPATIBLE_BASE_URL", "http://ollama:11434/v1"),
    ],
    "names ollama",
  ],
  [
    "of a sidecar by its name",
    [keys(sidecar), variable("BEDROCK_BASE_URL", "http://envoy:8080")],
    "names envoy",
  ],
  [
    "of Docker's host in a sidecar",
    keys(`${sidecar}    variables:\n      UPSTREAM: http://host.docker.internal:11434\n`),
    "names host.docker.internal",
  ],
  [
    "of Docker's host in the compose file, which Linux does not know",
    [
      COMPOSE,
      "    environment:\n",
      "    environment:\n      OPENAI_COMPATIBLE_BASE_URL: http://host.docker.internal:11434/v1\n",
    ],
    "extra_hosts",
  ],
  [
    "of Docker's host in a patch",
    add(SERVICE_PATCHES, `${container}/Environment/-`, {
      Name: "BEDROCK_BASE_URL",
      Value: "http://host.docker.internal:1",
    }),
    "names host.docker.internal",
  ],
]);

told("a network load balancer", [
  [
    "beside the other, past which clients make up addresses",
    keys("nlb:\n  port: 3000/tcp\n"),
    "nlb: must be away",
  ],
  ["at another port", keys("nlb:\n  port: 443\n  target_port: 3000\n"), "nlb: must be away"],
  [
    "with one listener more to the app",
    keys(
      `${sidecar}nlb:\n  port: 8080\n  target_container: envoy\n  additional_listeners:\n    - port: 443\n      target_port: 3000\n      target_container: chat\n`,
    ),
    "nlb: must be away",
  ],
  [
    "in one environment",
    [MANIFEST, "  test:\n    cpu: 256", "  test:\n    nlb:\n      port: 3000/tcp\n    cpu: 256"],
    "nlb: must be away",
  ],
  [
    "in the place of the other",
    [ET, "      Type: application\n", "      Type: network\n"],
    "PublicLoadBalancer.Properties.Type",
  ],
  [
    "by a patch",
    [
      add(SERVICE_PATCHES, "Group", {
        Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        Properties: { Port: 3000, Protocol: "TCP", TargetType: "ip", VpcId: "vpc-1" },
      }),
      add(SERVICE_PATCHES, "Service/Properties/LoadBalancers/-", {
        ContainerName: "chat",
        ContainerPort: 3000,
        TargetGroupArn: { Ref: "Group" },
      }),
    ],
    "Resources.Group: must be away",
  ],
  [
    "in the template",
    [
      ST,
      "          TargetGroupArn: !Ref TargetGroup\n\n",
      '          TargetGroupArn: !Ref TargetGroup\n        - ContainerName: !Ref WorkloadName\n          ContainerPort: 3000\n          TargetGroupArn: !Ref Group\n\n  Group:\n    Type: AWS::ElasticLoadBalancingV2::TargetGroup\n    Properties: { Port: 3000, Protocol: TCP, TargetType: ip, VpcId: !ImportValue { "Fn::Sub": "${AppName}-${EnvName}-VpcId" } }\n\n',
    ],
    "Resources.Group: must be away",
  ],
]);

// What one does who follows the pages of copilot/ when it is late.
told("a deployer", [
  // README.md: another application, another environment.
  [
    "names the app's folder otherwise",
    [ST, "Default: chat\n    Description: Never", "Default: web\n    Description: Never"],
    "Properties.ClientToken: must stay as Copilot renders it, or the tasks",
  ],
  [
    "makes the environment's name a constant in an export",
    [ET, "Name: !Sub ${AWS::StackName}-VpcId", "Name: holdfast-prod-VpcId"],
    "Outputs.VpcId: must be exported as talk-stage-VpcId, is",
  ],
  [
    "exports the subnets as a list",
    [
      ET,
      'Value: !If [MakesVpc, !Join [",", [!Ref PrivateSubnet1, !Ref PrivateSubnet2]], !Ref PrivateSubnets]',
      "Value: !If [MakesVpc, !Ref PrivateSubnet1, !Ref PrivateSubnets]",
    ],
    "Outputs.PrivateSubnets: must be !Ref PrivateSubnet1,!Ref",
  ],
  [
    "joins the subnets by a space",
    [
      ET,
      '!Join [",", [!Ref PrivateSubnet1, !Ref PrivateSubnet2]]',
      '!Join [" ", [!Ref PrivateSubnet1, !Ref PrivateSubnet2]]',
    ],
    "Outputs.PrivateSubnets: must be !Ref PrivateSubnet1,!Ref",
  ],
  [
    "splits the subnets by a space",
    [ST, 'Subnets: !Split\n            - ","', 'Subnets: !Split\n            - " "'],
    "AwsvpcConfiguration.Subnets: is not what Copilot has there",
  ],
  // ACCESS.md.
  [
    "puts the access code into a variable of the template",
    inTask("ACCESS_CODE", "please"),
    "variables.ACCESS_CODE: is a secret: put it under secrets",
  ],
  [
    "has the code of another parameter",
    [
      ST,
      "parameter${AccessCodeParameter}\n              - !Ref",
      "parameter/holdfast/ACCESS_CODE\n              - !Ref",
    ],
    "ExecutionRole.Properties: must allow ssm:GetParameters on",
  ],
  [
    "has the code under another name",
    [ST, "- Name: ACCESS_CODE\n", "- Name: ACCESSCODE\n"],
    "0.Secrets: ACCESSCODE is no variable of the app",
  ],
  [
    "has the code twice",
    [
      ST,
      "          Secrets:\n",
      "          Secrets:\n            - { Name: ACCESS_CODE, ValueFrom: /holdfast/ACCESS_CODE }\n",
    ],
    "ExecutionRole.Properties: must allow ssm:GetParameters on",
  ],
  [
    "has a secret as a variable too",
    [
      ST,
      "            - !If\n              - HasAccessCode\n",
      "            - { Name: METRICS, ValueFrom: /holdfast/METRICS }\n            - !If\n              - HasAccessCode\n",
    ],
    "0.Secrets: METRICS stands there twice, or is a variable too: remove",
  ],
  [
    "sets hops of CloudFront by default",
    [ST, 'Default: "1"\n    AllowedValues: ["1", "2"]', 'Default: "2"\n    AllowedValues: ["1", "2"]'],
    "variables.TRUSTED_HOPS: must be 1 without CloudFront, is 2: with",
  ],
  [
    "limits the firewall to ten a minute",
    [ET, "EvaluationWindowSec: 300", "EvaluationWindowSec: 90"],
    "RateBasedStatement.EvaluationWindowSec: must be one of 60, 120, 300",
  ],
  [
    "ties the firewall to the listener",
    [ET, "ResourceArn: !Ref PublicLoadBalancer", "ResourceArn: !Ref HTTPListener"],
    "Properties.Rules: protect nothing: WebAclAssociation must have the",
  ],
  [
    "ties the firewall by its id",
    [ET, "WebACLArn: !GetAtt WebAcl.Arn", "WebACLArn: !Ref WebAcl"],
    "Properties.WebACLArn: must be !GetAtt WebAcl.Arn: !Ref is no ARN",
  ],
  [
    "answers those beyond the limit with success",
    [ET, "ResponseCode: 429", "ResponseCode: 200"],
    "Rules.0: ResponseCode must be such as 429, from 300 to 599, is 200",
  ],
  [
    "lets nobody but a header's senders in, with another value",
    [secretHeader("X-Origin-Verify", "abc"), asksHeader("X-Origin-Verify")],
    "Properties.Conditions: asks for the header X-Origin-Verify, which is",
  ],
  [
    "has the secret of CloudFront asked without CloudFront",
    asksHeader("X-Origin-Verify"),
    "Properties.Conditions: asks for the header X-Origin-Verify, which is",
  ],
  [
    "writes access logs with the wrong key",
    [ET, "Key: access_logs.s3.bucket, Value", "Key: access_logs.s3.name, Value"],
    "Properties.LoadBalancerAttributes: access_logs.s3.name is no",
  ],
  [
    "switches access logs on without their bucket",
    [ET, "Value: !If [HasAccessLogs, true, false]", "Value: true"],
    "Properties.LoadBalancerAttributes: access_logs.s3.bucket is missing",
  ],
  [
    "takes a certificate of another region for CloudFront",
    [ET, "AcmCertificateArn: !Ref CloudFrontCertificateArn", "AcmCertificateArn: !Ref CertificateArn"],
    "Parameters.CloudFrontCertificateArn: is used nowhere but in a",
  ],
  [
    "gives the load balancer CloudFront's certificate",
    [ET, "- CertificateArn: !Ref CertificateArn", "- CertificateArn: !Ref CloudFrontCertificateArn"],
    "Parameters.CertificateArn: is used nowhere but in a condition, so",
  ],
  [
    "names CloudFront by the service's alias",
    [ET, "[!Ref CloudFrontAlias]", "[chat.example.com]"],
    "Parameters.CloudFrontAlias: is used nowhere, so that its value",
  ],
  [
    "redirects to a constant host",
    [ST, 'Host: "#{host}"', "Host: chat.example.com"],
    "RedirectConfig.Host: is not what Copilot has there with",
  ],
  [
    "redirects to the port of HTTP",
    [ST, "Protocol: HTTPS\n            Port: 443", "Protocol: HTTPS\n            Port: 80"],
    "RedirectConfig.Port: is not what Copilot has there with",
  ],
  [
    "hands the kept mount on for one zone",
    [
      ET,
      /(MountTarget1:[^]*?)FileSystemId: !If \[MakesFileSystem, !Ref FileSystem, !Ref FileSystemId\]/,
      "$1FileSystemId: !If [MakesFileSystem, !Ref FileSystem, !Ref VpcId]",
    ],
    "Properties.FileSystemId: must be fs-0123456789abcdef0, which the",
  ],
  [
    "gives the execution role by its name",
    [ST, "ExecutionRoleArn: !GetAtt ExecutionRole.Arn", "ExecutionRoleArn: !Ref ExecutionRole"],
    "Properties.ExecutionRoleArn: must be !GetAtt ExecutionRole.Arn: !Ref",
  ],
  [
    "sends an addon's log to a queue by its URL",
    [
      "copilot/chat/addons/observability.yml",
      "  AlarmTopicPolicy:\n",
      "  Dead:\n    Type: AWS::SQS::Queue\n  Sub:\n    Type: AWS::SNS::Subscription\n    Properties: { Protocol: sqs, Endpoint: !GetAtt Dead.Arn, TopicArn: !Ref Dead }\n  AlarmTopicPolicy:\n",
    ],
    "Properties.TopicArn: must be !GetAtt Dead.Arn: !Ref is no ARN",
  ],
  // OPERATIONS.md.
  [
    "has more tasks at least than at most",
    [ST, "Default: 2\n    MinValue: 1", "Default: 12\n    MinValue: 1"],
    "count.range: ends before it begins: 12-10",
  ],
  [
    "has a size that Fargate does not have",
    [ST, 'Default: "1024"', 'Default: "768"'],
    "memory: Fargate has 1024, 2048, 3072, 4096 with cpu 512, not 768",
  ],
  [
    "gives the size in gigabytes",
    [ST, 'Default: "1024"', 'Default: "1"'],
    "memory: Fargate has 1024, 2048, 3072, 4096 with cpu 512, not 1",
  ],
  [
    "keeps a log for ever by mistake",
    [ST, "      RetentionInDays: !Ref LogRetention\n", ""],
    "Parameters.LogRetention: is used nowhere, so that its value changes",
  ],
  [
    "has no budget",
    [ST, 'Default: "20"\n  AccessCodeParameter', "Default: twenty\n  AccessCodeParameter"],
    "variables.DAILY_DOLLAR_BUDGET: DAILY_DOLLAR_BUDGET must be a number",
  ],
  [
    "watches another service",
    [
      "copilot/chat/addons/observability.yml",
      "DashboardName: !Sub ${App}-${Env}-${Name}",
      "DashboardName: holdfast-prod-chat",
    ],
    "Properties.DashboardName: is the same in every environment, so that",
  ],
  [
    "names the alarms' topic by a constant",
    ["copilot/chat/addons/observability.yml", /TopicName: !Sub \S+/, "TopicName: holdfast-prod-chat-alarms"],
    "Properties.TopicName: is the same in every environment, so that the",
  ],
  [
    "sets a budget as a variable of the shell",
    variable("OPERATOR_CODE", "$CODE"),
    "variables.OPERATOR_CODE: is a secret: put it under secrets",
  ],
  [
    "has models in a file of the machine",
    variable("PRESETS", "/home/me/presets.json"),
    "variables.PRESETS: names /home/me/presets.json, which is not in the",
  ],
  [
    "sets the region that Fargate sets",
    variable("AWS_REGION", "eu-west-9"),
    "variables.AWS_REGION: eu-west-9 is no region of Bedrock that this",
  ],
  [
    "has an endpoint without a scheme",
    variable("BEDROCK_BASE_URL", "host.docker.internal:8080"),
    "variables.BEDROCK_BASE_URL: BEDROCK_BASE_URL must be a URL that",
  ],
  [
    "has tools by the name of a container",
    tools("http://searxng:8080/mcp"),
    "variables.MCP_CONFIG: names searxng, and there is no service of this",
  ],
  // RECOVERY.md.
  [
    "hands the kept file system on for the environment alone",
    [
      ET,
      /(MountTarget2:[^]*?)FileSystemId: !If \[MakesFileSystem, !Ref FileSystem, !Ref FileSystemId\]/,
      "$1FileSystemId: !If [MakesFileSystem, !Ref FileSystem, fs-0123456789abcdef1]",
    ],
    "Properties.FileSystemId: must be fs-0123456789abcdef0, which the",
  ],
  [
    "names the kept file system in the service",
    [
      ST,
      "            FilesystemId: !ImportValue\n              Fn::Sub: ${AppName}-${EnvName}-FilesystemID",
      "            FilesystemId: fs-0123456789abcdef0",
    ],
    "EFSVolumeConfiguration.FilesystemId: must stay as Copilot renders it",
  ],
  [
    "has the access point of another volume",
    [
      ST,
      "      FileSystemId: !ImportValue\n        Fn::Sub: ${AppName}-${EnvName}-FilesystemID",
      "      FileSystemId: fs-0123456789abcdef0",
    ],
    "Properties.FileSystemId: must stay as Copilot renders it, or the",
  ],
  [
    "takes the volume's policy away for a restore",
    [ET, / {6}FileSystemPolicy:\n(.*\n)+?(?= {6}LifecyclePolicies)/, ""],
    "Properties.FileSystemPolicy: must keep the statement",
  ],
  [
    "lets every role of the account mount",
    [
      ST,
      "                Condition:\n                  StringEquals:\n                    elasticfilesystem:AccessPointArn: !GetAtt AccessPoint.Arn\n",
      "",
    ],
    "Statement.Condition: is not what Copilot has there",
  ],
  [
    "mounts by another file system's rights",
    [
      ST,
      "                    - FileSystem: !ImportValue\n                        Fn::Sub: ${AppName}-${EnvName}-FilesystemID",
      "                    - FileSystem: fs-0123456789abcdef0",
    ],
    "Statement.Resource: is not what Copilot has there",
  ],
  [
    "switches backups off",
    [ET, "Status: ENABLED\n      Encrypted", "Status: DISABLED\n      Encrypted"],
    "Properties.BackupPolicy: must be ENABLED",
  ],
]);

fit("outputs", [
  [
    "by the application's name in place of the stack's",
    [ET, "${AWS::StackName}-VpcId", "${AppName}-${EnvironmentName}-VpcId"],
  ],
  [
    "with one more",
    [ET, "Outputs:\n", "Outputs:\n  Url:\n    Value: !Sub http://${PublicLoadBalancer.DNSName}\n"],
  ],
  [
    "with one more that is exported",
    [
      ET,
      "Outputs:\n",
      "Outputs:\n  Group:\n    Value: !Ref EFSSecurityGroup\n    Export:\n      Name: !Sub ${AWS::StackName}-VolumeGroup\n",
    ],
  ],
]);
fit("parameters", [
  [
    "with one more that a condition asks",
    [
      [ST, "Conditions:\n", "Conditions:\n  IsBig: !Equals [!Ref Size, big]\n"],
      [ST, "Parameters:\n", "Parameters:\n  Size:\n    Type: String\n    Default: small\n"],
      [ST, "Memory: !Ref TaskMemory", "Memory: !If [IsBig, 2048, !Ref TaskMemory]"],
    ],
  ],
  [
    "without that of the architecture",
    [
      [ST, /  CpuArchitecture:\n(.*\n){3}/, ""],
      [ST, "CpuArchitecture: !Ref CpuArchitecture", "CpuArchitecture: ARM64"],
    ],
  ],
  [
    "with one more variable",
    [
      [ST, "Parameters:\n", 'Parameters:\n  Days:\n    Type: String\n    Default: "365"\n'],
      inTask("RETENTION_DAYS", "!Ref Days"),
    ],
  ],
]);
fit("the execution role", [
  [
    "with all rights of the registry",
    [ST, / {18}- ecr:BatchCheckLayerAvailability\n(.*\n){2}/, '                  - "ecr:*"\n'],
  ],
  ["of an image of another registry", [ST, "Image: !Ref ContainerImage", "Image: !Sub ${ContainerImage}"]],
  ["that reads a secret", [secretOf(SECRET), mayRead("secretsmanager:GetSecretValue", SECRET)]],
  [
    "that reads a key of a secret's JSON",
    [secretOf(`${SECRET}:code::`), mayRead("secretsmanager:GetSecretValue", `${SECRET.slice(0, -7)}-??????`)],
  ],
  [
    "that reads a parameter by its name",
    [
      secretOf("/holdfast/prod/OPERATOR_CODE"),
      mayRead("ssm:GetParameters", "arn:aws:ssm:us-east-1:123456789012:parameter/holdfast/prod/*"),
    ],
  ],
]);
fit("a retention", [
  ["of ten years, patched", replace(SERVICE_PATCHES, "LogGroup/Properties/RetentionInDays", 3653)],
]);
fit("a header", [
  ["in small letters", [ET, "HeaderName: X-Forwarded-For", "HeaderName: x-forwarded-for"]],
  [
    "that the service's rule asks for behind CloudFront",
    [
      secretHeader("X-Origin-Verify"),
      [ST, "Conditions:\n", 'Conditions:\n  IsBehind: !Equals [!Ref TrustedHops, "2"]\n'],
      [
        ST,
        '            Values: ["/*"]\n      ListenerArn: !ImportValue\n        Fn::Sub: ${AppName}-${EnvName}-HTTPListenerArn\n',
        '            Values: ["/*"]\n        - !If\n          - IsBehind\n          - Field: http-header\n            HttpHeaderConfig: { HttpHeaderName: x-origin-verify, Values: [s] }\n          - !Ref AWS::NoValue\n      ListenerArn: !ImportValue\n        Fn::Sub: ${AppName}-${EnvName}-HTTPListenerArn\n',
      ],
    ],
  ],
  [
    "that browsers send",
    add(SERVICE_PATCHES, "HTTPListenerRule/Properties/Conditions/-", {
      Field: "http-header",
      HttpHeaderConfig: { HttpHeaderName: "User-Agent", Values: ["*Mozilla*"] },
    }),
  ],
]);
fit("an address", [
  ["of the VPC", variable("BEDROCK_BASE_URL", "https://vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com")],
  ["of a container of the task", [keys(sidecar), variable("BEDROCK_BASE_URL", "http://localhost:8080")]],
  [
    "of another service, by Service Connect",
    [
      [MANIFEST, "network:\n", "network:\n  connect: true\n"],
      variable("BEDROCK_BASE_URL", "http://models:8080"),
    ],
  ],
  [
    "of Docker's host in the compose file, which Linux is told",
    [
      COMPOSE,
      "    environment:\n",
      '    extra_hosts: ["host.docker.internal:host-gateway"]\n    environment:\n      OPENAI_COMPATIBLE_BASE_URL: http://host.docker.internal:11434/v1\n',
    ],
  ],
]);
fit("a network load balancer", [
  ["to a proxy in the task", keys(`${sidecar}nlb:\n  port: 8080\n  target_container: envoy\n`)],
  [
    "at two ports of a proxy",
    keys(
      `${sidecar}nlb:\n  port: 443\n  target_port: 8080\n  target_container: envoy\n  additional_listeners:\n    - port: 8443\n      target_port: 8080\n      target_container: envoy\n`,
    ),
  ],
]);
fit("a deployer", [
  [
    "keeps the file system only when it is made",
    [ET, "    DeletionPolicy: Retain\n", "    DeletionPolicy: RetainExceptOnCreate\n"],
  ],
  [
    "lets an addon's names be the stack's",
    [
      "copilot/chat/addons/observability.yml",
      "DashboardName: !Sub ${App}-${Env}-${Name}",
      "DashboardName: !Ref AWS::StackName",
    ],
  ],
  [
    "gives the application another name in both templates",
    [
      [ET, "Default: holdfast\n    Allowed", "Default: talk\n    Allowed"],
      [ST, "Default: holdfast\n  EnvName", "Default: talk\n  EnvName"],
    ],
  ],
]);
