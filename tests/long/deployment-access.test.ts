import {
  CDN,
  PROD,
  variable,
  inTask,
  resource,
  addon,
  prop,
  CF,
  OPTIMIZED,
  DISABLED,
  ALL,
  origin,
  behaviour,
  EVERY,
  cf,
  oidc,
  waf,
  visible,
  managed,
  github,
  T,
  mayDo,
} from "../deploy/change-parts.ts";
import { add, fit, inHttp, remove, replace, told, type Change, type Mistake } from "../deploy/changes.ts";
import { COMPOSE } from "../deploy/check-compose.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "../deploy/check-templates.ts";
import {
  ADDONS,
  MANIFEST as M,
  SERVICE_PATCHES as SP,
  ENVIRONMENT_PATCHES as EP,
} from "../deploy/problem.ts";

// Who gets in, and how: addresses, rights, secrets, sign-in, firewall, CloudFront and the network.

told("an address", [
  [
    "a public URL of Bonjour",
    variable("OPENAI_COMPATIBLE_BASE_URL", "http://mymac.local:11434/v1"),
    "variables.OPENAI_COMPATIBLE_BASE_URL: names mymac.local, which only machines of",
  ],
  [
    "tools of Bonjour",
    variable("MCP_CONFIG", `'{"mcpServers":{"a":{"url":"http://nas.local/mcp"}}}'`),
    "variables.MCP_CONFIG: names nas.local, which only machines of",
  ],
  [
    "a home address",
    variable("OPENAI_COMPATIBLE_BASE_URL", "http://192.168.1.20:11434/v1"),
    "variables.OPENAI_COMPATIBLE_BASE_URL: names 192.168.1.20, which is not in the",
  ],
  [
    "a home address in the template",
    inTask("OPENAI_COMPATIBLE_BASE_URL", "http://192.168.178.20:11434/v1"),
    "variables.OPENAI_COMPATIBLE_BASE_URL: names 192.168.178.20, which is not in the",
  ],
  [
    "tools at a home address",
    variable("MCP_CONFIG", `'{"mcpServers":{"a":{"url":"http://172.20.0.5/mcp"}}}'`),
    "variables.MCP_CONFIG: names 172.20.0.5, which is not in the network",
  ],
  [
    "the address of metadata",
    variable("OPENAI_COMPATIBLE_BASE_URL", "http://169.254.169.254/v1"),
    "variables.OPENAI_COMPATIBLE_BASE_URL: names 169.254.169.254, where no service",
  ],
  [
    "Bonjour in compose",
    [
      COMPOSE,
      "    environment:\n",
      "    environment:\n      OPENAI_COMPATIBLE_BASE_URL: http://mymac.local:11434/v1\n",
    ],
    "environment.OPENAI_COMPATIBLE_BASE_URL: names mymac.local, which only machines of",
  ],
  [
    "a key in the URL of tools",
    variable(
      "MCP_CONFIG",
      `'{"mcpServers":{"a":{"url":"https://tools.example.com/mcp?api_key=abcdef123456"}}}'`,
    ),
    "variables.MCP_CONFIG: has the credential url for all to read",
  ],
  [
    "a password in the URL of tools",
    variable("MCP_CONFIG", `'{"mcpServers":{"a":{"url":"https://me:hunter22@tools.example.com/mcp"}}}'`),
    "variables.MCP_CONFIG: has the credential url for all to read",
  ],
]);

told("rights", [
  [
    "that pass any role",
    mayDo("iam:PassRole", "*"),
    "Properties.Policies: allows iam:PassRole on everything: name",
  ],
  [
    "that take any role",
    mayDo("sts:AssumeRole", "*"),
    "Properties.Policies: allows sts:AssumeRole on everything: name",
  ],
  [
    "that read every secret",
    mayDo("secretsmanager:GetSecretValue", "*"),
    "Properties.Policies: allows secretsmanager:GetSecretValue on",
  ],
  [
    "that read every parameter",
    mayDo("ssm:GetParameter*", "*"),
    "Properties.Policies: allows ssm:GetParameter* on everything",
  ],
  [
    "that call every model",
    mayDo("bedrock:InvokeModel*", "*"),
    "Properties.Policies: allows bedrock:InvokeModel* on everything",
  ],
  [
    "that read every bucket",
    mayDo("s3:Get*", "*"),
    "Properties.Policies: allows s3:Get* on everything: name what",
  ],
  [
    "of an execution role that may do all",
    [ST, "                Action: ecr:GetAuthorizationToken\n", '                Action: "*"\n'],
    "Properties.Policies: allows *, which nothing needs",
  ],
  [
    "of an execution role that is an administrator",
    add(SP, "ExecutionRole/Properties/ManagedPolicyArns/-", "arn:aws:iam::aws:policy/AdministratorAccess"),
    "Properties.ManagedPolicyArns: gives arn:aws:iam::aws:policy/AdministratorAccess",
  ],
  [
    "of an execution role that reads every secret",
    [
      ST,
      "                Resource: !GetAtt LogGroup.Arn\n",
      '                Resource: !GetAtt LogGroup.Arn\n              - { Effect: Allow, Action: "secretsmanager:GetSecretValue", Resource: "*" }\n',
    ],
    "Properties.Policies: allows secretsmanager:GetSecretValue on",
  ],
  [
    "for the account too",
    add(SP, "TaskRole/Properties/AssumeRolePolicyDocument/Statement/-", {
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: "sts:AssumeRole",
    }),
    "Properties.AssumeRolePolicyDocument: lets everybody take the role",
  ],
  [
    "with a service's name without its action",
    mayDo("s3", "arn:aws:s3:::bucket/*"),
    "Properties.Policies: s3 is no action, such as s3:GetObject",
  ],
  [
    "with a resource that is no ARN",
    mayDo("s3:GetObject", "bucket/*"),
    "Properties.Policies: Resource must be an ARN or *, is bucket/*",
  ],
]);

