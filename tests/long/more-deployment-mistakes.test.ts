import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import {
  add,
  fit,
  files,
  inHttp,
  keys,
  OBSERVABILITY,
  patch,
  replace,
  told,
  type Change,
} from "../deploy/changes.ts";
import { checkDeployment } from "../deploy/check-deployment.ts";
import { ENVIRONMENT_TEMPLATE, SERVICE_TEMPLATE } from "../deploy/check-templates.ts";
import { ADDON_PARAMETERS, ENVIRONMENT_PATCHES, MANIFEST, SERVICE_PATCHES } from "../deploy/problem.ts";

// Mistakes beside those of mutations.test.ts and rendered.test.ts in tests/deploy: in keys that few use, in patches,
// addons, the Dockerfile, and our own templates; and, for each kind, what looks like one and is none.

const TEST = "copilot/environments/test/manifest.yml";

const passes = (attribute: string): Change[] => [
  [ADDON_PARAMETERS, "Parameters:\n", `Parameters:\n  Extra: !GetAtt EnvControllerAction.${attribute}\n`],
  [
    OBSERVABILITY,
    "  TargetGroup:\n    Type: String\n",
    "  TargetGroup:\n    Type: String\n  Extra:\n    Type: String\n",
  ],
];
const CERTIFIED: Change = inHttp("alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com");

told("an output that the environment does not have", [
  ["the listener of HTTPS without a domain", passes("HTTPSListenerArn"), "has no output HTTPSListenerArn"],
  [
    "CloudFront's name without CloudFront",
    passes("CloudFrontDomainName"),
    "has no output CloudFrontDomainName",
  ],
  [
    "the way out of tasks that are in public subnets",
    [[MANIFEST, "placement: private", "placement: public"], ...passes("PrivateRouteTableIDs")],
    "has no output PrivateRouteTableIDs",
  ],
  [
    "the domain's zone without a domain",
    passes("EnvironmentHostedZone"),
    "has no output EnvironmentHostedZone",
  ],
  ["a name that Copilot does not have", passes("LoadBalancerDNS"), "has no output LoadBalancerDNS"],
  [
    "the file system that is another's, in a patch",
    [
      [
        MANIFEST,
        /uid: 1000\n {8}gid: 1000/,
        "id: fs-0123456789abcdef0\n        auth: { iam: true, access_point_id: fsap-0123456789abcdef0 }",
      ],
      add(SERVICE_PATCHES, "TaskDefinition/Properties/Tags", [
        { Key: "f", Value: { "Fn::GetAtt": ["EnvControllerAction", "ManagedFileSystemID"] } },
      ]),
    ],
    "has no output ManagedFileSystemID",
  ],
]);
fit("an output that the environment has", [
  ["the load balancer's name", passes("PublicLoadBalancerDNSName")],
  ["the file system's id", passes("ManagedFileSystemID")],
  ["the listener of HTTPS with a domain", [CERTIFIED, ...passes("HTTPSListenerArn")]],
]);

