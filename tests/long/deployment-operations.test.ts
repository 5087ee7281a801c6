import {
  resource,
  prop,
  alarm,
  dims,
  anAlarm,
  query,
  scaling,
  backup,
  mayDo,
} from "../deploy/change-parts.ts";
import { add, fit, replace, told, OBSERVABILITY } from "../deploy/changes.ts";
import { ENVIRONMENT_TEMPLATE as ET, SERVICE_TEMPLATE as ST } from "../deploy/check-templates.ts";
import { MANIFEST as M, SERVICE_PATCHES as SP, ENVIRONMENT_PATCHES as EP } from "../deploy/problem.ts";

// What hurts after the first day: checks that kill tasks, scaling, the volume and its copies, alarms and queries.

told("a check of health", [
  [
    "a grace of an hour",
    [M, "grace_period: 60s", "grace_period: 3600s"],
    "healthcheck.grace_period: must be 900 s at most, is 3600: for so long",
  ],
  [
    "a grace in milliseconds",
    [ST, "HealthCheckGracePeriodSeconds: 60", "HealthCheckGracePeriodSeconds: 60000"],
    "healthcheck.grace_period: must be 900 s at most, is 60000: for so",
  ],
  [
    "a patience of fifty minutes",
    [
      [M, "interval: 15s", "interval: 300s"],
      [M, "unhealthy_threshold: 4", "unhealthy_threshold: 10"],
    ],
    "healthcheck.unhealthy_threshold: takes 3000 s to find out that a task is",
  ],
  [
    "a start of fifty minutes",
    [
      [M, "interval: 15s", "interval: 300s"],
      [M, "healthy_threshold: 2", "healthy_threshold: 10"],
    ],
    "healthcheck.healthy_threshold: takes 3000 s to find out that a task answers",
  ],
  [
    "an impatient check in the container",
    [
      M,
      "  port: 3000\n",
      "  port: 3000\n  healthcheck:\n    command: [CMD, node, -e, \"fetch('http://localhost:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1))\"]\n    interval: 5s\n    retries: 1\n    timeout: 2s\n",
    ],
    "image.healthcheck: kills a task that stalls for 5 s (interval",
  ],
  [
    "a check of the volume in the container",
    [
      M,
      "  port: 3000\n",
      "  port: 3000\n  healthcheck:\n    command: [CMD, node, -e, \"fetch('http://localhost:3000/readyz').then((r) => process.exit(r.ok ? 0 : 1))\"]\n    interval: 10s\n    retries: 3\n    timeout: 5s\n",
    ],
    "image.healthcheck: kills a task that stalls for 30 s (interval",
  ],
  [
    "a check in the container of the template",
    [
      ST,
      '          User: "1000:1000"\n',
      '          User: "1000:1000"\n          HealthCheck:\n            Command: [CMD, node, -e, "fetch(\'http://localhost:3000/healthz\')"]\n            Interval: 5\n            Retries: 1\n            Timeout: 10\n',
    ],
    "image.healthcheck: kills a task that stalls for 5 s (interval",
  ],
  [
    "an unknown algorithm's helper",
    [
      ST,
      "        - Key: stickiness.enabled\n",
      '        - Key: load_balancing.algorithm.anomaly_mitigation\n          Value: "on"\n        - Key: stickiness.enabled\n',
    ],
    "Properties.TargetGroupAttributes: load_balancing.algorithm.anomaly_mitigation",
  ],
  [
    "more targets than there are",
    [
      ST,
      "        - Key: stickiness.enabled\n",
      "        - Key: target_group_health.unhealthy_state_routing.minimum_healthy_targets.count\n          Value: 12\n        - Key: stickiness.enabled\n",
    ],
    "Properties.TargetGroupAttributes: target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
  ],
]);