told("a role for GitHub", [
  [
    "without a condition",
    github(undefined),
    "Properties.AssumeRolePolicyDocument: must ask for token.actions.githubusercontent.com:aud",
  ],
  [
    "of any repository",
    github({ StringEquals: { [`${T}:aud`]: "sts.amazonaws.com" } }),
    "Properties.AssumeRolePolicyDocument: must ask for token.actions.githubusercontent.com:sub",
  ],
  [
    "of every repository by a star",
    github({ StringEquals: { [`${T}:aud`]: "sts.amazonaws.com" }, StringLike: { [`${T}:sub`]: "repo:*" } }),
    "Properties.AssumeRolePolicyDocument: repo:* must begin with one repository, such",
  ],
  [
    "with a star that is not read",
    github({ StringEquals: { [`${T}:aud`]: "sts.amazonaws.com", [`${T}:sub`]: "repo:me/holdfast:*" } }),
    "Properties.AssumeRolePolicyDocument: repo:me/holdfast:* is compared as it stands",
  ],
  [
    "with an owner alone",
    github({ StringEquals: { [`${T}:aud`]: "sts.amazonaws.com" }, StringLike: { [`${T}:sub`]: "repo:me*" } }),
    "Properties.AssumeRolePolicyDocument: repo:me* must begin with one repository",
  ],
  [
    "without an audience",
    github({ StringLike: { [`${T}:sub`]: "repo:me/holdfast:*" } }),
    "Properties.AssumeRolePolicyDocument: must ask for token.actions.githubusercontent.com:aud",
  ],
  [
    "with the key of another issuer",
    github({
      StringEquals: { [`${T}:aud`]: "sts.amazonaws.com" },
      StringLike: { "https://token.actions.githubusercontent.com:sub": "repo:me/holdfast:*" },
    }),
    "Properties.AssumeRolePolicyDocument: must ask for token.actions.githubusercontent.com:sub",
  ],
  [
    "by the plain action",
    github(
      {
        StringEquals: {
          [`${T}:aud`]: "sts.amazonaws.com",
          [`${T}:sub`]: "repo:me/holdfast:ref:refs/heads/main",
        },
      },
      { Action: "sts:AssumeRole" },
    ),
    "Properties.AssumeRolePolicyDocument: Action must be sts:AssumeRoleWithWebIdentity",
  ],
  [
    "by the provider's URL",
    github(
      {
        StringEquals: {
          [`${T}:aud`]: "sts.amazonaws.com",
          [`${T}:sub`]: "repo:me/holdfast:ref:refs/heads/main",
        },
      },
      { Principal: { Federated: "token.actions.githubusercontent.com" } },
    ),
    "Properties.AssumeRolePolicyDocument: Federated must be the ARN of a provider",
  ],
  [
    "with a branch alone",
    github({ StringEquals: { [`${T}:aud`]: "sts.amazonaws.com", [`${T}:sub`]: "refs/heads/main" } }),
    "Properties.AssumeRolePolicyDocument: refs/heads/main must begin with one repository",
  ],
  [
    "of a provider without https",
    addon("ci", {
      GitHub: prop("IAM::OIDCProvider", {
        Url: "token.actions.githubusercontent.com",
        ClientIdList: ["sts.amazonaws.com"],
      }),
    }),
    "Properties.Url: must begin with https://, is token.actions.githubusercontent.com",
  ],
  [
    "of a provider without an audience",
    addon("ci", {
      GitHub: prop("IAM::OIDCProvider", { Url: "https://token.actions.githubusercontent.com" }),
    }),
    "Properties.ClientIdList: must have sts.amazonaws.com",
  ],
]);