told("the image", [
  ["another base", ["Dockerfile", /node:24[\d.]+-slim/g, "node:24-alpine"], "stands on one patch version"],
  ["the newest base", ["Dockerfile", /node:24[\d.]+-slim/g, "node:latest"], "stands on one patch version"],
  [
    "two bases",
    ["Dockerfile", "FROM node:24", "FROM node:24.1.0-slim AS x\nFROM node:24"],
    "stands on one patch version",
  ],
  [
    "a build for the image's platform",
    ["Dockerfile", "--platform=$BUILDPLATFORM", "--platform=$TARGETPLATFORM"],
    "builds on the machine's own platform",
  ],
  [
    "a build for one platform",
    ["Dockerfile", "--platform=$BUILDPLATFORM", "--platform=linux/arm64"],
    "builds on the machine's own platform",
  ],
  [
    "a last stage for one platform",
    ["Dockerfile", /\nFROM node/, "\nFROM --platform=linux/amd64 node"],
    "builds on the machine's own platform",
  ],
  [
    "a command in the last stage",
    ["Dockerfile", "USER 1000", "RUN chmod 755 app\nUSER 1000"],
    "runs nothing in the final image",
  ],
  [
    "packages that the lock file does not say",
    ["Dockerfile", "npm ci --no-audit", "npm install --no-audit"],
    "installs what the lock file says",
  ],
  ["npm before node", ["Dockerfile", /CMD \["\/bin.*/, 'CMD ["npm", "start"]'], "starts node by way of"],
  [
    "a shell that stays",
    ["Dockerfile", /CMD \["\/bin.*/, "CMD node build/index.js"],
    "starts node by way of",
  ],
  [
    "an entry point before it",
    ["Dockerfile", "USER 1000", 'ENTRYPOINT ["sh"]\nUSER 1000'],
    "starts node by way of",
  ],
  ["root", ["Dockerfile", "USER 1000:1000", "USER root"], "runs as a fixed user by number"],
  [
    "no check",
    ["Dockerfile", /HEALTHCHECK [^]*?\n {2}CMD.*\n/, "HEALTHCHECK NONE\n"],
    "tells whether it is healthy",
  ],
  [
    "a signal that cannot be caught",
    ["Dockerfile", "USER 1000", "STOPSIGNAL SIGKILL\nUSER 1000"],
    "is stopped by SIGTERM",
  ],
  [
    "a stage of the build",
    [MANIFEST, "context: .", "context: .\n    target: build"],
    "image.build.target: must not be there",
  ],
  [
    "another folder to copy from",
    [MANIFEST, "context: .", "context: app"],
    "image.build.context: must be the top",
  ],
  ["neither Dockerfile nor image", [MANIFEST, /  build:\n.*\n.*\n/, ""], "image.build: is missing"],
  [
    "both of them",
    [MANIFEST, "  port: 3000", "  location: chat:v1\n  port: 3000"],
    "image.location: cannot stand beside build",
  ],
  [
    "a check by what the image does not have",
    [
      MANIFEST,
      "  port: 3000",
      '  healthcheck:\n    command: ["CMD-SHELL", "curl -f http://localhost:3000/ || exit 1"]\n  port: 3000',
    ],
    "needs curl, which the image does not have",
  ],
]);
fit("the image", [
  ["a base by its digest", ["Dockerfile", /(node:24[\d.]+-slim)/g, `$1@sha256:${"0a".repeat(32)}`]],
  ["the platform in braces", ["Dockerfile", "$BUILDPLATFORM", "${BUILDPLATFORM}"]],
  ["a label", ["Dockerfile", "EXPOSE", "LABEL team=chat\nEXPOSE"]],
  ["a variable of the app", ["Dockerfile", "ENV NODE_ENV", "ENV LOG_LEVEL=debug\nENV NODE_ENV"]],
]);

told("a template of ours", [
  [
    "a number of tasks for ever",
    [SERVICE_TEMPLATE, "      PropagateTags", "      DesiredCount: 2\n      PropagateTags"],
    "service.yml: Resources.Service.Properties.DesiredCount: undoes the scaling",
  ],
  [
    "a file system that goes with its stack",
    [ENVIRONMENT_TEMPLATE, "    DeletionPolicy: Retain\n", ""],
    "environment.yml: Resources.FileSystem.DeletionPolicy: must be Retain",
  ],
  [
    "one that goes when it is replaced",
    [ENVIRONMENT_TEMPLATE, "UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"],
    "UpdateReplacePolicy: must be Retain",
  ],
  [
    "another key of encryption",
    [ENVIRONMENT_TEMPLATE, "      Encrypted: true", "      Encrypted: true\n      KmsKeyId: alias/mine"],
    "KmsKeyId: cannot be changed",
  ],
  [
    "no encryption",
    [ENVIRONMENT_TEMPLATE, "Encrypted: true", "Encrypted: false"],
    "Encrypted: cannot be changed",
  ],
  [
    "a volume in one zone",
    [
      ENVIRONMENT_TEMPLATE,
      "      Encrypted: true",
      "      Encrypted: true\n      AvailabilityZoneName: us-east-1a",
    ],
    "AvailabilityZoneName: cannot be changed",
  ],
  [
    "a volume for everybody",
    [ENVIRONMENT_TEMPLATE, / {10}- Sid: DenyUnencryptedAccess\n(.*\n){6}/, ""],
    "must keep the statement DenyUnencryptedAccess",
  ],
  [
    "no backup",
    [ENVIRONMENT_TEMPLATE, "Status: ENABLED", "Status: DISABLED"],
    "BackupPolicy: must be ENABLED",
  ],
  [
    "a volume that starves",
    [ENVIRONMENT_TEMPLATE, "ThroughputMode: elastic", "ThroughputMode: bursting"],
    "ThroughputMode: must be elastic",
  ],
  [
    "another folder",
    [SERVICE_TEMPLATE, "Path: !Sub /${WorkloadName}", "Path: /data"],
    "RootDirectory.Path: must stay",
  ],
  [
    "another name of a resource",
    [ENVIRONMENT_TEMPLATE, /\bFileSystem:\n/, "Files:\n"],
    "Resources.FileSystem: is missing",
  ],
  [
    "another name of the access point",
    [SERVICE_TEMPLATE, /AccessPoint\b(?!Id|Arn)/g, "Point"],
    "Resources.AccessPoint: is missing",
  ],
  [
    "an import that nobody exports",
    [SERVICE_TEMPLATE, "${EnvName}-ClusterId", "${EnvName}-Cluster"],
    "the environment exports no Cluster",
  ],
  [
    "a function",
    [
      SERVICE_TEMPLATE,
      "Resources:\n",
      "Resources:\n  Counter:\n    Type: AWS::Lambda::Function\n    Properties: {}\n",
    ],
    "Resources.Counter: is a function",
  ],
  [
    "a right to everything",
    [SERVICE_TEMPLATE, "- elasticfilesystem:ClientMount", '- "*"'],
    "allows *, which nothing needs",
  ],
  [
    "a right to all of a service",
    [SERVICE_TEMPLATE, "- ssmmessages:CreateControlChannel", "- ssm:*"],
    "allows ssm:*, which nothing needs",
  ],
  [
    "old TLS",
    [ENVIRONMENT_TEMPLATE, "ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-2016-08"],
    "must be one that begins at TLS 1.2",
  ],
  [
    "old TLS at CloudFront",
    [ENVIRONMENT_TEMPLATE, "TLSv1.2_2021", "TLSv1_2016"],
    "MinimumProtocolVersion: must be TLSv1.2_2021",
  ],
  [
    "all tasks at once",
    [SERVICE_TEMPLATE, "MinimumHealthyPercent: 100", "MinimumHealthyPercent: 0"],
    "0 stops every task",
  ],
  [
    "no way back",
    [SERVICE_TEMPLATE, "Rollback: true", "Rollback: false"],
    "DeploymentCircuitBreaker.Rollback: must be true",
  ],
  [
    "a check that does not ask the volume",
    [SERVICE_TEMPLATE, "/readyz", "/healthz"],
    "healthcheck.path: must be /readyz",
  ],
  ["another user", [SERVICE_TEMPLATE, '"1000:1000"', '"0:0"'], "User: the Dockerfile's user is 1000:1000"],
  [
    "too little time to end",
    [SERVICE_TEMPLATE, "StopTimeout: 120", "StopTimeout: 30"],
    "DRAIN_SECONDS: must be less than StopTimeout (30)",
  ],
  [
    "connections that the app closes first",
    [ENVIRONMENT_TEMPLATE, 'Value: "60"', 'Value: "90"'],
    "KEEP_ALIVE_SECONDS: must be more than the idle timeout (90)",
  ],
  [
    "a variable that the app does not have",
    [SERVICE_TEMPLATE, "Name: DRAIN_SECONDS", "Name: DRAIN_SECOND"],
    "variables.DRAIN_SECOND: is no variable of the app",
  ],
  [
    "tasks that everybody reaches",
    [
      ENVIRONMENT_TEMPLATE,
      "      GroupDescription: !Sub ${AppName}-${EnvironmentName}EnvironmentSecurityGroup\n",
      "      GroupDescription: all\n      SecurityGroupIngress: [{ CidrIp: 0.0.0.0/0, IpProtocol: -1 }]\n",
    ],
    "EnvironmentSecurityGroup: lets everybody in",
  ],
  [
    "a misspelt property",
    [SERVICE_TEMPLATE, "EnableExecuteCommand", "EnableExecuteCommands"],
    "EnableExecuteCommands: is no property",
  ],
  [
    "a parameter that is not there",
    [SERVICE_TEMPLATE, "!Ref MinTasks", "!Ref LeastTasks"],
    "there is no parameter or resource LeastTasks",
  ],
  [
    "a condition that is not there",
    [ENVIRONMENT_TEMPLATE, "Condition: MakesNat", "Condition: HasNat"],
    "there is no condition HasNat",
  ],
  [
    "a section that is misspelt",
    [ENVIRONMENT_TEMPLATE, "Conditions:\n", "Condition:\n"],
    "Condition: is no section of a template",
  ],
  [
    "no mount",
    [SERVICE_TEMPLATE, "ContainerPath: /data", "ContainerPath: /var/data"],
    "must mount data at /data",
  ],
]);
fit("a template of ours", [
  ["another size", [SERVICE_TEMPLATE, 'Default: "1024"\n  MinTasks', 'Default: "4096"\n  MinTasks']],
  ["another architecture", [SERVICE_TEMPLATE, "Default: ARM64", "Default: X86_64"]],
  ["more tasks", [SERVICE_TEMPLATE, "Default: 10\n", "Default: 30\n"]],
  [
    "one more resource",
    [ENVIRONMENT_TEMPLATE, "Resources:\n", "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n"],
  ],
  [
    "one more variable",
    [
      SERVICE_TEMPLATE,
      "            - Name: DRAIN_SECONDS",
      "            - Name: LOG_LEVEL\n              Value: debug\n            - Name: DRAIN_SECONDS",
    ],
  ],
  [
    "a tag of the file system",
    [
      ENVIRONMENT_TEMPLATE,
      "      Encrypted: true",
      "      Encrypted: true\n      FileSystemTags: [{ Key: team, Value: chat }]",
    ],
  ],
  ["an address range of one's own", [ENVIRONMENT_TEMPLATE, /10\.0\./g, "10.9."]],
]);

describe("a sign-in by the load balancer", () => {
  const config = {
    Issuer: "https://login.example.com",
    AuthorizationEndpoint: "https://login.example.com/authorize",
    TokenEndpoint: "https://login.example.com/token",
    UserInfoEndpoint: "https://login.example.com/userinfo",
    ClientId: "holdfast",
    ClientSecret: "{{resolve:secretsmanager:holdfast-oidc:SecretString:client_secret}}",
  };
  type Options = { pages?: object; api?: object; priority?: number | null; type?: string; order?: boolean };
  /** The documented patches, with these differences. */
  function signIn({ pages = {}, api = {}, priority = 1, type = "oidc", order = true }: Options): Change[] {
    const name = type === "oidc" ? "AuthenticateOidcConfig" : "AuthenticateCognitoConfig";
    const base =
      type === "oidc"
        ? config
        : {
            UserPoolArn: "arn:aws:cognito-idp:us-east-1:1:userpool/a",
            UserPoolClientId: "a",
            UserPoolDomain: "a",
          };
    const action = (over: object, request: string) => ({
      Type: `authenticate-${type}`,
      Order: 1,
      [name]: { ...base, OnUnauthenticatedRequest: request, ...over },
    });
    const rule = "HTTPSListenerRule/Properties/Actions/0";
    return [
      CERTIFIED,
      ...(order ? [add(SERVICE_PATCHES, `${rule}/Order`, 2)] : []),
      add(SERVICE_PATCHES, rule, action(pages, "authenticate")),
      ...(priority === null
        ? []
        : [
            add(SERVICE_PATCHES, "ApiListenerRule", {
              Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
              Properties: {
                ListenerArn: { "Fn::GetAtt": ["EnvControllerAction", "HTTPSListenerArn"] },
                Priority: priority,
                Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } }],
                Actions: [
                  action(api, "deny"),
                  { Type: "forward", Order: 2, TargetGroupArn: { Ref: "TargetGroup" } },
                ],
              },
            }),
          ]),
    ];
  }
  told("a sign-in", [
    [
      "of pages alone by Cognito",
      signIn({ type: "cognito", priority: null }),
      "needs a rule for /api/* beside it",
    ],
    [
      "that redirects the API",
      signIn({ api: { OnUnauthenticatedRequest: "authenticate" } }),
      "needs a rule for /api/* beside it",
    ],
    [
      "that lets everybody in",
      signIn({ pages: { OnUnauthenticatedRequest: "allow" } }),
      "lets requests past that are not signed in",
    ],
    ["after that of the pages", signIn({ priority: 50_000 }), "comes after the rule of the pages"],
    [
      "with another cookie",
      signIn({ api: { SessionCookieName: "other" } }),
      "must have the settings of the pages' sign-in",
    ],
    [
      "with another client",
      signIn({ api: { ClientId: "other" } }),
      "must have the settings of the pages' sign-in",
    ],
    [
      "with a secret for all to read",
      signIn({ pages: { ClientSecret: "s3cret" }, api: { ClientSecret: "s3cret" } }),
      "for all to read",
    ],
    ["without an order", signIn({ order: false }), "must have an Order each"],
  ]);
  fit("a sign-in", [
    ["as it is documented", signIn({})],
    ["by Cognito", signIn({ type: "cognito" })],
    [
      "for a day",
      signIn({
        pages: { SessionTimeout: "86400", Scope: "openid email" },
        api: { SessionTimeout: "86400", Scope: "openid email" },
      }),
    ],
  ]);
});

told("a patch that stops deployments or tasks", [
  [
    "an old platform",
    replace(SERVICE_PATCHES, "Service/Properties/PlatformVersion", "1.3.0"),
    "PlatformVersion: must be 1.4.0",
  ],
  [
    "machines that are not there",
    replace(SERVICE_PATCHES, "Service/Properties/LaunchType", "EC2"),
    "LaunchType: must be FARGATE",
  ],
  [
    "another network",
    replace(SERVICE_PATCHES, "TaskDefinition/Properties/NetworkMode", "bridge"),
    "NetworkMode: must be awsvpc",
  ],
  [
    "targets that are machines",
    replace(SERVICE_PATCHES, "TargetGroup/Properties/TargetType", "instance"),
    "TargetType: must be ip",
  ],
  [
    "another protocol",
    add(SERVICE_PATCHES, "TargetGroup/Properties/ProtocolVersion", "HTTP2"),
    "ProtocolVersion: must be HTTP1",
  ],
  [
    "tasks without their group",
    replace(SERVICE_PATCHES, "Service/Properties/NetworkConfiguration/AwsvpcConfiguration/SecurityGroups", [
      "sg-0123456789abcdef0",
    ]),
    "must have EnvironmentSecurityGroup",
  ],
  [
    "any answer for health",
    replace(SERVICE_PATCHES, "TargetGroup/Properties/Matcher", { HttpCode: "200-499" }),
    "success_codes: must be 200",
  ],
  [
    "a check of the first page",
    replace(SERVICE_PATCHES, "TargetGroup/Properties/HealthCheckPath", "/"),
    "healthcheck.path: must be /readyz",
  ],
  [
    "a check without patience",
    replace(SERVICE_PATCHES, "TargetGroup/Properties/UnhealthyThresholdCount", 2),
    "kills every task after a volume that stalls",
  ],
  [
    "tasks that are cut off",
    replace(SERVICE_PATCHES, "TargetGroup/Properties/TargetGroupAttributes/0/Value", 0),
    "must be more than DRAIN_SECONDS",
  ],
  [
    "half of the tasks, of one",
    replace(SERVICE_PATCHES, "Service/Properties/DeploymentConfiguration", {
      MinimumHealthyPercent: 50,
      MaximumPercent: 100,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    }),
    "MaximumPercent: 100 leaves no room",
  ],
  [
    "a circuit breaker that rolls nothing back",
    replace(SERVICE_PATCHES, "Service/Properties/DeploymentConfiguration/DeploymentCircuitBreaker", {
      Enable: true,
    }),
    "DeploymentCircuitBreaker.Rollback: must be true",
  ],
  [
    "a right to everything",
    add(SERVICE_PATCHES, "TaskRole/Properties/Policies/-", {
      PolicyName: "All",
      PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] },
    }),
    "allows *, which nothing needs",
  ],
  [
    "a volume without its file system",
    patch(ENVIRONMENT_PATCHES, {
      op: "replace",
      path: "/Resources/FileSystem/Properties/BackupPolicy/Status",
      value: "DISABLED",
    }),
    "BackupPolicy: must be ENABLED",
  ],
  [
    "another file system in its place",
    replace(ENVIRONMENT_PATCHES, "FileSystem/Properties", { Encrypted: true, ThroughputMode: "elastic" }),
    "must keep the statement",
  ],
  [
    "a door by IPv6",
    add(ENVIRONMENT_PATCHES, "Door", {
      Type: "AWS::EC2::SecurityGroupIngress",
      Properties: {
        GroupId: { "Fn::GetAtt": ["EFSSecurityGroup", "GroupId"] },
        CidrIpv6: "::/0",
        IpProtocol: -1,
      },
    }),
    "Resources.Door: lets everybody in",
  ],
  [
    "old TLS by a patch",
    [
      CERTIFIED,
      replace(ENVIRONMENT_PATCHES, "HTTPSListener/Properties/SslPolicy", "ELBSecurityPolicy-TLS-1-1-2017-01"),
    ],
    "must be one that begins at TLS 1.2",
  ],
  [
    "a policy of TLS that is not there",
    [CERTIFIED, [TEST, "TLS13-1-2-2021-06", "TLS13-1-2-2021-60"]],
    "must be one that begins at TLS 1.2",
  ],
  [
    "a policy of TLS 1.0 with 1.3",
    [CERTIFIED, [TEST, "TLS13-1-2-2021-06", "TLS13-1-0-2021-06"]],
    "must be one that begins at TLS 1.2",
  ],
]);
fit("a patch", [
  [
    "a file system that is kept but for a failed beginning",
    [ENVIRONMENT_PATCHES, "value: Retain", "value: RetainExceptOnCreate"],
  ],
  ["stricter TLS", [CERTIFIED, [TEST, "TLS13-1-2-2021-06", "TLS13-1-2-Res-2021-06"]]],
  ["TLS for governments", [CERTIFIED, [TEST, "TLS13-1-2-2021-06", "TLS13-1-2-FIPS-2023-04"]]],
  ["the platform by its number", replace(SERVICE_PATCHES, "Service/Properties/PlatformVersion", "1.4.0")],
  ["a longer patience", replace(SERVICE_PATCHES, "TargetGroup/Properties/UnhealthyThresholdCount", 6)],
]);