told("scaling", [
  [
    "at a share that is never exceeded",
    [M, "value: 60", "value: 100"],
    "Properties.TargetValue: must be a share from 10 to 99 %, is 100",
  ],
  [
    "by a fraction of the processor",
    [ST, "ScaleOutCooldown: 60\n        TargetValue: 60", "ScaleOutCooldown: 60\n        TargetValue: 0.6"],
    "Properties.TargetValue: must be a share from 10 to 99 %, is 0.6",
  ],
  [
    "by more than all memory",
    [ST, "TargetValue: 75", "TargetValue: 750"],
    "Properties.TargetValue: must be a share from 10 to 99 %, is 750",
  ],
  [
    "by a processor that is never idle",
    [M, "value: 60", "value: 2"],
    "Properties.TargetValue: must be a share from 10 to 99 %, is 2",
  ],
  [
    "with cooldowns in milliseconds",
    [
      ST,
      "ScaleInCooldown: 300\n        ScaleOutCooldown: 60\n        TargetValue: 60",
      "ScaleInCooldown: 300000\n        ScaleOutCooldown: 60000\n        TargetValue: 60",
    ],
    "Properties.ScaleInCooldown: must be 3600 at most, is 300000: it is in",
  ],
  [
    "with steps that nothing triggers",
    scaling({
      PolicyType: "StepScaling",
      StepScalingPolicyConfiguration: {
        AdjustmentType: "ChangeInCapacity",
        StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 1 }],
      },
    }),
    "Resources.MyPolicy: is triggered by nothing: no alarm has it",
  ],
  [
    "with a unit that the app does not write",
    [ST, "          Statistic: Average\n", "          Statistic: Average\n          Unit: Percent\n"],
    "Properties.CustomizedMetricSpecification: Unit must be Count, as the app writes it",
  ],
  [
    "with an unknown time zone",
    add(SP, "AutoScalingTarget/Properties/ScheduledActions", [
      {
        ScheduledActionName: "night",
        Schedule: "cron(0 22 * * ? *)",
        Timezone: "CEST",
        ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 4 },
      },
    ]),
    "ScheduledActions.0: Timezone must be such as Europe/Berlin",
  ],
  [
    "with more at night than at most",
    add(SP, "AutoScalingTarget/Properties/ScheduledActions", [
      {
        ScheduledActionName: "day",
        Schedule: "cron(0 8 * * ? *)",
        ScalableTargetAction: { MinCapacity: 20 },
      },
    ]),
    "ScheduledActions.0: MinCapacity must be MaxCapacity (2) at most",
  ],
  [
    "with two targets",
    resource(
      ST,
      "OtherTarget",
      prop("ApplicationAutoScaling::ScalableTarget", {
        MinCapacity: 1,
        MaxCapacity: 4,
        ServiceNamespace: "ecs",
        ScalableDimension: "ecs:service:DesiredCount",
        ResourceId: {
          "Fn::Join": [
            "/",
            [
              "service",
              { "Fn::ImportValue": { "Fn::Sub": "${AppName}-${EnvName}-ClusterId" } },
              { "Fn::GetAtt": ["Service", "Name"] },
            ],
          ],
        },
      }),
    ),
    "Resources.AutoScalingTarget: is the target OtherTarget again: each takes",
  ],
  [
    "that never removes a task",
    [
      [
        ST,
        "ScaleInCooldown: 300\n        ScaleOutCooldown: 60\n        TargetValue: 60",
        "DisableScaleIn: true\n        TargetValue: 60",
      ],
      [
        ST,
        "ScaleInCooldown: 120\n        ScaleOutCooldown: 60\n        TargetValue: 75",
        "DisableScaleIn: true\n        TargetValue: 75",
      ],
      [
        ST,
        "ScaleInCooldown: 300\n        ScaleOutCooldown: 60\n        TargetValue: !Ref",
        "DisableScaleIn: true\n        TargetValue: !Ref",
      ],
    ],
    "Properties.DisableScaleIn: must not be true in every policy, or no",
  ],
  [
    "with days of week and month",
    add(SP, "AutoScalingTarget/Properties/ScheduledActions", [
      {
        ScheduledActionName: "night",
        Schedule: "cron(0 22 * * MON-FRI *)",
        ScalableTargetAction: { MinCapacity: 1 },
      },
    ]),
    "ScheduledActions.0: must have a ? for the day of the month or",
  ],
  [
    "by requests without the load balancer",
    scaling({
      TargetTrackingScalingPolicyConfiguration: {
        PredefinedMetricSpecification: { PredefinedMetricType: "ALBRequestCountPerTarget" },
        TargetValue: 100,
      },
    }),
    "Properties.ResourceLabel: is missing beside ALBRequestCountPerTarget",
  ],
  [
    "with a target of another service",
    [
      ST,
      "ScalingTargetId: !Ref AutoScalingTarget\n      TargetTrackingScalingPolicyConfiguration:\n        CustomizedMetric",
      "ScalingTargetId: !Ref Service\n      TargetTrackingScalingPolicyConfiguration:\n        CustomizedMetric",
    ],
    "Properties.ScalingTargetId: must be a ScalableTarget, is Service",
  ],
  [
    "by steps with a gap",
    [
      ST,
      "PolicyType: TargetTrackingScaling\n      ScalingTargetId: !Ref AutoScalingTarget\n      TargetTrackingScalingPolicyConfiguration:\n        CustomizedMetric",
      "PolicyType: StepScaling\n      ScalingTargetId: !Ref AutoScalingTarget\n      TargetTrackingScalingPolicyConfiguration:\n        CustomizedMetric",
    ],
    "Resources.AutoScalingPolicyActiveReplies: is triggered by nothing: no alarm has it",
  ],
]);