told("a secret", [
  [
    "as an argument of the build",
    [M, "    context: .\n", "    context: .\n    args:\n      ACCESS_CODE: please-let-me-in\n"],
    "args.ACCESS_CODE: is a secret, and stays in the image for",
  ],
  [
    "as a token of npm in the build",
    [M, "    context: .\n", "    context: .\n    args:\n      NPM_TOKEN: npm_0123456789\n"],
    "args.NPM_TOKEN: is a secret, and stays in the image for",
  ],
  [
    "in compose's build",
    [
      COMPOSE,
      "    build: ..\n",
      "    build:\n      context: ..\n      args:\n        NPM_TOKEN: npm_0123456789\n",
    ],
    "args.NPM_TOKEN: is a secret, and stays in the image for",
  ],
  [
    "in an addon as text",
    addon("secret", { Code: prop("SecretsManager::Secret", { SecretString: "please-let-me-in" }) }),
    "Properties.SecretString: stands there for all to read: use GenerateSecretString",
  ],
  [
    "in an addon as a plain parameter",
    addon("secret", {
      Code: prop("SSM::Parameter", {
        Name: { "Fn::Sub": "/copilot/${App}/${Env}/secrets/ACCESS_CODE" },
        Type: "String",
        Value: "please-let-me-in",
      }),
    }),
    "Resources.Code: is not encrypted, and CloudFormation makes",
  ],
  [
    "in a label",
    [M, "  port: 3000\n", "  port: 3000\n  labels:\n    access_code: please-let-me-in\n"],
    "labels.access_code: is a secret, and stays in the image for",
  ],
  [
    "in the Dockerfile as a token",
    ["Dockerfile", "RUN npm run build\n", "ARG NPM_TOKEN\nRUN npm run build\n"],
    "ENV: must be such that the image has no secret",
  ],
  [
    "a file of variables in the image",
    [M, "logging:\n", "env_file: copilot/.env\nlogging:\n"],
    "env_file: is that of the compose file, with its secrets",
  ],
]);

