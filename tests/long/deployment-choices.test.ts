import { PROD, variable, CDN, app } from "../deploy/change-parts.ts";
import { fit, replace, told, OBSERVABILITY } from "../deploy/changes.ts";
import { COMPOSE } from "../deploy/check-compose.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "../deploy/check-templates.ts";
import { MANIFEST as M, SERVICE_PATCHES as SP } from "../deploy/problem.ts";

// What a deployer chooses: parameters of the templates, regions, the compose file, the image.

told("a parameter", [
  [
    "a third number of hops",
    [ST, 'AllowedValues: ["1", "2"]', 'AllowedValues: ["1", "2", "3"]'],
    "TrustedHops.AllowedValues: must not have 3: (patched) variables.TRUSTED_HOPS",
  ],
  [
    "only one number of hops",
    [ST, 'AllowedValues: ["1", "2"]', 'AllowedValues: ["1"]'],
    "Parameters.TrustedHops: must take 2, as documented, and wants one",
  ],
  [
    "a third placement",
    [ST, "AllowedValues: [private, public]", "AllowedValues: [private, public, isolated]"],
    "Placement.AllowedValues: must not have isolated: Resources.Service.Properties.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
  ],
  [
    "no public placement",
    [ST, "AllowedValues: [private, public]", "AllowedValues: [private]"],
    "Parameters.Placement: must take public, as documented, and wants",
  ],
  [
    "https by yes",
    [
      ST,
      'AllowedValues: ["true", "false"]\n    Description: true where',
      'AllowedValues: ["true", "false", "yes"]\n    Description: true where',
    ],
    "Https.AllowedValues: must not have yes: Resources.HTTPListenerRule",
  ],
  [
    "an architecture of old",
    [ST, "AllowedValues: [ARM64, X86_64]", "AllowedValues: [ARM64, X86_64, ARM]"],
    "CpuArchitecture.AllowedValues: must not have ARM: Resources.TaskDefinition.Properties.RuntimePlatform",
  ],
  [
    "another AppName in the service",
    [ST, "Default: holdfast\n  EnvName", "Default: talk\n  EnvName"],
    "AppName.Default: must be that of AppName in the environment's",
  ],
  [
    "another AppName in the environment",
    [ET, "Default: holdfast\n    AllowedPattern", "Default: talk\n    AllowedPattern"],
    "AppName.Default: must be that of AppName in the environment's",
  ],
  [
    "a name with capitals",
    [
      ET,
      'AllowedPattern: "[a-z][a-z0-9-]*"\n    Description: Such',
      'AllowedPattern: "[A-Z][A-Z0-9-]*"\n    Description: Such',
    ],
    "Parameters.EnvironmentName: must take stage, as documented, and wants",
  ],
  [
    "a name of the code by a pattern that it does not have",
    [
      ST,
      'Default: ""\n    Description: The name of a SecureString',
      'Default: ""\n    AllowedPattern: "[A-Z_]*"\n    Description: The name of a SecureString',
    ],
    "Parameters.AccessCodeParameter: must take /holdfast/prod/ACCESS_CODE, as",
  ],
  [
    "an environment by default in the service alone",
    [ST, "  EnvName:\n    Type: String\n", "  EnvName:\n    Type: String\n    Default: test\n"],
    "EnvName.Default: must be that of EnvironmentName in the environment's",
  ],
  [
    "a domain with its scheme by default",
    [
      ST,
      '  Alias:\n    Type: String\n    Default: ""',
      "  Alias:\n    Type: String\n    Default: https://chat.example.com",
    ],
    "Alias.Default: must be a domain, such as chat.example.com",
  ],
  [
    "a bucket by its ARN",
    [
      ET,
      '  AccessLogsBucket:\n    Type: String\n    Default: ""',
      "  AccessLogsBucket:\n    Type: String\n    Default: arn:aws:s3:::my-logs",
    ],
    "AccessLogsBucket.Default: must be the name of a bucket, is arn:aws:s3:::my-logs",
  ],
  [
    "the scaling's target above a node's limit",
    [ST, "Default: 30\n    Description: Running", "Default: 2000\n    Description: Running"],
    "Properties.TargetValue: must be less than LIMIT_NODE_REPLIES (1000)",
  ],
  [
    "a code's parameter twice with a slash",
    [
      [
        ST,
        "parameter${AccessCodeParameter}\n              - !Ref",
        "parameter/${AccessCodeParameter}\n              - !Ref",
      ],
      [
        ST,
        "parameter${AccessCodeParameter}\n          - !Ref",
        "parameter/${AccessCodeParameter}\n          - !Ref",
      ],
    ],
    "0.Secrets: arn:aws:ssm:us-east-1:123456789012:parameter//holdfast/prod/ACCESS_CODE",
  ],
]);