told("the volume", [
  [
    "primary after thirty days",
    [
      ET,
      "        - TransitionToIA: AFTER_30_DAYS\n",
      "        - TransitionToIA: AFTER_30_DAYS\n        - TransitionToPrimaryStorageClass: AFTER_30_DAYS\n",
    ],
    "Properties.LifecyclePolicies: TransitionToPrimaryStorageClass must be",
  ],
  [
    "an archive without elastic",
    [
      [ET, "ThroughputMode: elastic", "ThroughputMode: provisioned\n      ProvisionedThroughputInMibps: 10"],
      [
        ET,
        "        - TransitionToIA: AFTER_30_DAYS\n",
        "        - TransitionToIA: AFTER_30_DAYS\n        - TransitionToArchive: AFTER_90_DAYS\n",
      ],
    ],
    "Properties.LifecyclePolicies: have TransitionToArchive, which needs ThroughputMode",
  ],
  [
    "that a replication may overwrite",
    [
      ET,
      "      ThroughputMode: elastic\n",
      "      ThroughputMode: elastic\n      FileSystemProtection:\n        ReplicationOverwriteProtection: DISABLED\n",
    ],
    "Properties.FileSystemProtection: must be ENABLED, or a replication may write",
  ],
  [
    "with two replicas",
    [
      ET,
      "      ThroughputMode: elastic\n",
      "      ThroughputMode: elastic\n      ReplicationConfiguration:\n        Destinations:\n          - Region: eu-west-1\n          - Region: eu-west-2\n",
    ],
    "Properties.ReplicationConfiguration: must have one destination: EFS makes no",
  ],
  [
    "with a replica nowhere",
    [
      ET,
      "      ThroughputMode: elastic\n",
      "      ThroughputMode: elastic\n      ReplicationConfiguration:\n        Destinations:\n          - KmsKeyId: alias/aws/elasticfilesystem\n",
    ],
    "Properties.ReplicationConfiguration: must have the Region of the copy",
  ],
  [
    "with a replica in a zone for a region",
    add(EP, "FileSystem/Properties/ReplicationConfiguration", { Destinations: [{ Region: "eu-west-1a" }] }),
    "Properties.ReplicationConfiguration: Region must be such as eu-west-1, is eu-west-1a",
  ],
  [
    "throughput in kilobytes",
    [
      replace(EP, "FileSystem/Properties/ThroughputMode", "provisioned"),
      add(EP, "FileSystem/Properties/ProvisionedThroughputInMibps", 102400),
    ],
    "Properties.ProvisionedThroughputInMibps: must be 3414 at most, is 102400: in MiB",
  ],
  [
    "root squash by a right",
    mayDo("elasticfilesystem:ClientRootAccess", "*"),
    "Properties.Policies: allows elasticfilesystem:ClientRootAccess",
  ],
]);

told("a backup", [
  [
    "at five fields",
    backup({ ScheduleExpression: "cron(0 * * * *)" }),
    "BackupPlanRule.0: ScheduleExpression must be such as cron(0",
  ],
  [
    "at both days",
    backup({ ScheduleExpression: "cron(0 5 * * MON *)" }),
    "BackupPlanRule.0: ScheduleExpression must have a ? for the",
  ],
  [
    "that ends before it starts",
    backup({ StartWindowMinutes: 480, CompletionWindowMinutes: 120 }),
    "BackupPlanRule.0: CompletionWindowMinutes must be 540 at least",
  ],
  [
    "deleted before it is cold",
    backup({ Lifecycle: { MoveToColdStorageAfterDays: 30, DeleteAfterDays: 60 } }),
    "BackupPlanRule.0: DeleteAfterDays must be 120 at least: what",
  ],
  [
    "copied to a vault's name",
    backup({ CopyActions: [{ DestinationBackupVaultArn: "Default" }] }),
    "BackupPlanRule.0: DestinationBackupVaultArn must be an ARN",
  ],
  ["of nothing", backup({}, null), "Resources.Plan: saves nothing: a BackupSelection with its"],
  [
    "of a file system by its id",
    backup({}, { ListOfTags: undefined, Resources: ["fs-0123456789abcdef0"] }),
    "Properties.BackupSelection: Resources must be ARNs, is fs-0123456789abcdef0",
  ],
  [
    "by a role's name",
    backup({}, { IamRoleArn: "AWSBackupDefaultServiceRole" }),
    "Properties.BackupSelection: IamRoleArn must be an ARN, is AWSBackupDefaultServiceRole",
  ],
  [
    "of a tag that nothing has",
    backup(
      {},
      {
        ListOfTags: [
          {
            ConditionType: "STRINGEQUALS",
            ConditionKey: "copilot-enviroment",
            ConditionValue: { Ref: "Env" },
          },
        ],
      },
    ),
    "Properties.BackupSelection: no file system of ours has the tag copilot-enviroment",
  ],
  [
    "of every volume of the account",
    backup({}, { ListOfTags: undefined }),
    "Properties.BackupSelection: must name Resources or ListOfTags, or nothing",
  ],
  [
    "every minute",
    backup({ ScheduleExpression: "rate(1 minute)" }),
    "BackupPlanRule.0: ScheduleExpression must be an hour at least",
  ],
  [
    "that starts within a minute",
    backup({ StartWindowMinutes: 1 }),
    "BackupPlanRule.0: StartWindowMinutes must be 60 at least",
  ],
  [
    "that is kept for ever by zero",
    backup({ Lifecycle: { DeleteAfterDays: 0 } }),
    "BackupPlanRule.0: DeleteAfterDays must be 1 at least, or away",
  ],
]);