told("a sign-in", [
  [
    "by plain HTTP",
    oidc({ Issuer: "http://login.example.com" }),
    "Properties.Actions: Issuer must be a whole URL with https, is",
  ],
  [
    "with an endpoint that is a path",
    oidc({ TokenEndpoint: "/token" }),
    "Properties.Actions: TokenEndpoint must be a whole URL with https",
  ],
  [
    "with a scope without openid",
    oidc({ Scope: "email profile" }),
    "Properties.Actions: Scope must have openid",
  ],
  [
    "with a session of a month",
    oidc({ SessionTimeout: "2592000" }),
    "Properties.Actions: SessionTimeout must be 604800 s at most",
  ],
  [
    "with a session of a day in milliseconds",
    oidc({ SessionTimeout: "86400000" }),
    "Properties.Actions: SessionTimeout must be 604800 s at most",
  ],
  [
    "with the cookie of the load balancer's name with a space",
    oidc({ SessionCookieName: "my session" }),
    "Properties.Actions: SessionCookieName must be one word, is my",
  ],
  [
    "whose rules ask for a header that the page does not send",
    oidc(
      {},
      {},
      {
        Conditions: [
          { Field: "path-pattern", PathPatternConfig: { Values: ["/api/*"] } },
          { Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET"] } },
        ],
      },
    ),
    "Properties.Actions: needs a rule for /api/* beside it whose",
  ],
]);

told("a firewall", [
  [
    "whose common rules refuse long messages",
    waf([managed("AWSManagedRulesCommonRuleSet")]),
    "Rules.0: refuses long messages, and those with code",
  ],
  [
    "whose managed rules have an action",
    waf([
      {
        ...managed("AWSManagedRulesKnownBadInputsRuleSet"),
        OverrideAction: undefined,
        Action: { Block: {} },
      },
    ]),
    "Rules.0: must have OverrideAction in the place of",
  ],
  [
    "whose managed rules are misspelt",
    waf([managed("AWSManagedRulesCommonRules")]),
    "Rules.0: AWSManagedRulesCommonRules is no group of",
  ],
  [
    "with a country that is none",
    waf([
      {
        Name: "geo",
        Priority: 1,
        Action: { Block: {} },
        VisibilityConfig: visible("geo"),
        Statement: { NotStatement: { Statement: { GeoMatchStatement: { CountryCodes: ["UK"] } } } },
      },
    ]),
    "Rules.0: UK is no country, such as GB",
  ],
  [
    "with a metric of two words",
    [ET, "MetricName: rate", "MetricName: rate limit"],
    "Rules.0: MetricName must be one word, is rate limit",
  ],
  [
    "with addresses of CloudFront's scope",
    [
      resource(ET, "Allowed", {
        ...prop("WAFv2::IPSet", {
          Scope: "CLOUDFRONT",
          IPAddressVersion: "IPV4",
          Addresses: ["198.51.100.0/24"],
        }),
        Condition: "HasFirewall",
      }),
      waf([
        {
          Name: "ip",
          Priority: 1,
          Action: { Block: {} },
          VisibilityConfig: visible("ip"),
          Statement: { IPSetReferenceStatement: { Arn: { "Fn::GetAtt": ["Allowed", "Arn"] } } },
        },
      ]),
    ],
    "Rules.0: asks for addresses of the scope CLOUDFRONT",
  ],
  [
    "with addresses without a mask",
    [
      resource(ET, "Allowed", {
        ...prop("WAFv2::IPSet", { Scope: "REGIONAL", IPAddressVersion: "IPV4", Addresses: ["198.51.100.7"] }),
        Condition: "HasFirewall",
      }),
      waf([
        {
          Name: "ip",
          Priority: 1,
          Action: { Block: {} },
          VisibilityConfig: visible("ip"),
          Statement: { IPSetReferenceStatement: { Arn: { "Fn::GetAtt": ["Allowed", "Arn"] } } },
        },
      ]),
    ],
    "Rules.0: 198.51.100.7 must have its length, such",
  ],
  [
    "with a rule before the first",
    waf([
      {
        Name: "all",
        Priority: -1,
        Action: { Allow: {} },
        VisibilityConfig: visible("all"),
        Statement: { GeoMatchStatement: { CountryCodes: ["DE"] } },
      },
    ]),
    "Rules.0: Priority must be 0 at least",
  ],
  [
    "with a size that messages exceed",
    waf([
      {
        Name: "size",
        Priority: 1,
        Action: { Block: {} },
        VisibilityConfig: visible("size"),
        Statement: {
          SizeConstraintStatement: {
            FieldToMatch: { Body: { OversizeHandling: "MATCH" } },
            ComparisonOperator: "GT",
            Size: 4096,
            TextTransformations: [{ Priority: 0, Type: "NONE" }],
          },
        },
      },
    ]),
    "Rules.0: refuses messages: a body may have 262144",
  ],
]);

told("CloudFront", [
  [
    "that caches the API",
    behaviour({
      PathPattern: "/api/*",
      CachePolicyId: OPTIMIZED,
      OriginRequestPolicyId: ALL,
      AllowedMethods: EVERY,
    }),
    "0.CachePolicyId: must be 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  ],
  [
    "that drops headers of the API",
    behaviour({ PathPattern: "/api/*", CachePolicyId: DISABLED, AllowedMethods: EVERY }),
    "0.OriginRequestPolicyId: must be 216adef6-5c7f-47e4-b989-5492eafa07d3",
  ],
  [
    "that only reads from the API",
    behaviour({
      PathPattern: "/api/*",
      CachePolicyId: DISABLED,
      OriginRequestPolicyId: ALL,
      AllowedMethods: ["GET", "HEAD"],
    }),
    "0.AllowedMethods: must have DELETE, OPTIONS, PATCH, POST",
  ],
  [
    "that caches everything by a second behaviour",
    behaviour({
      PathPattern: "/*",
      CachePolicyId: OPTIMIZED,
      OriginRequestPolicyId: ALL,
      AllowedMethods: EVERY,
    }),
    "0.CachePolicyId: must be 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  ],
  [
    "that caches the health check",
    behaviour({ PathPattern: "/readyz", CachePolicyId: OPTIMIZED }),
    "0.CachePolicyId: must be 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  ],
  [
    "that caches shared conversations",
    behaviour({ PathPattern: "/s/*", CachePolicyId: OPTIMIZED }),
    "0.CachePolicyId: must be 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  ],
  [
    "with an origin that is not there",
    behaviour({ PathPattern: "/build/*", CachePolicyId: OPTIMIZED, TargetOriginId: "assets" }),
    '0.TargetOriginId: is no origin: "copilot-holdfast-prod-origin"',
  ],
  [
    "that caches the API, by a patch",
    [
      ...CDN,
      add(EP, `${CF}/CacheBehaviors`, [
        {
          PathPattern: "/api/*",
          CachePolicyId: OPTIMIZED,
          TargetOriginId: origin,
          ViewerProtocolPolicy: "redirect-to-https",
        },
      ]),
    ],
    "0.CachePolicyId: must be 4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
  ],
  [
    "that serves plain HTTP, by a patch",
    [...CDN, replace(EP, `${CF}/DefaultCacheBehavior/ViewerProtocolPolicy`, "allow-all")],
    "DefaultCacheBehavior.ViewerProtocolPolicy: must be redirect-to-https, or access codes",
  ],
  [
    "that answers errors by a page",
    cf("CustomErrorResponses", [{ ErrorCode: 503, ResponseCode: 200, ResponsePagePath: "/" }]),
    "CustomErrorResponses.0: answers the API by a page: remove ResponsePagePath",
  ],
  [
    "that keeps errors",
    cf("CustomErrorResponses", [{ ErrorCode: 404, ErrorCachingMinTTL: 300 }]),
    "CustomErrorResponses.0: keeps an error after its cause is gone",
  ],
  [
    "that cuts silent streams",
    [
      ET,
      "OriginProtocolPolicy: http-only\n",
      "OriginProtocolPolicy: http-only\n              OriginReadTimeout: 5\n",
    ],
    "CustomOriginConfig.OriginReadTimeout: must be more than twice HEARTBEAT_SECONDS",
  ],
  [
    "that is a first page",
    cf("DefaultRootObject", "index.html"),
    "DistributionConfig.DefaultRootObject: must be away: the app has no such page",
  ],
  [
    "that is for trying",
    cf("Staging", true),
    "DistributionConfig.Staging: must be false, or nobody is sent here",
  ],
  [
    "that asks another folder",
    [
      ET,
      "            CustomOriginConfig:\n",
      "            OriginPath: /chat\n            CustomOriginConfig:\n",
    ],
    "0.OriginPath: must be away: the app serves from the root",
  ],
  [
    "that asks another port",
    [
      ET,
      "OriginProtocolPolicy: http-only\n",
      "OriginProtocolPolicy: http-only\n              HTTPPort: 3000\n",
    ],
    "CustomOriginConfig.HTTPPort: must be 80, where the load balancer listens",
  ],
  [
    "that logs to a bucket's name",
    cf("Logging", { Bucket: "my-logs" }),
    "Logging.Bucket: must be the domain of a bucket, such as",
  ],
  [
    "with a firewall of a region",
    cf("WebACLId", { "Fn::GetAtt": ["WebAcl", "Arn"] }),
    "DistributionConfig.WebACLId: must be the ARN of a global firewall (CLOUDFRONT",
  ],
  [
    "with addresses of its own",
    [ET, "SslSupportMethod: sni-only", "SslSupportMethod: vip"],
    "ViewerCertificate.SslSupportMethod: must be sni-only: addresses of one's own",
  ],
  [
    "with a country that is none",
    cf("Restrictions", { GeoRestriction: { RestrictionType: "whitelist", Locations: ["UK"] } }),
    "DistributionConfig.Restrictions: UK is no country, such as GB",
  ],
  [
    "for HTTP 3 alone",
    cf("HttpVersion", "http3"),
    "DistributionConfig.HttpVersion: must be http2 or http2and3: others find",
  ],
  [
    "that gives up after a second",
    [
      ET,
      "            CustomOriginConfig:\n",
      "            ConnectionTimeout: 20\n            CustomOriginConfig:\n",
    ],
    "0.ConnectionTimeout: must be from 1 to 10, is 20",
  ],
  [
    "with an alias that is a URL",
    [
      ET,
      '  CloudFrontAlias:\n    Type: String\n    Default: ""',
      "  CloudFrontAlias:\n    Type: String\n    Default: https://chat.example.com",
    ],
    "CloudFrontAlias.Default: must be a domain, such as chat.example.com",
  ],
]);

told("IPv6", [
  [
    "by the load balancer alone",
    add(EP, "PublicLoadBalancer/Properties/IpAddressType", "dualstack"),
    "Properties.IpAddressType: needs Ipv6CidrBlock of PublicSubnet1",
  ],
  [
    "without a route back",
    [ET, /  DefaultPublicRouteIpv6:\n(.*\n){7}/, ""],
    "Properties.IpAddressType: needs a route to ::/0 by the InternetGateway",
  ],
  [
    "with one block for both",
    [ET, "!Select [1, !Cidr", "!Select [0, !Cidr"],
    "Properties.IpAddressType: needs a block of its own for PublicSubnet2",
  ],
  [
    "with blocks of another size",
    [ET, /(PublicSubnet1:[^]*?)2, 64\]/, "$12, 72]"],
    "Properties.IpAddressType: needs blocks of 64 bits (the last word of",
  ],
  [
    "that subnets do not wait for",
    [ET, /(PublicSubnet2:\n[^]*?) {4}DependsOn: VpcIpv6\n/, "$1"],
    "Properties.IpAddressType: needs DependsOn: VpcIpv6 of PublicSubnet2",
  ],
  [
    "through the door of the other family",
    [ET, '{ CidrIpv6: "::/0", FromPort: 80', '{ CidrIp: "::/0", FromPort: 80'],
    "1.CidrIp: must be of IPv4, is ::/0",
  ],
  [
    "without a door",
    [
      ET,
      /\n {8}- !If\n {10}- HasIpv6\n {10}- \{ CidrIpv6: "::\/0", FromPort: 80.*\n {10}- !Ref AWS::NoValue/,
      "",
    ],
    "Properties.IpAddressType: needs a door to port 80 by CidrIpv6 ::/0",
  ],
  [
    "without public addresses of the other",
    [ET, "!If [HasIpv6, dualstack,", "!If [HasIpv6, dualstack-without-public-ipv4,"],
    "Properties.IpAddressType: must be dualstack, or those who have IPv4",
  ],
  [
    "by a route of IPv4",
    [ET, "DestinationIpv6CidrBlock: ::/0", "DestinationCidrBlock: ::/0"],
    "Properties.DestinationCidrBlock: must be of IPv4, is ::/0",
  ],
  [
    "by the gateway for ways out alone",
    [
      [
        ET,
        /(DefaultPublicRouteIpv6:[^]*?)GatewayId: !Ref InternetGateway/,
        "$1EgressOnlyInternetGatewayId: !Ref Eigw",
      ],
      resource(ET, "Eigw", {
        ...prop("EC2::EgressOnlyInternetGateway", { VpcId: { Ref: "VPC" } }),
        Condition: "HasIpv6",
      }),
    ],
    "Properties.IpAddressType: needs a route to ::/0 by the InternetGateway",
  ],
]);

const route = (file: string, text: string): Change => [
  file,
  /$/,
  `\n- op: replace\n  path: /Resources/${text.replace(" ", "\n  value: !Ref ")}\n`,
];
const ONE_NAT = route(EP, "PrivateRoute2/Properties/NatGatewayId NatGateway1");
told("the network", [
  [
    "a way out by public addresses that tasks do not have",
    [
      remove(EP, "PrivateRoute1/Properties/NatGatewayId"),
      [
        EP,
        /$/,
        "\n- op: add\n  path: /Resources/PrivateRoute1/Properties/GatewayId\n  value: !Ref InternetGateway\n",
      ],
    ],
    "PrivateRoute1.Properties.GatewayId: must be away",
  ],
  [
    "a way out to nowhere",
    remove(EP, "PrivateRoute1/Properties/NatGatewayId"),
    "PrivateRoute1.Properties.NatGatewayId: must be there",
  ],
  [
    "a table of the other subnet",
    route(EP, "PrivateRouteTable1Association/Properties/SubnetId PublicSubnet1"),
    "PrivateRouteTable1Association.Properties.SubnetId: must keep",
  ],
  [
    "a route of the other table",
    route(EP, "PrivateRoute1/Properties/RouteTableId PublicRouteTable"),
    "PrivateRoute1.Properties.RouteTableId: must keep",
  ],
  [
    "a way back by the tasks' gateway",
    route(EP, "DefaultPublicRoute/Properties/GatewayId NatGateway1"),
    "DefaultPublicRoute.Properties.GatewayId: must keep",
  ],
  [
    "a gateway that is away and still used",
    remove(EP, "NatGateway2"),
    "there is no parameter or resource NatGateway2",
  ],
  [
    "an endpoint of another service",
    resource(ET, "Endpoint", {
      ...prop("EC2::VPCEndpoint", {
        VpcId: { Ref: "VPC" },
        VpcEndpointType: "Interface",
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.bedrock-runtme" },
        PrivateDnsEnabled: true,
        SubnetIds: [{ Ref: "PrivateSubnet1" }],
        SecurityGroupIds: [{ Ref: "EnvironmentSecurityGroup" }],
      }),
      Condition: "MakesVpc",
    }),
    "Properties.ServiceName: bedrock-runtme is no service that tasks",
  ],
  [
    "an endpoint that nobody finds",
    resource(ET, "Endpoint", {
      ...prop("EC2::VPCEndpoint", {
        VpcId: { Ref: "VPC" },
        VpcEndpointType: "Interface",
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.bedrock-runtime" },
        SubnetIds: [{ Ref: "PrivateSubnet1" }],
        SecurityGroupIds: [{ Ref: "EnvironmentSecurityGroup" }],
      }),
      Condition: "MakesVpc",
    }),
    "Properties.PrivateDnsEnabled: must be true, or tasks still call the address",
  ],
  [
    "an endpoint of S3 without a route",
    resource(ET, "Endpoint", {
      ...prop("EC2::VPCEndpoint", {
        VpcId: { Ref: "VPC" },
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.s3" },
      }),
      Condition: "MakesVpc",
    }),
    "Properties.RouteTableIds: is missing: without a route nothing goes",
  ],
]);

fit("an address", [
  [
    "an address of a network that the VPC leads to",
    [
      variable("OPENAI_COMPATIBLE_BASE_URL", "http://192.168.1.20:8080/v1"),
      add(
        EP,
        "Peering",
        prop("EC2::VPCPeeringConnection", { VpcId: { Ref: "VPC" }, PeerVpcId: "vpc-0123456789abcdef0" }),
      ),
    ],
  ],
  ["Copilot's own name", variable("OPENAI_COMPATIBLE_BASE_URL", "http://models.prod.holdfast.local:8080/v1")],
  ["an address of the VPC", variable("OPENAI_COMPATIBLE_BASE_URL", "http://10.0.2.15:8080/v1")],
  [
    "a machine at home for compose",
    [
      COMPOSE,
      "    environment:\n",
      "    environment:\n      OPENAI_COMPATIBLE_BASE_URL: http://192.168.1.20:11434/v1\n",
    ],
  ],
  [
    "one's own VPC with other addresses",
    [
      [
        PROD,
        /# network:\n(# .*\n)+?# == end/,
        ((t) => t)(
          "network:\n  vpc:\n    cidr: 192.168.0.0/16\n    subnets:\n      public:\n        - { cidr: 192.168.0.0/24, az: us-east-1a }\n        - { cidr: 192.168.1.0/24, az: us-east-1b }\n      private:\n        - { cidr: 192.168.2.0/24, az: us-east-1a }\n        - { cidr: 192.168.3.0/24, az: us-east-1b }\n# == end",
        ),
      ],
      [
        M,
        "environments:\n",
        "environments:\n  prod:\n    variables:\n      OPENAI_COMPATIBLE_BASE_URL: http://192.168.2.20:8080/v1\n",
      ],
    ],
  ],
  [
    "hosts with a star",
    [
      inHttp("alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com"),
      variable("ALLOWED_HOSTS", '"*.example.com,localhost"'),
    ],
  ],
]);

const BEDROCK = `${ADDONS}bedrock.yml`;
const GUARDRAIL = variable("BEDROCK_GUARDRAIL", "gr1a2b3c4d5e:1");
const inProd = (text: string): Change => [M, "environments:\n", `environments:\n  prod:\n    ${text}\n`];
told("Bedrock", [
  [
    "a guardrail without its right",
    [GUARDRAIL, [BEDROCK, "bedrock:ApplyGuardrail", "bedrock:GetGuardrail"]],
    "variables.BEDROCK_GUARDRAIL: the tasks may not apply gr1a2b3c4d5e",
  ],
  [
    "a guardrail of one environment without its right",
    [
      inProd('variables: { BEDROCK_GUARDRAIL: "gr1a2b3c4d5e:1" }'),
      [BEDROCK, ":guardrail/*", ":guardrail/gr9z8y7x6w5v"],
    ],
    "variables.BEDROCK_GUARDRAIL: the tasks may not apply gr1a2b3c4d5e",
  ],
  ...["test", "prod"].map((name): Mistake => [
    `a model of ${name} alone without its right`,
    [
      M,
      name === "test" ? "  test:\n" : "environments:\n",
      `${name === "test" ? "" : "environments:\n"}  ${name}:\n    variables: { MODELS: "bedrock/us.meta.llama3-1-8b-instruct-v1:0" }\n`,
    ],
    "variables.MODELS: the tasks may call us.meta.llama3-1-8b-instruct-v1:0 in no region",
  ]),
]);
fit("Bedrock", [
  ["the one guardrail that is used", [GUARDRAIL, [BEDROCK, ":guardrail/*", ":guardrail/gr1a2b3c4d5e"]]],
  ["fewer models in one environment", inProd('variables: { MODELS: "bedrock/us.amazon.nova-lite-v1:0" }')],
]);

fit("rights", [
  ["to one bucket", mayDo("s3:GetObject", "arn:aws:s3:::my-documents/*")],
  [
    "to one secret",
    mayDo(
      "secretsmanager:GetSecretValue",
      "arn:aws:secretsmanager:us-east-1:123456789012:secret:tools-AbCdEf",
    ),
  ],
]);

fit("a role for GitHub", [
  [
    "of one branch",
    github({
      StringEquals: {
        [`${T}:aud`]: "sts.amazonaws.com",
        [`${T}:sub`]: "repo:me/holdfast:ref:refs/heads/main",
      },
    }),
  ],
  [
    "of one repository",
    github({
      StringEquals: { [`${T}:aud`]: "sts.amazonaws.com" },
      StringLike: { [`${T}:sub`]: "repo:me/holdfast:*" },
    }),
  ],
  [
    "of an environment",
    github({
      StringEquals: {
        [`${T}:aud`]: "sts.amazonaws.com",
        [`${T}:sub`]: ["repo:me/holdfast:environment:prod"],
      },
    }),
  ],
]);

fit("a secret", [
  [
    "that are made",
    addon("secret", {
      Code: prop("SecretsManager::Secret", { GenerateSecretString: { PasswordLength: 24 } }),
    }),
  ],
  ["a version as an argument", [M, "    context: .\n", "    context: .\n    args:\n      VERSION: 1.2.3\n"]],
]);

fit("a sign-in", [
  ["as documented", oidc()],
  ["with a scope", oidc({ Scope: "openid email" })],
  [
    "with two paths",
    oidc(
      {},
      {},
      { Conditions: [{ Field: "path-pattern", PathPatternConfig: { Values: ["/api/*", "/api"] } }] },
    ),
  ],
  [
    "in the template",
    [
      [
        ST,
        /(  HTTPSListenerRule:\n[^]*?Actions:\n)( {8}- TargetGroupArn: !Ref TargetGroup\n {10}Type: forward\n)/,
        `$1        - Type: authenticate-oidc\n          Order: 1\n          AuthenticateOidcConfig: &x\n            Issuer: https://login.example.com\n`.replace(
          " &x",
          "",
        ) +
          `            AuthorizationEndpoint: https://login.example.com/authorize\n            TokenEndpoint: https://login.example.com/token\n            UserInfoEndpoint: https://login.example.com/userinfo\n            ClientId: holdfast\n            ClientSecret: "{{resolve:secretsmanager:holdfast-oidc:SecretString:client_secret}}"\n        - TargetGroupArn: !Ref TargetGroup\n          Type: forward\n          Order: 2\n`,
      ],
      [
        ST,
        "  AutoScalingTarget:\n",
        `  ApiListenerRule:\n    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n    Condition: HasHttps\n    Properties:\n      ListenerArn: !ImportValue\n        Fn::Sub: \${AppName}-\${EnvName}-HTTPSListenerArn\n      Priority: 1\n      Conditions:\n        - Field: path-pattern\n          PathPatternConfig:\n            Values: ["/api/*"]\n      Actions:\n        - Type: authenticate-oidc\n          Order: 1\n          AuthenticateOidcConfig:\n            Issuer: https://login.example.com\n            AuthorizationEndpoint: https://login.example.com/authorize\n            TokenEndpoint: https://login.example.com/token\n            UserInfoEndpoint: https://login.example.com/userinfo\n            ClientId: holdfast\n            ClientSecret: "{{resolve:secretsmanager:holdfast-oidc:SecretString:client_secret}}"\n            OnUnauthenticatedRequest: deny\n        - TargetGroupArn: !Ref TargetGroup\n          Type: forward\n          Order: 2\n  AutoScalingTarget:\n`,
      ],
    ],
  ],
]);

fit("a firewall", [
  ["with known bad inputs", waf([managed("AWSManagedRulesKnownBadInputsRuleSet")])],
  [
    "with common rules that let bodies through",
    waf([
      managed(
        "AWSManagedRulesCommonRuleSet",
        {},
        {
          RuleActionOverrides: [
            "SizeRestrictions_BODY",
            "CrossSiteScripting_BODY",
            "GenericLFI_BODY",
            "GenericRFI_BODY",
            "EC2MetaDataSSRF_BODY",
          ].map((Name) => ({ Name, ActionToUse: { Count: {} } })),
        },
      ),
    ]),
  ],
  [
    "with countries",
    waf([
      {
        Name: "geo",
        Priority: 1,
        Action: { Block: {} },
        VisibilityConfig: visible("geo"),
        Statement: { NotStatement: { Statement: { GeoMatchStatement: { CountryCodes: ["DE", "GB"] } } } },
      },
    ]),
  ],
  [
    "that count before they refuse",
    waf([managed("AWSManagedRulesKnownBadInputsRuleSet", { OverrideAction: { Count: {} } })]),
  ],
  ["with a reputation list", waf([managed("AWSManagedRulesAmazonIpReputationList")])],
  [
    "with allowed addresses",
    [
      resource(ET, "Office", {
        ...prop("WAFv2::IPSet", {
          Scope: "REGIONAL",
          IPAddressVersion: "IPV4",
          Addresses: ["198.51.100.0/24"],
        }),
        Condition: "HasFirewall",
      }),
      waf([
        {
          Name: "ip",
          Priority: 1,
          Action: { Allow: {} },
          VisibilityConfig: visible("ip"),
          Statement: { IPSetReferenceStatement: { Arn: { "Fn::GetAtt": ["Office", "Arn"] } } },
        },
      ]),
    ],
  ],
]);

fit("CloudFront", [
  [
    "that caches built files",
    behaviour({ PathPattern: "/build/*", CachePolicyId: OPTIMIZED, AllowedMethods: ["GET", "HEAD"] }),
  ],
  [
    "that passes the API by itself",
    behaviour({
      PathPattern: "/api/*",
      CachePolicyId: DISABLED,
      OriginRequestPolicyId: ALL,
      AllowedMethods: EVERY,
    }),
  ],
  [
    "that refuses plain HTTP",
    [ET, "ViewerProtocolPolicy: redirect-to-https", "ViewerProtocolPolicy: https-only"],
  ],
  ["that keeps no errors", cf("CustomErrorResponses", [{ ErrorCode: 503, ErrorCachingMinTTL: 0 }])],
  [
    "with more patience",
    [
      ET,
      "OriginProtocolPolicy: http-only\n",
      "OriginProtocolPolicy: http-only\n              OriginReadTimeout: 60\n",
    ],
  ],
  ["with a log", cf("Logging", { Bucket: "my-logs.s3.amazonaws.com", Prefix: "cdn/" })],
  ["with HTTP 3", cf("HttpVersion", "http2and3")],
  ["with a comment", cf("Comment", "Holdfast")],
  ["without IPv6", [ET, "IPV6Enabled: true", "IPV6Enabled: false"]],
  [
    "that caches built files, by a patch",
    [
      ...CDN,
      add(EP, `${CF}/CacheBehaviors`, [
        {
          PathPattern: "/build/*",
          CachePolicyId: OPTIMIZED,
          TargetOriginId: origin,
          ViewerProtocolPolicy: "redirect-to-https",
        },
      ]),
    ],
  ],
  [
    "for some countries",
    cf("Restrictions", { GeoRestriction: { RestrictionType: "whitelist", Locations: ["DE", "AT", "CH"] } }),
  ],
]);

fit("the network", [
  [
    "one NAT gateway for both zones",
    [ONE_NAT, remove(EP, "NatGateway2"), remove(EP, "NatGateway2Attachment")],
  ],
  [
    "one table for both zones",
    route(EP, "PrivateRouteTable2Association/Properties/RouteTableId PrivateRouteTable1"),
  ],
  [
    "a transit gateway",
    [
      remove(EP, "PrivateRoute1/Properties/NatGatewayId"),
      add(EP, "PrivateRoute1/Properties/TransitGatewayId", "tgw-0123456789abcdef0"),
    ],
  ],
  [
    "with an endpoint of the deployer's region",
    add(
      EP,
      "Endpoint",
      prop("EC2::VPCEndpoint", {
        VpcId: { Ref: "VPC" },
        VpcEndpointType: "Interface",
        ServiceName: "com.amazonaws.eu-west-1.logs",
        PrivateDnsEnabled: true,
        SubnetIds: [{ Ref: "PrivateSubnet1" }],
        SecurityGroupIds: [{ Ref: "EnvironmentSecurityGroup" }],
      }),
    ),
  ],
  [
    "with endpoints",
    resource(ET, "Endpoint", {
      ...prop("EC2::VPCEndpoint", {
        VpcId: { Ref: "VPC" },
        VpcEndpointType: "Interface",
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.bedrock-runtime" },
        PrivateDnsEnabled: true,
        SubnetIds: [{ Ref: "PrivateSubnet1" }, { Ref: "PrivateSubnet2" }],
        SecurityGroupIds: [{ Ref: "EnvironmentSecurityGroup" }],
      }),
      Condition: "MakesVpc",
    }),
  ],
  [
    "with a gateway endpoint of S3",
    resource(ET, "Endpoint", {
      ...prop("EC2::VPCEndpoint", {
        VpcId: { Ref: "VPC" },
        ServiceName: { "Fn::Sub": "com.amazonaws.${AWS::Region}.s3" },
        RouteTableIds: [{ Ref: "PrivateRouteTable1" }, { Ref: "PrivateRouteTable2" }],
      }),
      Condition: "MakesNat",
    }),
  ],
  [
    "with protection of the load balancer",
    [
      ET,
      "        - Key: idle_timeout.timeout_seconds\n",
      '        - Key: deletion_protection.enabled\n          Value: "true"\n        - Key: idle_timeout.timeout_seconds\n',
    ],
  ],
]);