told("a place", [
  [
    "a constant region of the log",
    [ST, "awslogs-region: !Ref AWS::Region", "awslogs-region: us-east-1"],
    "Options.awslogs-region: must be !Ref AWS::Region, where the log",
  ],
  [
    "another region of the log",
    [ST, "awslogs-region: !Ref AWS::Region", "awslogs-region: eu-west-1"],
    "Options.awslogs-region: must be !Ref AWS::Region, where the log",
  ],
  [
    "another region of the log by a patch",
    replace(
      SP,
      "TaskDefinition/Properties/ContainerDefinitions/0/LogConfiguration/Options/awslogs-region",
      "eu-west-1",
    ),
    "Options.awslogs-region: must be !Ref AWS::Region, where the log",
  ],
  [
    "a constant region of the image",
    [
      ST,
      "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}",
      "arn:${AWS::Partition}:ecr:us-east-1:${AWS::AccountId}",
    ],
    "ExecutionRole.Properties: must allow ecr:BatchCheckLayerAvailability",
  ],
  [
    "a constant account of the image",
    [
      ST,
      "arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}",
      "arn:${AWS::Partition}:ecr:${AWS::Region}:123456789012",
    ],
    "ExecutionRole.Properties: must allow ecr:BatchCheckLayerAvailability",
  ],
  [
    "a constant partition of the volume",
    [ST, "arn:${AWS::Partition}:elasticfilesystem", "arn:aws:elasticfilesystem"],
    "Statement.Resource: is not what Copilot has there with AppName",
  ],
  [
    "constant zones",
    [
      ET,
      'AvailabilityZone: !Select [0, !GetAZs ""]\n      MapPublicIpOnLaunch: true',
      "AvailabilityZone: us-east-1a\n      MapPublicIpOnLaunch: true",
    ],
    "Properties.AvailabilityZone: must be one of the region's, such as !Select",
  ],
  [
    "the dashboard of another region",
    [OBSERVABILITY, '"region": "${AWS::Region}"', '"region": "eu-central-1"'],
    "Properties.DashboardBody: “Replies a minute”: region must be ${AWS::Region}",
  ],
  [
    "the key of the log by an alias's ARN",
    [
      ST,
      "      RetentionInDays: !Ref LogRetention\n",
      "      RetentionInDays: !Ref LogRetention\n      KmsKeyId: arn:aws:kms:us-east-1:123456789012:alias/logs\n",
    ],
    "Properties.KmsKeyId: must be the ARN of a key, not its alias",
  ],
]);