told("an alarm", [
  [
    "on insights that are off",
    anAlarm({
      Namespace: "ECS/ContainerInsights",
      MetricName: "RunningTaskCount",
      Dimensions: [
        { Name: "ClusterName", Value: "c" },
        { Name: "ServiceName", Value: "s" },
      ],
      Statistic: "Average",
    }),
    "Properties.Namespace: has no data: observability.container_insights",
  ],
  [
    "on a misspelt metric of Bedrock",
    anAlarm({
      Namespace: "AWS/Bedrock",
      MetricName: "InvocationThrottle",
      Dimensions: [{ Name: "ModelId", Value: "m" }],
    }),
    "Properties.MetricName: AWS/Bedrock has no metric InvocationThrottle",
  ],
  [
    "on a misspelt metric of the firewall",
    anAlarm({
      Namespace: "AWS/WAFV2",
      MetricName: "BlockedRequest",
      Dimensions: [
        { Name: "WebACL", Value: "holdfast" },
        { Name: "Region", Value: { Ref: "AWS::Region" } },
        { Name: "Rule", Value: "rate" },
      ],
    }),
    "Properties.MetricName: AWS/WAFV2 has no metric BlockedRequest",
  ],
  [
    "on credits that elastic does not have",
    anAlarm({
      Namespace: "AWS/EFS",
      MetricName: "BurstCreditBalance",
      Dimensions: [{ Name: "FileSystemId", Value: "fs-0123456789abcdef0" }],
      Statistic: "Minimum",
      ComparisonOperator: "LessThanThreshold",
    }),
    "Properties.MetricName: is of bursting file systems; ours is elastic",
  ],
  [
    "at one millisecond",
    alarm("Threshold: 1000", "Threshold: 1"),
    "Properties.Threshold: must be in milliseconds, is 1: it sounds",
  ],
  [
    "at a fraction of the budget",
    alarm(
      "Threshold: 80\n      ComparisonOperator: GreaterThanOrEqual",
      "Threshold: 0.8\n      ComparisonOperator: GreaterThanOrEqual",
    ),
    "Properties.Threshold: must be in percent, such as 80, is 0.8",
  ],
  [
    "in milliseconds for seconds",
    anAlarm({
      Namespace: "AWS/ApplicationELB",
      MetricName: "TargetResponseTime",
      Dimensions: [{ Name: "LoadBalancer", Value: { Ref: "LoadBalancer" } }],
      Statistic: "Average",
      Threshold: 5000,
    }),
    "Properties.Threshold: must be in seconds, is 5000: it never sounds",
  ],
  [
    "by the average of a count",
    alarm(/(HTTPCode_ELB_5XX_Count\n[^]*?)Statistic: Sum/, "$1Statistic: Average"),
    "Properties.Statistic: must be Sum, is Average, which does not",
  ],
  [
    "by the number of lines",
    alarm(/(MetricName: RepliesFailed\n[^]*?)Statistic: Sum/, "$1Statistic: SampleCount"),
    "Properties.Statistic: must be Sum, is SampleCount, which does",
  ],
  [
    "by the sum of hosts",
    alarm(/(HealthyHostCount\n[^]*?)Statistic: Minimum/, "$1Statistic: Sum"),
    "Properties.Statistic: must be Minimum, is Sum, which adds up every",
  ],
  [
    "the other way round",
    alarm(/(MetricName: RepliesFailed\n[^]*?)GreaterThanOrEqualToThreshold/, "$1LessThanThreshold"),
    "Properties.ComparisonOperator: must be GreaterThan…: it sounds while all",
  ],
  [
    "of hosts the other way round",
    alarm(/(HealthyHostCount\n[^]*?)LessThanThreshold/, "$1GreaterThanThreshold"),
    "Properties.ComparisonOperator: must be LessThanThreshold: it sounds while",
  ],
  [
    "from none on",
    alarm(/(MetricName: MembershipLogStopped\n[^]*?)Threshold: 1\n/, "$1Threshold: 0\n"),
    "Properties.Threshold: must be more than 0 with GreaterThanOrEqualToThreshold",
  ],
  [
    "of errors that sounds without requests",
    alarm(/(HTTPCode_ELB_5XX_Count\n[^]*?)TreatMissingData: notBreaching/, "$1TreatMissingData: breaching"),
    "Properties.TreatMissingData: must be notBreaching: without faults there",
  ],
  [
    "of alarms by their ids",
    resource(
      OBSERVABILITY,
      "All",
      prop("CloudWatch::CompositeAlarm", {
        AlarmRule: "ALARM(RepliesFailAlarm) AND ALARM(VolumeErrorsAlarm)",
        AlarmActions: [{ Ref: "AlarmTopic" }],
      }),
    ),
    'Properties.AlarmRule: needs the alarm\'s name: !Sub ALARM("${RepliesFailAlarm}")',
  ],
  [
    "of alarms that tells nobody",
    resource(
      OBSERVABILITY,
      "All",
      prop("CloudWatch::CompositeAlarm", { AlarmRule: { "Fn::Sub": 'ALARM("${RepliesFailAlarm}")' } }),
    ),
    "Properties.AlarmActions: is missing: nobody is told",
  ],
  [
    "of an expression on what is not there",
    resource(
      OBSERVABILITY,
      "Math",
      prop("CloudWatch::Alarm", {
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: "GreaterThanThreshold",
        AlarmActions: [{ Ref: "AlarmTopic" }],
        Metrics: [
          { Id: "share", Expression: "failed / all * 100", ReturnData: true },
          {
            Id: "failed",
            ReturnData: false,
            MetricStat: {
              Stat: "Sum",
              Period: 300,
              Metric: { Namespace: "Holdfast", MetricName: "RepliesFailed", Dimensions: dims },
            },
          },
        ],
      }),
    ),
    "Properties.Metrics: failed / all * 100 needs all, and there",
  ],
  [
    "of an expression without an answer",
    resource(
      OBSERVABILITY,
      "Math",
      prop("CloudWatch::Alarm", {
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: "GreaterThanThreshold",
        AlarmActions: [{ Ref: "AlarmTopic" }],
        Metrics: [
          { Id: "share", Expression: "failed * 100", ReturnData: true },
          {
            Id: "failed",
            MetricStat: {
              Stat: "Sum",
              Period: 300,
              Metric: { Namespace: "Holdfast", MetricName: "RepliesFailed", Dimensions: dims },
            },
          },
        ],
      }),
    ),
    "Properties.Metrics: must have one whose ReturnData is true",
  ],
  [
    "with an id that begins with a capital",
    resource(
      OBSERVABILITY,
      "Math",
      prop("CloudWatch::Alarm", {
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: "GreaterThanThreshold",
        AlarmActions: [{ Ref: "AlarmTopic" }],
        Metrics: [
          {
            Id: "Failed",
            ReturnData: true,
            MetricStat: {
              Stat: "Sum",
              Period: 300,
              Metric: { Namespace: "Holdfast", MetricName: "RepliesFailed", Dimensions: dims },
            },
          },
        ],
      }),
    ),
    "Properties.Metrics: the Id Failed must begin with a small letter",
  ],
  [
    "of a filter on what the log does not have",
    resource(
      OBSERVABILITY,
      "Filter",
      prop("Logs::MetricFilter", {
        LogGroupName: { "Fn::Sub": "/copilot/${App}-${Env}-${Name}" },
        FilterPattern: '{ $.severity = "error" }',
        MetricTransformations: [{ MetricName: "Errors", MetricNamespace: "Mine", MetricValue: "1" }],
      }),
    ),
    "Properties.FilterPattern: the log has no field severity",
  ],
  [
    "of a filter on another log",
    resource(
      OBSERVABILITY,
      "Filter",
      prop("Logs::MetricFilter", {
        LogGroupName: { "Fn::Sub": "/ecs/${App}-${Env}-${Name}" },
        FilterPattern: '{ $.level = "error" }',
        MetricTransformations: [{ MetricName: "Errors", MetricNamespace: "Mine", MetricValue: "1" }],
      }),
    ),
    "Properties.LogGroupName: must be /copilot/${App}-${Env}-${Name}",
  ],
  [
    "of a filter in a namespace of AWS",
    resource(
      OBSERVABILITY,
      "Filter",
      prop("Logs::MetricFilter", {
        LogGroupName: { "Fn::Sub": "/copilot/${App}-${Env}-${Name}" },
        FilterPattern: '{ $.level = "error" }',
        MetricTransformations: [{ MetricName: "Errors", MetricNamespace: "AWS/Holdfast", MetricValue: "1" }],
      }),
    ),
    "Properties.MetricTransformations: AWS/Holdfast is AWS's own: choose another",
  ],
  [
    "of the processor by a fraction",
    anAlarm({
      Namespace: "AWS/ECS",
      MetricName: "CPUUtilization",
      Dimensions: [
        { Name: "ClusterName", Value: "c" },
        { Name: "ServiceName", Value: "s" },
      ],
      Statistic: "Average",
      Threshold: 0.9,
    }),
    "Properties.Threshold: must be in percent, such as 80, is 0.9",
  ],
  [
    "on the topic of another name",
    alarm(
      "        - !Ref AlarmTopic\n",
      "        - !Sub arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${App}-${Env}-${Name}-alarm\n",
    ),
    "AlarmActions.0: must be the ARN of a topic that there is",
  ],
]);