told("the service's manifest", [
  [
    "no load balancer",
    [MANIFEST, /http:\n(?: {2}.*\n)+?(?=\n#)/, "http: false\nnlb:\n  port: 3000\n"],
    "http: must be object, is boolean",
  ],
  [
    "a container that is not there",
    inHttp("target_container: envoy"),
    "http.target_container: there is no container envoy",
  ],
  ["a port that nobody listens on", inHttp("target_port: 8080"), "http.target_port: nothing listens on 8080"],
  ["a protocol that the app does not speak", inHttp("version: http2"), "http.version: must be http1"],
  [
    "a zone without a name",
    inHttp("hosted_zone: Z0873220N255IR3MTNR4"),
    "http.hosted_zone: does nothing without an alias",
  ],
  [
    "more conditions than a rule may have",
    inHttp("alias: [a.example.com, b.example.com, c.example.com, d.example.com, e.example.com]"),
    "more than the 5 values",
  ],
  ["a name that is none", inHttp("alias: [chat_example]"), "must be a domain name"],
  [
    "another rule's check",
    inHttp("additional_rules:\n  - path: /api\n    healthcheck: /healthz"),
    "http.additional_rules.0.healthcheck.path: must be /readyz",
  ],
  [
    "a misspelt key of another rule",
    inHttp("additional_rules:\n  - path: /api\n    aliases: a.example.com"),
    "http.additional_rules.0.aliases: is no key",
  ],
  ["a network load balancer's port", keys("nlb:\n  port: 443/tcp"), "nlb.target_port: must be 3000"],
  ["a network load balancer's protocol", keys("nlb:\n  port: 3000/http"), "nlb.port: must be a port"],
  [
    "a sidecar without an image",
    keys("sidecars:\n  envoy:\n    port: 8080"),
    "sidecars.envoy.image: is missing",
  ],
  [
    "a sidecar on the app's port",
    keys("sidecars:\n  envoy:\n    image: envoy\n    port: 3000"),
    "sidecars.envoy.port: 3000 is the port of chat too",
  ],
  [
    "a sidecar's volume that is not there",
    keys("sidecars:\n  envoy:\n    image: envoy\n    mount_points: [{ source_volume: files, path: /data }]"),
    "there is no volume files",
  ],
  [
    "a misspelt key of a sidecar",
    keys("sidecars:\n  envoy:\n    image: envoy\n    mounts: []"),
    "sidecars.envoy.mounts: is no key",
  ],
  [
    "waiting for nobody",
    [MANIFEST, "  port: 3000", "  depends_on: { setup: success }\n  port: 3000"],
    "image.depends_on.setup: is no other container",
  ],
  [
    "waiting for the end of the task",
    [
      [MANIFEST, "  port: 3000", "  depends_on: { setup: success }\n  port: 3000"],
      keys("sidecars:\n  setup:\n    image: setup"),
    ],
    "whose end stops the task",
  ],
  [
    "spare capacity for ARM",
    [MANIFEST, "  range: 2-10", "  range: { min: 2, max: 10, spot_from: 3 }"],
    "Fargate Spot for x86 only",
  ],
  [
    "tasks outside of the group",
    [
      MANIFEST,
      "placement: private",
      "placement: private\n    security_groups: { groups: [sg-0123456789abcdef0], deny_default: true }",
    ],
    "deny_default: must not be true",
  ],
  [
    "a placement by a misspelt key",
    [MANIFEST, "placement: private", "placement: { subnet: [a] }"],
    "network.vpc.placement.subnet: is no key",
  ],
  [
    "a log that goes elsewhere",
    [MANIFEST, "  retention: 30", "  retention: 30\n  destination: { Name: datadog }"],
    "LogConfiguration: must be awslogs",
  ],
  [
    "a router that sends nothing",
    [MANIFEST, "  retention: 30", "  retention: 30\n  image: fluent-bit"],
    "logging.destination: is missing",
  ],
  [
    "a time to end that an override takes",
    keys("taskdef_overrides:\n  - path: Memory\n    value: 700"),
    "(patched) memory: Fargate has",
  ],
  [
    "another user by an override",
    keys("taskdef_overrides:\n  - path: ContainerDefinitions[0].ReadonlyRootFilesystem\n    value: true"),
    "storage.readonly_fs: must be false",
  ],
  [
    "a command by an override",
    keys("taskdef_overrides:\n  - path: ContainerDefinitions[0].Command\n    value: [npm, start]"),
    "replaces the Dockerfile's",
  ],
  [
    "a property by an override that is not there",
    keys("taskdef_overrides:\n  - path: ContainerDefinitions[0].StopTimeOut\n    value: 120"),
    "StopTimeOut: is no property",
  ],
  ["another command", keys("command: npm start"), "command: replaces the Dockerfile's"],
  [
    "a volume that Copilot makes twice",
    [MANIFEST, "  volumes:\n", "  volumes:\n    more:\n      path: /more\n      efs: true\n"],
    "only one of them may be a file system that Copilot makes",
  ],
  [
    "an id beside a user",
    [MANIFEST, "uid: 1000", "id: fs-0123456789abcdef0\n        uid: 1000"],
    "efs.uid: cannot stand beside id",
  ],
  [
    "a folder without its file system",
    [MANIFEST, "uid: 1000", "root_dir: /chat\n        uid: 1000"],
    "efs.id: is missing: the file system that root_dir is in",
  ],
  [
    "a file system without a user",
    [MANIFEST, /efs:\n.*\n.*\n/, "efs: true\n"],
    "storage.volumes.data.efs: needs both uid and gid",
  ],
  [
    "too much room",
    [MANIFEST, "storage:\n", "storage:\n  ephemeral: 500\n"],
    "storage.ephemeral: must be from 20 to 200",
  ],
  [
    "a secret of another environment",
    keys("secrets:\n  ACCESS_CODE: /copilot/holdfast/prod/secrets/ACCESS_CODE"),
    "is a secret of prod, which the tasks of test may not read",
  ],
  [
    "a secret by a misspelt key",
    keys("secrets:\n  ACCESS_CODE: { secretmanager: a }"),
    "secrets.ACCESS_CODE.secretmanager: is no key",
  ],
  [
    "a variable of another stack that the app does not have",
    [MANIFEST, "variables:\n", "variables:\n  TABLE: { from_cfn: tables-Name }\n"],
    "variables.TABLE: is no variable of the app",
  ],
  [
    "a file of variables by another name",
    keys("env_file: variables.txt"),
    "env_file: must be a file whose name ends in .env",
  ],
  [
    "a name that differs between environments",
    [MANIFEST, "  test:\n", "  test:\n    name: other\n"],
    "environments.test.name: cannot differ between environments",
  ],
  ["a deployment that is none", keys("deployment:\n  rolling: blue-green"), "deployment.rolling"],
  ["traces by another", keys("observability:\n  tracing: jaeger"), "observability.tracing"],
  [
    "scaling by more than all",
    [MANIFEST, "  memory_percentage: 75\n\n", "  memory_percentage: 120\n\n"],
    "memory_percentage.value: must be from 1 to 100",
  ],
]);

const inTest = (text: string): Change => [TEST, "observability:", `${text}\nobservability:`];
told("an environment's manifest", [
  [
    "subnets of one zone",
    inTest(
      "network:\n  vpc:\n    cidr: 10.1.0.0/16\n    subnets:\n      public: [{ cidr: 10.1.0.0/24, az: us-east-1a }, { cidr: 10.1.1.0/24, az: us-east-1b }]\n      private: [{ cidr: 10.1.2.0/24, az: us-east-1a }, { cidr: 10.1.3.0/24, az: us-east-1c }]",
    ),
    "must be in the same zones",
  ],
  [
    "ids beside addresses",
    inTest(
      "network:\n  vpc:\n    cidr: 10.1.0.0/16\n    subnets:\n      public: [{ id: subnet-0123456789abcdef0 }, { cidr: 10.1.1.0/24 }]\n      private: [{ cidr: 10.1.2.0/24 }, { cidr: 10.1.3.0/24 }]",
    ),
    "must all have a cidr",
  ],
  [
    "a door past the load balancer",
    inTest(
      "network:\n  vpc:\n    security_group:\n      ingress: [{ ip_protocol: tcp, ports: 3000, cidr: 0.0.0.0/0 }]",
    ),
    "security_group.ingress.0: lets everybody in",
  ],
  [
    "a misspelt key of the network",
    inTest("network:\n  vpc:\n    flow_log: true"),
    "network.vpc.flow_log: is no key",
  ],
  [
    "CloudFront's certificate without the load balancer's",
    inTest("cdn:\n  terminate_tls: true\n  certificate: arn:aws:acm:us-east-1:123456789012:certificate/0a"),
    "http.public.certificates: is missing",
  ],
  ["a setting that is no boolean", inTest("cdn: maybe"), "cdn: must be boolean"],
]);

told("an addon", [
  [
    "a unit that no data has",
    [OBSERVABILITY, "      Statistic: Sum\n", "      Statistic: Sum\n      Unit: Percent\n"],
    "Unit: must be Count",
  ],
  [
    "a budget that tells nobody",
    [OBSERVABILITY, /Subscribers:\n(?: {12,}.*\n)+/, "Subscribers: []\n"],
    "must name whom to tell",
  ],
  [
    "data that is missing in another word",
    [OBSERVABILITY, "TreatMissingData: notBreaching", "TreatMissingData: notbreaching"],
    "TreatMissingData: must be one of",
  ],
  [
    "two statistics",
    [OBSERVABILITY, "      Statistic: Sum\n", "      Statistic: Sum\n      ExtendedStatistic: p99\n"],
    "Statistic: must be there, or else",
  ],
  [
    "no number of periods",
    [OBSERVABILITY, /      EvaluationPeriods: .*\n/, ""],
    "EvaluationPeriods: is missing",
  ],
  [
    "a namespace of another",
    [OBSERVABILITY, "Namespace: Holdfast", "Namespace: holdfast"],
    "holdfast has no metric",
  ],
  [
    "a section that Copilot drops",
    [OBSERVABILITY, /$/, "\nRules: {}\n"],
    "Rules: is no section that Copilot merges",
  ],
]);
fit("an addon", [
  [
    "a version and a description",
    [OBSERVABILITY, /^/, 'AWSTemplateFormatVersion: "2010-09-09"\nDescription: what is watched\n'],
  ],
  [
    "a parameter that is a number",
    [
      [
        OBSERVABILITY,
        "  TargetGroup:\n    Type: String\n",
        "  TargetGroup:\n    Type: String\n  Limit:\n    Type: Number\n    Default: 3\n",
      ],
      [OBSERVABILITY, /Threshold: \d+/, "Threshold: !Ref Limit"],
    ],
  ],
  [
    "a topic of one's own by its ARN",
    [
      [
        OBSERVABILITY,
        "  TargetGroup:\n    Type: String\n",
        "  TargetGroup:\n    Type: String\n  TopicArn:\n    Type: String\n    Default: arn:aws:sns:us-east-1:123456789012:ops\n",
      ],
      [OBSERVABILITY, "- !Ref AlarmTopic", "- !Ref TopicArn"],
    ],
  ],
  [
    "a group for the tasks",
    [
      [
        OBSERVABILITY,
        "Resources:\n",
        "Resources:\n  TaskGroup:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: more\n",
      ],
      [OBSERVABILITY, /$/, "\nOutputs:\n  TaskGroup:\n    Value: !Ref TaskGroup\n"],
    ],
  ],
  ["a variable of the app as an output", [OBSERVABILITY, /$/, "\nOutputs:\n  LogLevel:\n    Value: debug\n"]],
]);

test("each of these is told by a line with a file, a key and a reason", () => {
  const manifest = parse(files[MANIFEST]!) as Record<string, unknown>;
  const problems = checkDeployment({
    ...files,
    [MANIFEST]: stringify({ ...manifest, sidecars: { a: {} }, nlb: {} }),
  });
  expect(problems.length).toBeGreaterThan(1);
  expect(problems.every((line) => /^\S+: .+: .+/.test(line) && !line.includes("undefined"))).toBe(true);
});