told("the compose file", [
  [
    "with exchanged ports",
    [
      [COMPOSE, '"80:80"', '"80:443"'],
      [COMPOSE, '"443:443"\n', '"443:80"\n'],
    ],
    "caddy.ports: must have 80:80: browsers speak the other",
  ],
  [
    "whose proxy speaks TLS to the app",
    [COMPOSE, "--to app:3000", "--to https://app:3000"],
    "caddy.command: must lead to http: the app has no certificate",
  ],
  [
    "whose proxy changes the host",
    [COMPOSE, "--to app:3000", "--to app:3000 --change-host-header"],
    "caddy.command: must not have --change-host-header: the",
  ],
  [
    "whose proxy serves plain HTTP",
    [COMPOSE, "--from ${DOMAIN:?set DOMAIN in copilot/.env}", "--from http://${DOMAIN}"],
    "caddy.command: must have --from with the domain alone",
  ],
  [
    "whose proxy is of version 1",
    [COMPOSE, "caddy:2.10.2-alpine", "abiosoft/caddy:1.0.3"],
    "caddy.image: must be caddy:2, which gets certificates",
  ],
  [
    "whose domain may be empty",
    [COMPOSE, "${DOMAIN:?set DOMAIN in copilot/.env}", "${DOMAIN:-}"],
    "caddy.command: must have a domain: ${DOMAIN:?…} tells where",
  ],
  [
    "with a soft mount",
    [
      COMPOSE,
      "  data:\n  certificates:",
      '  data:\n    driver_opts:\n      type: nfs\n      o: "addr=10.0.0.5,soft,timeo=30"\n      device: ":/export"\n  certificates:',
    ],
    "driver_opts.o: must not have soft: writes may be lost without",
  ],
  [
    "with a mount that caches",
    [
      COMPOSE,
      "  data:\n  certificates:",
      '  data:\n    driver_opts:\n      type: nfs\n      o: "addr=10.0.0.5,nolock,nfsvers=3"\n      device: ":/export"\n  certificates:',
    ],
    "driver_opts.o: must not have nolock: writes may be lost",
  ],
  [
    "with a heap above its limit",
    [
      [COMPOSE, "    init: true\n", "    init: true\n    mem_limit: 1g\n"],
      [COMPOSE, "    environment:\n", "    environment:\n      NODE_OPTIONS: --max-old-space-size=8192\n"],
    ],
    "environment.NODE_OPTIONS: lets the heap grow to 8192 MB, and the container",
  ],
  ["with few processes", app("    pids_limit: 10"), "app.pids_limit: must be 100 at least, is 10"],
  ["with few files", app("    ulimits: { nofile: 64 }"), "ulimits.nofile: must be 1024 at least, is 64"],
  ["with hardly any processor", app('    cpus: "0.01"'), "app.cpus: must be 0.1 at least, is 0.01"],
  [
    "without a log",
    app("    logging: { driver: none }"),
    "logging.driver: must not be none: nobody sees why something",
  ],
  [
    "with a misspelt driver of logs",
    app("    logging: { driver: json }"),
    'logging.driver: must be a driver such as local, is "json"',
  ],
  [
    "with a log without an end",
    app('    logging: { driver: json-file, options: { max-size: "10" , max-files: "3" } }'),
    "options.max-size: must be a size with its unit, such as 10m",
  ],
  [
    "with a check of another port",
    app("    healthcheck:\n      test: [CMD, node, -e, \"fetch('http://localhost:8080/healthz')\"]"),
    "healthcheck.test: asks port 8080, and the app listens on 3000",
  ],
  [
    "with a check without patience",
    app(
      "    healthcheck:\n      test: [CMD, node, -e, \"fetch('http://localhost:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1))\"]\n      interval: 1s\n      timeout: 5ms",
    ),
    "healthcheck.timeout: must be 1s at least, is 5ms",
  ],
  [
    "with certificates in memory, said",
    [COMPOSE, /certificates:$/m, "certificates:\n    driver_opts: { type: tmpfs, device: tmpfs }"],
    "caddy.volumes: must have one at /data, or each update asks",
  ],
  [
    "with an image that is pulled",
    app("    pull_policy: always"),
    "app.pull_policy: must be build, missing or away: nobody has",
  ],
  [
    "with a hostname that changes",
    [COMPOSE, "      NODE_NAME: app\n", "      NODE_NAME: ${HOSTNAME}\n"],
    "environment.NODE_NAME: must be the same after each start, and not",
  ],
]);

told("the image", [
  [
    "with a check of another port",
    ["Dockerfile", "process.env.PORT) || 3000", "process.env.PORT2) || 8080"],
    "HEALTHCHECK: must be such that the image asks the port",
  ],
  [
    "with a check of one try",
    ["Dockerfile", "--retries=3", "--retries=1"],
    "HEALTHCHECK: must be such that the image is patient",
  ],
  [
    "with a check that always passes",
    ["Dockerfile", "process.exit(r.ok ? 0 : 1)", "process.exit(0)"],
    "HEALTHCHECK: must be such that the image asks the port",
  ],
]);

told("a manifest", [
  [
    "another application's secret",
    [
      M,
      "logging:\n",
      "secrets:\n  OPERATOR_CODE: /copilot/talk/${COPILOT_ENVIRONMENT_NAME}/secrets/OPERATOR_CODE\nlogging:\n",
    ],
    "secrets.OPERATOR_CODE: is a secret of the application talk, not",
  ],
  [
    "access logs with a slash",
    [
      PROD,
      "    ssl_policy:",
      "    access_logs:\n      bucket_name: my-logs\n      prefix: /holdfast\n    ssl_policy:",
    ],
    "access_logs.prefix: must not begin or end with a slash",
  ],
]);