told("a query", [
  [
    "by a misspelt field",
    query('filter msg = "the reply has settled"\n| stats count(*) by modle'),
    "Properties.QueryString: the log has no field modle",
  ],
  [
    "by fields of another logger",
    query("fields @timestamp, severity, message\n| sort @timestamp desc"),
    "Properties.QueryString: the log has no field severity",
  ],
  [
    "by a message that is not written",
    query('filter msg = "reply settled"\n| stats count(*) by model'),
    "Properties.QueryString: the app writes no message “reply settled”",
  ],
  [
    "by a level in capitals",
    query('filter level = "ERROR"\n| sort @timestamp desc'),
    "Properties.QueryString: level is never ERROR, but fatal, error",
  ],
  [
    "by a level's number",
    query("filter level >= 50\n| sort @timestamp desc"),
    "Properties.QueryString: level is a word: fatal, error, warn, info",
  ],
  [
    "by a misspelt command",
    query("field @timestamp, msg\n| sort @timestamp desc"),
    "Properties.QueryString: field is no command, such as filter",
  ],
  [
    "by a misspelt function",
    query('filter msg = "request"\n| stats percentile(durationMs, 95) by route'),
    "Properties.QueryString: percentile is no function, such as pct",
  ],
  [
    "with SQL",
    query("select msg from log where level = 'error'"),
    "Properties.QueryString: select is no command, such as filter",
  ],
  [
    "committed with a misspelt field",
    alarm("pct(durationMs, 95)", "pct(durationMS, 95)"),
    "Properties.QueryString: the log has no field durationMS",
  ],
  [
    "committed with another status",
    alarm('status in ["failed", "interrupted"]', 'status in ["fail", "interrupted"]'),
    "Properties.QueryString: status is never fail, but complete, stopped",
  ],
  [
    "committed with an unknown message",
    alarm("took over the reply|", "takes over the reply|"),
    "Properties.QueryString: the app writes no message with “takes over",
  ],
  [
    "without a limit of results that is one",
    query("fields @timestamp, msg\n| limit 100000"),
    "Properties.QueryString: limit must be 10000 at most, is 100000",
  ],
]);

