import { fit, told } from "../deploy/changes.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "../deploy/check-templates.ts";

// Our own templates where they are used in another way than by default, and would make something else than Copilot.

told("a template", [
  [
    "whose kept file system is not handed on",
    [
      ET,
      "    Value: !If [MakesFileSystem, !Ref FileSystem, !Ref FileSystemId]\n    Export",
      "    Value: !Ref FileSystem\n    Export",
    ],
    "Outputs.ManagedFileSystemID: refers to FileSystem, which is not made with FileSystemId",
  ],
  [
    "whose kept file system is not mounted",
    [
      ET,
      "FileSystemId: !If [MakesFileSystem, !Ref FileSystem, !Ref FileSystemId]",
      "FileSystemId: !Ref FileSystem",
    ],
    "refers to FileSystem, which is not made",
  ],
  [
    "with two mounts in one zone",
    [ET, '!Select [1, !Split [",", !Ref PrivateSubnets]]', '!Select [0, !Split [",", !Ref PrivateSubnets]]'],
    "MountTarget2.Properties.SubnetId: is not what Copilot has there with VpcId",
  ],
  [
    "with a group of another VPC",
    [ET, "VpcId: !If [MakesVpc, !Ref VPC, !Ref VpcId]", "VpcId: !Ref VPC"],
    "refers to VPC, which is not made with VpcId",
  ],
  [
    "whose tasks may not mount",
    [ST, "Key: copilot-application", "Key: copilot-app"],
    "must have the tag copilot-application",
  ],
  [
    "whose tasks may not write",
    [ST, "                  - elasticfilesystem:ClientWrite\n", ""],
    "GrantAccessCopilotManagedEFS",
  ],
  [
    "whose tasks get no image",
    [ST, "                  - ecr:GetDownloadUrlForLayer\n", ""],
    "must allow ecr:GetDownloadUrlForLayer",
  ],
  [
    "whose tasks get no secret",
    [ST, "Action: ssm:GetParameters", "Action: ssm:GetParameter"],
    "must allow ssm:GetParameters",
  ],
  [
    "whose tasks may not call models",
    [ST, /      ManagedPolicyArns:\n.*\n/, ""],
    "must have BedrockPolicyArn",
  ],
  [
    "that forwards in the clear",
    [
      ST,
      / {8}- Type: redirect\n(.*\n){7}/,
      "        - TargetGroupArn: !Ref TargetGroup\n          Type: forward\n",
    ],
    "HTTPListenerRuleWithDomain.Properties.Actions",
  ],
  [
    "whose HTTPS is at the other listener",
    [ST, "${EnvName}-HTTPSListenerArn", "${EnvName}-HTTPListenerArn"],
    "HTTPSListenerRule.Properties.ListenerArn: is not what Copilot has",
  ],
  [
    "whose service does not wait",
    [ST, /    DependsOn:\n {6}- HTTPListenerRule\n.*\n.*\n/, ""],
    "must name HTTPListenerRule",
  ],
  [
    "whose tasks in public subnets have no address",
    [ST, "!If [IsPublic, ENABLED, DISABLED]", "!If [IsPublic, DISABLED, ENABLED]"],
    "AssignPublicIp",
  ],
  [
    "whose name is dropped",
    [ST, 'HasAlias: !Not [!Equals [!Ref Alias, ""]]', 'HasAlias: !Equals [!Ref Alias, ""]'],
    "HTTPSListenerRule.Properties.Conditions: is not what Copilot has",
  ],
  [
    "with a gateway that has no way out",
    [ET, "SubnetId: !Ref PublicSubnet1\n      Tags", "SubnetId: !Ref PrivateSubnet1\n      Tags"],
    "NatGateway1.Properties.SubnetId: is not what Copilot has",
  ],
  [
    "whose firewall counts only",
    [ET, / {10}Action:\n {12}Block:\n.*\n.*\n/, "          Action:\n            Count: {}\n"],
    "must be Block",
  ],
  [
    "whose firewall counts CloudFront as one",
    [ET, "!If [HasCdn, FORWARDED_IP, IP]", "IP"],
    "must be FORWARDED_IP",
  ],
  [
    "whose CloudFront keeps pages",
    [ET, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"],
    "CachePolicyId: is not what Copilot has there with Cdn",
  ],
  [
    "whose CloudFront takes no messages",
    [ET, "[GET, HEAD, OPTIONS, PUT, PATCH, POST, DELETE]", "[GET, HEAD]"],
    "AllowedMethods: is not what Copilot has",
  ],
  [
    "whose CloudFront asks for a certificate that is not there",
    [ET, "OriginProtocolPolicy: http-only", "OriginProtocolPolicy: https-only"],
    "Origins",
  ],
  [
    "that lets others to the volume",
    [
      ET,
      "GroupId: !Ref EFSSecurityGroup\n      IpProtocol: -1\n      SourceSecurityGroupId: !Ref EnvironmentSecurityGroup",
      "GroupId: !Ref EFSSecurityGroup\n      IpProtocol: -1\n      SourceSecurityGroupId: !Ref PublicHTTPLoadBalancerSecurityGroup",
    ],
    "must let the same group in at port 2049",
  ],
  [
    "that is reached from inside only",
    [ET, "Scheme: internet-facing", "Scheme: internal"],
    "Scheme: is not what Copilot has",
  ],
  ["with addresses twice", [ET, "10.0.3.0/24", "10.0.2.0/24"], "has addresses of PrivateSubnet1 too"],
  [
    "that scales by what nobody writes",
    [ST, "MetricName: ActiveReplies", "MetricName: ActiveReply"],
    "the app writes no metric ActiveReply",
  ],
  [
    "that scales by a misspelt metric of AWS",
    [ST, "ECSServiceAverageCPUUtilization\n        Scale", "ECSServiceAverageCpuUtilization\n        Scale"],
    "PredefinedMetricType: must be one of",
  ],
  ["without metrics", [ST, / {12}- Name: METRICS\n.*\n/, ""], "needs METRICS to be emf"],
]);
fit("a template", [
  [
    "with one gateway for both zones",
    [ET, "NatGatewayId: !Ref NatGateway2", "NatGatewayId: !Ref NatGateway1"],
  ],
  [
    "with rights by the policy of AWS",
    [
      ST,
      "      Policies:\n        - PolicyName: ImageAndLog",
      '      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"]\n      Policies:\n        - PolicyName: ImageAndLog',
    ],
  ],
  [
    "with one rule more",
    [
      ST,
      "  AutoScalingTarget:\n",
      "  ApiListenerRule:\n    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n    Properties:\n      Priority: 1\n      ListenerArn: !ImportValue\n        Fn::Sub: ${AppName}-${EnvName}-HTTPListenerArn\n      Conditions: [{ Field: path-pattern, PathPatternConfig: { Values: [/api/*] } }]\n      Actions: [{ Type: forward, TargetGroupArn: !Ref TargetGroup }]\n  AutoScalingTarget:\n",
    ],
  ],
  ["with insights", [ET, "Value: disabled", "Value: enabled"]],
  [
    "with a price class",
    [ET, "        IPV6Enabled: true", "        IPV6Enabled: true\n        PriceClass: PriceClass_100"],
  ],
  [
    "with a longer retention",
    [
      ST,
      "    Type: Number\n    Default: 30\n\nConditions",
      "    Type: Number\n    Default: 90\n\nConditions",
    ],
  ],
]);