fit("a parameter", [
  [
    "more documented sizes",
    [
      ST,
      '  TaskCPU:\n    Type: String\n    Default: "512"',
      '  TaskCPU:\n    Type: String\n    Default: "512"\n    AllowedValues: ["256", "512", "1024"]',
    ],
  ],
  ["another order of hops", [ST, 'AllowedValues: ["1", "2"]', 'AllowedValues: ["2", "1"]']],
  [
    "IPv6 by default",
    [
      ET,
      'Default: "false"\n    AllowedValues: ["true", "false"]\n    Description: The load balancer by IPv6',
      'Default: "true"\n    AllowedValues: ["true", "false"]\n    Description: The load balancer by IPv6',
    ],
  ],
  [
    "a firewall by default",
    [
      ET,
      "    Default: 0\n    Description: More requests",
      "    Default: 3000\n    Description: More requests",
    ],
  ],
  [
    "public tasks without gateways by default",
    [
      [
        ET,
        'Default: "true"\n    AllowedValues: ["true", "false"]\n    Description: Two NAT',
        'Default: "false"\n    AllowedValues: ["true", "false"]\n    Description: Two NAT',
      ],
      [ST, "Default: private", "Default: public"],
    ],
  ],
  [
    "an image with a pattern",
    [
      ST,
      "    Description: The image with its tag",
      '    AllowedPattern: ".+:.+"\n    Description: The image with its tag',
    ],
  ],
  [
    "an environment by default in both",
    [
      [ST, "  EnvName:\n    Type: String\n", "  EnvName:\n    Type: String\n    Default: prod\n"],
      [
        ET,
        "  EnvironmentName:\n    Type: String\n",
        "  EnvironmentName:\n    Type: String\n    Default: prod\n",
      ],
    ],
  ],
  ["x86 by default", [ST, "Default: ARM64", "Default: X86_64"]],
  ["no AllowedValues", [ST, '    AllowedValues: ["1", "2"]\n', ""]],
  ["one task at least", [ST, "Default: 2\n    MinValue: 1", "Default: 1\n    MinValue: 1"]],
]);

fit("the compose file", [
  [
    "with a Caddyfile",
    [
      [COMPOSE, /    command: caddy.*\n/, ""],
      [
        COMPOSE,
        "      - certificates:/data\n",
        "      - certificates:/data\n      - ./Caddyfile:/etc/caddy/Caddyfile:ro\n",
      ],
    ],
  ],
  ["with optional variables", [COMPOSE, "      - .env\n", "      - path: .env\n        required: false\n"]],
  ["with a user by number", app('    user: "1000"')],
  ["with localhost by default", [COMPOSE, "${DOMAIN:?set DOMAIN in copilot/.env}", "${DOMAIN:-localhost}"]],
  [
    "with a hard mount",
    [
      COMPOSE,
      "  data:\n  certificates:",
      '  data:\n    driver_opts:\n      type: nfs\n      o: "addr=10.0.0.5,hard,nfsvers=4.1"\n      device: ":/export"\n  certificates:',
    ],
  ],
  [
    "with a volume of outside",
    [COMPOSE, "  data:\n  certificates:", "  data:\n    external: true\n  certificates:"],
  ],
  [
    "with a log that ends",
    app('    logging: { driver: json-file, options: { max-size: 10m, max-file: "3" } }'),
  ],
  ["with many files", app("    ulimits: { nofile: 65536 }")],
  ["without HTTP 3", [COMPOSE, '      - "443:443/udp"\n', ""]],
  [
    "with ports of one address",
    [
      [COMPOSE, '"80:80"', '"203.0.113.5:80:80"'],
      [COMPOSE, '"443:443"\n', '"203.0.113.5:443:443"\n'],
    ],
  ],
  [
    "with secrets of files",
    [
      app("    secrets: [code]"),
      [COMPOSE, "volumes:\n  #", "secrets:\n  code:\n    file: ./code.txt\nvolumes:\n  #"],
    ],
  ],
  ["with a read-only root and scratch space", app("    read_only: true\n    tmpfs: [/tmp]")],
]);

fit("the image", [
  [
    "with a time zone",
    ["Dockerfile", "ENV NODE_ENV=production PORT=3000", "ENV TZ=Europe/Berlin NODE_ENV=production PORT=3000"],
  ],
  [
    "with a label",
    [
      "Dockerfile",
      "EXPOSE 3000\n",
      "LABEL org.opencontainers.image.source=https://example.com/holdfast\nEXPOSE 3000\n",
    ],
  ],
  ["with digest", ["Dockerfile", /node:24\.22\.3-slim/g, `node:24.22.3-slim@sha256:${"a".repeat(64)}`]],
]);

fit("a manifest", [
  ["titles by a small model", variable("TITLE_MODEL", "bedrock/us.amazon.nova-micro-v1:0")],
  ["a guardrail", variable("BEDROCK_GUARDRAIL", "gr1a2b3c4d5e:1")],
  [
    "one's own name in prod",
    [M, "environments:\n", "environments:\n  prod:\n    http:\n      alias: chat.example.com\n"],
  ],
  ["with debug", variable("LOG_LEVEL", "debug")],
  ["flow logs", [PROD, /$/, "\nnetwork:\n  vpc:\n    flow_logs:\n      retention: 30\n"]],
  [
    "access logs",
    [
      PROD,
      "    ssl_policy:",
      "    access_logs:\n      bucket_name: my-logs\n      prefix: holdfast/prod\n    ssl_policy:",
    ],
  ],
  ["CloudFront", CDN],
]);