fit("a check of health", [
  ["a grace of five minutes", [M, "grace_period: 60s", "grace_period: 300s"]],
  ["a patience of two minutes", [M, "unhealthy_threshold: 4", "unhealthy_threshold: 8"]],
  [
    "a patient check in the container",
    [
      M,
      "  port: 3000\n",
      "  port: 3000\n  healthcheck:\n    command: [CMD, node, -e, \"fetch('http://localhost:3000/healthz').then((r) => process.exit(r.ok ? 0 : 1))\"]\n    interval: 30s\n    retries: 3\n    timeout: 5s\n    start_period: 30s\n",
    ],
  ],
  [
    "a slow start",
    [
      ST,
      "        - Key: stickiness.enabled\n",
      "        - Key: slow_start.duration_seconds\n          Value: 30\n        - Key: stickiness.enabled\n",
    ],
  ],
]);

fit("scaling", [
  ["by requests", [M, "  memory_percentage: 75\n\n", "  memory_percentage: 75\n  requests: 500\n\n"]],
  [
    "with a night",
    add(SP, "AutoScalingTarget/Properties/ScheduledActions", [
      {
        ScheduledActionName: "night",
        Schedule: "cron(0 22 ? * MON-FRI *)",
        Timezone: "Europe/Berlin",
        ScalableTargetAction: { MinCapacity: 1, MaxCapacity: 4 },
      },
    ]),
  ],
  [
    "that does not remove by memory",
    [
      ST,
      "ScaleInCooldown: 120\n        ScaleOutCooldown: 60\n        TargetValue: 75",
      "DisableScaleIn: true\n        ScaleOutCooldown: 60\n        TargetValue: 75",
    ],
  ],
  [
    "with a description of the unit",
    [ST, "          Statistic: Average\n", "          Statistic: Average\n          Unit: Count\n"],
  ],
  [
    "with a slower beginning",
    [
      ST,
      "ScaleInCooldown: 300\n        ScaleOutCooldown: 60\n        TargetValue: 60",
      "ScaleInCooldown: 600\n        ScaleOutCooldown: 120\n        TargetValue: 50",
    ],
  ],
]);

fit("the volume", [
  [
    "with a replica",
    [
      ET,
      "      ThroughputMode: elastic\n",
      "      ThroughputMode: elastic\n      ReplicationConfiguration:\n        Destinations:\n          - Region: eu-west-1\n",
    ],
  ],
  [
    "with an archive",
    [
      ET,
      "        - TransitionToIA: AFTER_30_DAYS\n",
      "        - TransitionToIA: AFTER_30_DAYS\n        - TransitionToArchive: AFTER_90_DAYS\n        - TransitionToPrimaryStorageClass: AFTER_1_ACCESS\n",
    ],
  ],
  [
    "with a way in at its port alone",
    [
      ET,
      "      GroupId: !Ref EFSSecurityGroup\n      IpProtocol: -1\n",
      "      GroupId: !Ref EFSSecurityGroup\n      IpProtocol: tcp\n      FromPort: 2049\n      ToPort: 2049\n",
    ],
  ],
  [
    "with tags",
    [
      ET,
      "      ThroughputMode: elastic\n",
      "      ThroughputMode: elastic\n      FileSystemTags:\n        - { Key: Name, Value: chat }\n",
    ],
  ],
  [
    "with protection said",
    [
      ET,
      "      ThroughputMode: elastic\n",
      "      ThroughputMode: elastic\n      FileSystemProtection:\n        ReplicationOverwriteProtection: ENABLED\n",
    ],
  ],
]);

fit("a backup", [
  ["every hour", backup()],
  [
    "every day at five, copied",
    backup({
      ScheduleExpression: "cron(0 5 ? * * *)",
      CopyActions: [
        {
          DestinationBackupVaultArn: {
            "Fn::Sub": "arn:${AWS::Partition}:backup:eu-west-1:${AWS::AccountId}:backup-vault:Default",
          },
        },
      ],
    }),
  ],
  [
    "of one file system",
    backup(
      {},
      {
        ListOfTags: undefined,
        Resources: [
          {
            "Fn::Sub":
              "arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:${AWS::AccountId}:file-system/fs-0123456789abcdef0",
          },
        ],
      },
    ),
  ],
  [
    "by a tag of one's own",
    backup(
      {},
      { ListOfTags: [{ ConditionType: "STRINGEQUALS", ConditionKey: "backup", ConditionValue: "hourly" }] },
    ),
  ],
  ["cold", backup({ Lifecycle: { MoveToColdStorageAfterDays: 30, DeleteAfterDays: 365 } })],
]);

fit("an alarm", [
  [
    "on a filter's metric",
    [
      resource(
        OBSERVABILITY,
        "Filter",
        prop("Logs::MetricFilter", {
          LogGroupName: { "Fn::Sub": "/copilot/${App}-${Env}-${Name}" },
          FilterPattern: '{ $.level = "error" }',
          MetricTransformations: [{ MetricName: "Errors", MetricNamespace: "Mine", MetricValue: "1" }],
        }),
      ),
      anAlarm({ Namespace: "Mine", MetricName: "Errors", Dimensions: undefined }),
    ],
  ],
  [
    "on insights that are on",
    [
      ["copilot/environments/prod/manifest.yml", "container_insights: false", "container_insights: true"],
      ["copilot/environments/test/manifest.yml", "container_insights: false", "container_insights: true"],
      anAlarm({
        Namespace: "ECS/ContainerInsights",
        MetricName: "RunningTaskCount",
        Dimensions: [
          { Name: "ClusterName", Value: "c" },
          { Name: "ServiceName", Value: "s" },
        ],
        Statistic: "Average",
      }),
    ],
  ],
  [
    "on throttles",
    anAlarm({
      Namespace: "AWS/Bedrock",
      MetricName: "InvocationThrottles",
      Dimensions: [{ Name: "ModelId", Value: "m" }],
    }),
  ],
  [
    "on blocked requests",
    anAlarm({
      Namespace: "AWS/WAFV2",
      MetricName: "BlockedRequests",
      Dimensions: [
        { Name: "WebACL", Value: "holdfast" },
        { Name: "Region", Value: { Ref: "AWS::Region" } },
        { Name: "Rule", Value: "rate" },
      ],
    }),
  ],
  [
    "of two",
    resource(
      OBSERVABILITY,
      "Both",
      prop("CloudWatch::CompositeAlarm", {
        AlarmRule: { "Fn::Sub": 'ALARM("${RepliesFailAlarm}") AND ALARM("${VolumeErrorsAlarm}")' },
        AlarmActions: [{ Ref: "AlarmTopic" }],
      }),
    ),
  ],
  [
    "on the share of failures",
    resource(
      OBSERVABILITY,
      "Math",
      prop("CloudWatch::Alarm", {
        EvaluationPeriods: 1,
        Threshold: 5,
        ComparisonOperator: "GreaterThanThreshold",
        TreatMissingData: "notBreaching",
        AlarmActions: [{ Ref: "AlarmTopic" }],
        Metrics: ["RepliesFailed", "Replies"]
          .map((MetricName, i) => ({
            Id: i === 0 ? "failed" : "replies",
            ReturnData: false,
            MetricStat: {
              Stat: "Sum",
              Period: 300,
              Metric: { Namespace: "Holdfast", MetricName, Dimensions: dims },
            },
          }))
          .concat([
            {
              Id: "share",
              Expression: "IF(replies > 20, failed / replies * 100, 0)",
              ReturnData: true,
            } as never,
          ]),
      }),
    ),
  ],
  [
    "on slow answers",
    anAlarm({
      Namespace: "AWS/ApplicationELB",
      MetricName: "TargetResponseTime",
      Dimensions: [{ Name: "LoadBalancer", Value: { Ref: "LoadBalancer" } }],
      Statistic: undefined,
      ExtendedStatistic: "p95",
      Threshold: 5,
    }),
  ],
  [
    "on memory",
    anAlarm({
      Namespace: "AWS/ECS",
      MetricName: "MemoryUtilization",
      Dimensions: [
        { Name: "ClusterName", Value: "c" },
        { Name: "ServiceName", Value: "s" },
      ],
      Statistic: "Maximum",
      Threshold: 90,
    }),
  ],
  [
    "of an anomaly",
    resource(
      OBSERVABILITY,
      "Odd",
      prop("CloudWatch::Alarm", {
        EvaluationPeriods: 3,
        ThresholdMetricId: "band",
        ComparisonOperator: "GreaterThanUpperThreshold",
        TreatMissingData: "notBreaching",
        AlarmActions: [{ Ref: "AlarmTopic" }],
        Metrics: [
          {
            Id: "m1",
            ReturnData: true,
            MetricStat: {
              Stat: "Sum",
              Period: 300,
              Metric: { Namespace: "Holdfast", MetricName: "Replies", Dimensions: dims },
            },
          },
          { Id: "band", Expression: "ANOMALY_DETECTION_BAND(m1, 2)" },
        ],
      }),
    ),
  ],
  [
    "that nobody chats",
    anAlarm({
      MetricName: "Requests",
      ComparisonOperator: "LessThanThreshold",
      Threshold: 1,
      TreatMissingData: "breaching",
    }),
  ],
]);

fit("a query", [
  [
    "of one conversation's errors",
    query(
      'filter level = "error" and msg like /volume/\n| fields @timestamp, node, msg, err.message, err.code\n| sort @timestamp desc\n| limit 50',
    ),
  ],
  [
    "by hour",
    query('filter msg = "request" and status >= 500\n| stats count(*) as errors by bin(1h), route'),
  ],
  [
    "with parse",
    query("fields @timestamp, @message\n| parse msg /(?<word>\\w+) reply/\n| stats count(*) as n by word"),
  ],
  [
    "of slow ones",
    query(
      'filter msg = "the reply has settled" and timeToFirstTokenMs > 5000\n| fields @timestamp, model, timeToFirstTokenMs\n| sort timeToFirstTokenMs desc\n| limit 20',
    ),
  ],
]);
