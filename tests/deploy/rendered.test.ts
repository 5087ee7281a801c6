import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkDeployment } from "./check-deployment.ts";
import {
  ADDON_PARAMETERS,
  ADDONS,
  ENVIRONMENT_PATCHES,
  MANIFEST,
  SERVICE_PATCHES,
  type Files,
} from "./problem.ts";
import { readFiles } from "./read-files.ts";

const files = readFiles();
const OBSERVABILITY = `${ADDONS}observability.yml`;
const TEST = "copilot/environments/test/manifest.yml";
const PROD = "copilot/environments/prod/manifest.yml";

/** One patch more, after those that are committed. */
function withPatch(file: string, patch: string, given: Files = files): Files {
  return { ...given, [file]: `${given[file]!}\n- ${patch.trim().replaceAll("\n", "\n  ")}\n` };
}

function replaced(file: string, from: string | RegExp, to: string, given: Files = files): Files {
  const text = given[file]!.replace(from, to);
  expect(text, `${file} has no ${String(from)}`).not.toBe(given[file]);
  return { ...given, [file]: text };
}

const KEPT_VOLUME =
  "id: fs-0123456789abcdef0\n        auth:\n          iam: true\n          access_point_id: fsap-0123456789abcdef0";
const withKeptVolume = (given: Files = files) =>
  replaced(MANIFEST, /uid: 1000\n {8}gid: 1000/, KEPT_VOLUME, given);
const withAlias = (given: Files = files) =>
  replaced(MANIFEST, 'path: "/"', 'path: "/"\n  alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com', given);

const TASK = "/Resources/TaskDefinition/Properties";
const SERVICE = "/Resources/Service/Properties";

describe("a patch of what Copilot renders is fit:", () => {
  test.each([
    [
      "another grace period",
      SERVICE_PATCHES,
      `op: replace\npath: ${SERVICE}/HealthCheckGracePeriodSeconds\nvalue: 120`,
    ],
    ["no grace period", SERVICE_PATCHES, `op: remove\npath: ${SERVICE}/HealthCheckGracePeriodSeconds`],
    [
      "a removed tag of the alarms",
      SERVICE_PATCHES,
      `op: remove\npath: ${SERVICE}/DeploymentConfiguration/Alarms`,
    ],
    ["no service connect", SERVICE_PATCHES, `op: remove\npath: ${SERVICE}/ServiceConnectConfiguration`],
    [
      "a higher end of scaling",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/AutoScalingTarget/Properties/MaxCapacity\nvalue: 20",
    ],
    [
      "another target of scaling",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/AutoScalingPolicyECSServiceAverageCPUUtilization/Properties/TargetTrackingScalingPolicyConfiguration/TargetValue\nvalue: 50",
    ],
    [
      "encryption of the volume's way, again",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/Volumes/0/EFSVolumeConfiguration/TransitEncryption\nvalue: ENABLED`,
    ],
    [
      "a port of the way to the volume",
      SERVICE_PATCHES,
      `op: add\npath: ${TASK}/Volumes/0/EFSVolumeConfiguration/TransitEncryptionPort\nvalue: 20049`,
    ],
    ["a second volume", SERVICE_PATCHES, `op: add\npath: ${TASK}/Volumes/-\nvalue:\n  Name: scratch`],
    [
      "a tag on the access point",
      SERVICE_PATCHES,
      "op: add\npath: /Resources/AccessPoint/Properties/AccessPointTags\nvalue:\n  - Key: team\n    Value: chat",
    ],
    [
      "a limit of files",
      SERVICE_PATCHES,
      `op: add\npath: ${TASK}/ContainerDefinitions/0/Ulimits\nvalue:\n  - Name: nofile\n    SoftLimit: 65536\n    HardLimit: 65536`,
    ],
    [
      "one more variable",
      SERVICE_PATCHES,
      `op: add\npath: ${TASK}/ContainerDefinitions/0/Environment/-\nvalue:\n  Name: LOG_LEVEL\n  Value: debug`,
    ],
    [
      "another retention of the log",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/LogGroup/Properties/RetentionInDays\nvalue: 90",
    ],
    [
      "a log that is kept",
      SERVICE_PATCHES,
      "op: add\npath: /Resources/LogGroup/DeletionPolicy\nvalue: Retain",
    ],
    ["an output", SERVICE_PATCHES, "op: add\npath: /Outputs/Tasks\nvalue:\n  Value: !GetAtt Service.Name"],
    [
      "a slow start of targets",
      SERVICE_PATCHES,
      'op: add\npath: /Resources/TargetGroup/Properties/TargetGroupAttributes/-\nvalue:\n  Key: slow_start.duration_seconds\n  Value: "30"',
    ],
    [
      "an environment that stays when Copilot is left",
      SERVICE_PATCHES,
      "op: add\npath: /Resources/EnvControllerAction/DeletionPolicy\nvalue: Retain",
    ],
    ["a removed discovery", SERVICE_PATCHES, `op: remove\npath: ${SERVICE}/ServiceRegistries`],
    [
      "a role's limit",
      SERVICE_PATCHES,
      "op: add\npath: /Resources/TaskRole/Properties/PermissionsBoundary\nvalue: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/limit",
    ],
    [
      "two thirds of three tasks",
      SERVICE_PATCHES,
      `op: replace\npath: ${SERVICE}/DeploymentConfiguration/MaximumPercent\nvalue: 300`,
    ],
    [
      "a name for the file system",
      ENVIRONMENT_PATCHES,
      "op: add\npath: /Resources/FileSystem/Properties/FileSystemTags\nvalue:\n  - Key: Name\n    Value: chat",
    ],
    [
      "an earlier move to cheaper storage",
      ENVIRONMENT_PATCHES,
      "op: replace\npath: /Resources/FileSystem/Properties/LifecyclePolicies/0/TransitionToIA\nvalue: AFTER_7_DAYS",
    ],
    [
      "one more statement for the file system",
      ENVIRONMENT_PATCHES,
      'op: add\npath: /Resources/FileSystem/Properties/FileSystemPolicy/Statement/-\nvalue:\n  Sid: NoRoot\n  Effect: Deny\n  Principal: "*"\n  Action: elasticfilesystem:ClientRootAccess',
    ],
    [
      "a load balancer that is not deleted by mistake",
      ENVIRONMENT_PATCHES,
      'op: add\npath: /Resources/PublicLoadBalancer/Properties/LoadBalancerAttributes/-\nvalue:\n  Key: deletion_protection.enabled\n  Value: "true"',
    ],
    [
      "a VPC with addresses of its own choice",
      ENVIRONMENT_PATCHES,
      "op: replace\npath: /Resources/VPC/Properties/EnableDnsHostnames\nvalue: true",
    ],
    [
      "subnets that map no addresses",
      ENVIRONMENT_PATCHES,
      "op: replace\npath: /Resources/PublicSubnet1/Properties/MapPublicIpOnLaunch\nvalue: false",
    ],
    [
      "no setting of the cluster",
      ENVIRONMENT_PATCHES,
      "op: remove\npath: /Resources/Cluster/Properties/ClusterSettings",
    ],
  ])("%s", (_, file, patch) => {
    expect(checkDeployment(withPatch(file, patch))).toEqual([]);
  });
});

describe("a patch that loses something is told:", () => {
  const fileSystem = "/Resources/FileSystem/Properties";
  test.each([
    [
      "another key",
      ENVIRONMENT_PATCHES,
      `op: add\npath: ${fileSystem}/KmsKeyId\nvalue: alias/mine`,
      "KmsKeyId: cannot be changed without a new, empty",
    ],
    [
      "one zone",
      ENVIRONMENT_PATCHES,
      `op: add\npath: ${fileSystem}/AvailabilityZoneName\nvalue: us-east-1a`,
      "AvailabilityZoneName: cannot be changed",
    ],
    [
      "another mode",
      ENVIRONMENT_PATCHES,
      `op: replace\npath: ${fileSystem}/PerformanceMode\nvalue: maxIO`,
      "PerformanceMode: cannot be changed",
    ],
    [
      "no policy",
      ENVIRONMENT_PATCHES,
      `op: remove\npath: ${fileSystem}/FileSystemPolicy`,
      "must keep the statement DenyUnencryptedAccess",
    ],
    [
      "half a policy",
      ENVIRONMENT_PATCHES,
      `op: remove\npath: ${fileSystem}/FileSystemPolicy/Statement/0`,
      "must keep the statement AllowIAMFromTaggedRoles",
    ],
    [
      "no backup",
      ENVIRONMENT_PATCHES,
      `op: remove\npath: ${fileSystem}/BackupPolicy`,
      "BackupPolicy: must be ENABLED",
    ],
    [
      "no file system",
      ENVIRONMENT_PATCHES,
      "op: remove\npath: /Resources/FileSystem",
      "Resources.FileSystem: is removed",
    ],
    [
      "no mount target",
      ENVIRONMENT_PATCHES,
      "op: remove\npath: /Resources/MountTarget2",
      "Resources.MountTarget2: is removed",
    ],
    [
      "a file system that goes after all",
      ENVIRONMENT_PATCHES,
      "op: remove\npath: /Resources/FileSystem/DeletionPolicy",
      "must be patched to Retain",
    ],
    [
      "another folder",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/AccessPoint/Properties/RootDirectory/Path\nvalue: /holdfast",
      "RootDirectory.Path: must stay",
    ],
    [
      "another owner",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/AccessPoint/Properties/PosixUser/Uid\nvalue: 1001",
      "PosixUser.Uid: must stay",
    ],
    [
      "another file system",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/Volumes/0/EFSVolumeConfiguration/FilesystemId\nvalue: fs-0123456789abcdef0`,
      "FilesystemId: must stay",
    ],
    [
      "no access point",
      SERVICE_PATCHES,
      `op: remove\npath: ${TASK}/Volumes/0/EFSVolumeConfiguration/AuthorizationConfig`,
      "AccessPointId: must stay",
    ],
    [
      "no volume",
      SERVICE_PATCHES,
      `op: remove\npath: ${TASK}/Volumes`,
      "EFSVolumeConfiguration.FilesystemId: must stay",
    ],
    [
      "a volume in the clear",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/Volumes/0/EFSVolumeConfiguration/TransitEncryption\nvalue: DISABLED`,
      "TransitEncryption: must stay",
    ],
    [
      "no mount",
      SERVICE_PATCHES,
      `op: remove\npath: ${TASK}/ContainerDefinitions/0/MountPoints/0`,
      "must mount data at /data",
    ],
    [
      "a mount that cannot be written",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/ContainerDefinitions/0/MountPoints/0/ReadOnly\nvalue: true`,
      "must mount data for writing",
    ],
    [
      "every task at once",
      SERVICE_PATCHES,
      `op: replace\npath: ${SERVICE}/DeploymentConfiguration/MinimumHealthyPercent\nvalue: 0`,
      "0 stops every task",
    ],
    [
      "no room for a deployment",
      SERVICE_PATCHES,
      `op: replace\npath: ${SERVICE}/DeploymentConfiguration/MaximumPercent\nvalue: 100`,
      "leaves no room",
    ],
    [
      "no way back",
      SERVICE_PATCHES,
      `op: replace\npath: ${SERVICE}/DeploymentConfiguration/DeploymentCircuitBreaker/Rollback\nvalue: false`,
      "DeploymentCircuitBreaker.Rollback: must be true",
    ],
    [
      "no circuit breaker",
      SERVICE_PATCHES,
      `op: remove\npath: ${SERVICE}/DeploymentConfiguration/DeploymentCircuitBreaker`,
      "DeploymentCircuitBreaker.Enable: must be true",
    ],
    [
      "a read-only root",
      SERVICE_PATCHES,
      `op: add\npath: ${TASK}/ContainerDefinitions/0/ReadonlyRootFilesystem\nvalue: true`,
      "storage.readonly_fs: must be false",
    ],
    [
      "another command",
      SERVICE_PATCHES,
      `op: add\npath: ${TASK}/ContainerDefinitions/0/Command\nvalue: [npm, start]`,
      "0.Command: replaces the Dockerfile's",
    ],
    [
      "another check of targets",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/TargetGroup/Properties/HealthCheckPath\nvalue: /healthz",
      "(patched) http.healthcheck.path: must be /readyz",
    ],
    [
      "a slower deregistration",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/TargetGroup/Properties/TargetGroupAttributes/0/Value\nvalue: 300",
      "must be less than StopTimeout (120), is 300s",
    ],
    [
      "sticky targets",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/TargetGroup/Properties/TargetGroupAttributes/1/Value\nvalue: true",
      "http.stickiness: must be false",
    ],
    [
      "a memory that Fargate does not have",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/Memory\nvalue: "700"`,
      "(patched) memory: Fargate has",
    ],
    [
      "no tasks at night",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/AutoScalingTarget/Properties/MinCapacity\nvalue: 0",
      "count.range: begins with no task",
    ],
    [
      "a folder in the task",
      SERVICE_PATCHES,
      `op: add\npath: ${TASK}/ContainerDefinitions/0/Environment/-\nvalue:\n  Name: DATA_DIR\n  Value: /tmp`,
      "variables.DATA_DIR: is set by the Dockerfile",
    ],
    [
      "a resource that is not there",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/Service/Properties/TaskDefinition\nvalue: !Ref Tasks",
      "there is no parameter or resource Tasks",
    ],
    [
      "an output that is not there",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/HTTPListenerRule/Properties/ListenerArn\nvalue: !GetAtt EnvControllerAction.HTTPSListenerArn",
      "has no output HTTPSListenerArn",
    ],
    [
      "no way to log in",
      SERVICE_PATCHES,
      `op: remove\npath: ${SERVICE}/EnableExecuteCommand`,
      "(patched) exec: must be true",
    ],
    [
      "a port that nobody listens on",
      SERVICE_PATCHES,
      "op: replace\npath: /Resources/TargetGroup/Properties/Port\nvalue: 8080",
      "TargetGroup.Properties.Port: must be 3000",
    ],
    [
      "another architecture than the image's",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/RuntimePlatform/CpuArchitecture\nvalue: X86_64`,
      "RuntimePlatform: must be that of the image",
    ],
    [
      "a log without metrics",
      SERVICE_PATCHES,
      `op: replace\npath: ${TASK}/ContainerDefinitions/0/LogConfiguration\nvalue:\n  LogDriver: splunk`,
      "LogConfiguration: must be awslogs",
    ],
    [
      "a number of tasks for ever",
      SERVICE_PATCHES,
      `op: replace\npath: ${SERVICE}/DesiredCount\nvalue: 2`,
      "DesiredCount: must stay as it is rendered",
    ],
    [
      "tasks that everybody reaches",
      ENVIRONMENT_PATCHES,
      "op: add\npath: /Resources/EnvironmentSecurityGroup/Properties/SecurityGroupIngress\nvalue:\n  - CidrIp: 0.0.0.0/0\n    IpProtocol: -1",
      "EnvironmentSecurityGroup: lets everybody in",
    ],
    [
      "a volume that everybody reaches",
      ENVIRONMENT_PATCHES,
      "op: add\npath: /Resources/Door\nvalue:\n  Type: AWS::EC2::SecurityGroupIngress\n  Properties:\n    GroupId: !Ref EFSSecurityGroup\n    CidrIp: 0.0.0.0/0\n    IpProtocol: -1",
      "Resources.Door: lets everybody in",
    ],
    [
      "a way to the volume",
      ENVIRONMENT_PATCHES,
      "op: remove\npath: /Resources/EFSSecurityGroupIngressFromEnvironment",
      "EFSSecurityGroupIngressFromEnvironment: is removed",
    ],
  ])("%s", (_, file, patch, expected) => {
    expect(checkDeployment(withPatch(file, patch)).join("\n")).toContain(expected);
  });

  test("a path through the name of a function, which is a tag in Copilot's YAML", () => {
    const patch = `op: remove\npath: ${SERVICE}/DeploymentConfiguration/Alarms/Fn::If/2`;
    expect(checkDeployment(withPatch(SERVICE_PATCHES, patch)).join("\n")).toContain(
      "remove finds nothing there",
    );
    const asList = `op: replace\npath: ${SERVICE}/DeploymentConfiguration/Alarms/2/Rollback\nvalue: false`;
    expect(checkDeployment(withPatch(SERVICE_PATCHES, asList))).toEqual([]);
  });
});

describe("a file system that is used again (efs.id)", () => {
  test("is fit as it is documented", () => {
    expect(checkDeployment(withKeptVolume())).toEqual([]);
  });

  test("has no output of the environment, so that an addon that asks for it is told", () => {
    const asking = replaced(
      OBSERVABILITY,
      "  TargetGroup:\n    Type: String\n",
      "  TargetGroup:\n    Type: String\n  FileSystem:\n    Type: String\n",
      {
        ...files,
        [ADDON_PARAMETERS]: `${files[ADDON_PARAMETERS]!}  FileSystem: !GetAtt EnvControllerAction.ManagedFileSystemID\n`,
      },
    );
    expect(checkDeployment(asking)).toEqual([]);
    expect(checkDeployment(withKeptVolume(asking)).join("\n")).toContain(
      "in test the environment's stack has no output ManagedFileSystemID",
    );
  });

  test("has no access point of Copilot's, so that a patch of it is told", () => {
    const patch = "op: add\npath: /Resources/AccessPoint/Properties/AccessPointTags\nvalue: []";
    expect(checkDeployment(withPatch(SERVICE_PATCHES, patch, withKeptVolume())).join("\n")).toContain(
      "add finds nothing there in the service's stack in test",
    );
  });
});

describe("HTTPS", () => {
  test("needs a policy that begins at TLS 1.2", () => {
    const old = replaced(
      TEST,
      "ELBSecurityPolicy-TLS13-1-2-2021-06",
      "ELBSecurityPolicy-2016-08",
      withAlias(),
    );
    expect(checkDeployment(withAlias())).toEqual([]);
    expect(checkDeployment(old).join("\n")).toContain(
      "http.public.ssl_policy: must be one that begins at TLS 1.2",
    );
    const none = replaced(TEST, / {4}ssl_policy: .*\n/, "    access_logs: false\n", withAlias());
    expect(checkDeployment(none).join("\n")).toContain("is not set, which allows TLS 1.0");
  });

  const withCdn = (given: Files) =>
    [TEST, PROD].reduce((all, file) => {
      const manifest = parse(all[file]!) as { http: { public: Record<string, unknown> } };
      manifest.http.public.ingress = { cdn: true };
      return { ...all, [file]: JSON.stringify({ ...manifest, cdn: { terminate_tls: true } }) };
    }, given);
  const hops = (given: Files) => replaced(MANIFEST, 'TRUSTED_HOPS: "1"', 'TRUSTED_HOPS: "2"', given);
  const domainPatches = files[ENVIRONMENT_PATCHES]!.replace(
    /# == CloudFront and a domain[^\n]* ==\n([^]*?)# == end ==/,
    (_, block: string) => block.replaceAll(/^# ?/gm, ""),
  );

  test("with CloudFront and a domain needs TLS 1.2 there too", () => {
    const both = {
      ...hops(
        withCdn(
          replaced(
            MANIFEST,
            'path: "/"',
            'path: "/"\n  alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com\n  redirect_to_https: false',
          ),
        ),
      ),
      [ENVIRONMENT_PATCHES]: domainPatches,
    };
    expect(checkDeployment(both)).toEqual([]);
    const old = { ...both, [ENVIRONMENT_PATCHES]: domainPatches.replace("TLSv1.2_2021", "TLSv1.1_2016") };
    expect(checkDeployment(old).join("\n")).toContain(
      "MinimumProtocolVersion: must be patched to TLSv1.2_2021",
    );
  });

  test("with CloudFront and a domain needs an alias", () => {
    const nameless = { ...hops(withCdn(files)), [ENVIRONMENT_PATCHES]: domainPatches };
    expect(checkDeployment(nameless).join("\n")).toContain("http.alias: is missing: with a domain");
  });

  test("with a certificate for CloudFront needs an alias", () => {
    const certified = replaced(
      TEST,
      "http:\n",
      "cdn:\n  terminate_tls: true\n  certificate: arn:aws:acm:us-east-1:123456789012:certificate/0a\nhttp:\n",
    );
    expect(checkDeployment(certified).join("\n")).toContain(
      "http.alias: is missing: CloudFront has a certificate",
    );
  });
});

describe("a sign-in by the load balancer", () => {
  const endpoint = (name: string) => `https://login.example.com/${name}`;
  const signIn = {
    Type: "authenticate-oidc",
    Order: 1,
    AuthenticateOidcConfig: {
      Issuer: "https://login.example.com",
      AuthorizationEndpoint: endpoint("authorize"),
      TokenEndpoint: endpoint("token"),
      UserInfoEndpoint: endpoint("userinfo"),
      ClientId: "holdfast",
      OnUnauthenticatedRequest: "authenticate",
    },
  };
  const rule = "/Resources/HTTPSListenerRule/Properties/Actions/0";
  const onPages = (given: Files) =>
    withPatch(
      SERVICE_PATCHES,
      `op: add\npath: ${rule}\nvalue: ${JSON.stringify(signIn)}`,
      withPatch(SERVICE_PATCHES, `op: add\npath: ${rule}/Order\nvalue: 2`, given),
    );

  test("of pages alone is told: it would redirect requests of the API too", () => {
    expect(checkDeployment(onPages(withAlias())).join("\n")).toContain("needs a rule for /api/* beside it");
  });

  test("is told where plain HTTP leads past it", () => {
    const plain = replaced(
      MANIFEST,
      'path: "/"',
      'path: "/"\n  alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com\n  redirect_to_https: false',
    );
    expect(checkDeployment(onPages(plain)).join("\n")).toContain(
      "Resources.HTTPListenerRuleWithDomain.Properties.Actions: leads past the sign-in",
    );
  });
});

describe("access logs in a bucket of Copilot's", () => {
  const logging = [TEST, PROD].reduce(
    (all, file) => replaced(file, "    ssl_policy:", "    access_logs: true\n    ssl_policy:", all),
    files,
  );
  test("need a patch of the function that empties it", () => {
    expect(checkDeployment(logging).join("\n")).toContain(
      "Resources.BucketCleanerFunction.Properties.Runtime: must be patched to nodejs24.x",
    );
    const patch = "op: replace\npath: /Resources/BucketCleanerFunction/Properties/Runtime\nvalue: nodejs24.x";
    expect(checkDeployment(withPatch(ENVIRONMENT_PATCHES, patch, logging))).toEqual([]);
  });

  test("need none with a bucket of one's own", () => {
    const own = replaced(
      TEST,
      "    ssl_policy:",
      "    access_logs:\n      bucket_name: mine\n    ssl_policy:",
    );
    expect(checkDeployment(own)).toEqual([]);
  });
});

describe("an alarm that tells nobody, or of something else, is told:", () => {
  test.each([
    [
      "a topic's name",
      "- !Ref AlarmTopic",
      "- !GetAtt AlarmTopic.TopicName",
      "AlarmActions.0: must be the ARN of a topic",
    ],
    [
      "a name in letters",
      "- !Ref AlarmTopic",
      "- holdfast-test-chat-alarms",
      "AlarmActions.0: must be the ARN of a topic",
    ],
    ["a parameter", "- !Ref AlarmTopic", "- !Ref Name", "AlarmActions.0: must be the ARN of a topic"],
    ["no action", /      AlarmActions:\n {8}- !Ref AlarmTopic\n/, "", "AlarmActions: is missing"],
    [
      "switched off",
      "      AlarmDescription:",
      "      ActionsEnabled: false\n      AlarmDescription:",
      "ActionsEnabled: must not be false",
    ],
    ["without a statistic", /      Statistic: Sum\n/, "", "Statistic: must be there"],
    [
      "another target",
      "        - Name: TargetGroup\n          Value: !Ref TargetGroup",
      "        - Name: TargetGroup\n          Value: !Ref LoadBalancer",
      "the dimension TargetGroup must be TargetGroup.TargetGroupFullName",
    ],
    [
      "another environment",
      "          Value: !Ref Env\n",
      "          Value: !Ref App\n",
      "the dimension Environment must be Env, and App is App",
    ],
    [
      "another line of the dashboard",
      '"Environment", "${Env}"',
      '"Environment", "${Name}"',
      "the dimension Environment must be Env",
    ],
  ])("%s", (_, from, to, expected) => {
    expect(checkDeployment(replaced(OBSERVABILITY, from, to)).join("\n")).toContain(expected);
  });

  test("a parameter that is passed an ARN instead of a name", () => {
    const passed = replaced(ADDON_PARAMETERS, "!GetAtt TargetGroup.TargetGroupFullName", "!Ref TargetGroup");
    expect(checkDeployment(passed).join("\n")).toContain(
      "the dimension TargetGroup must be TargetGroup.TargetGroupFullName",
    );
  });
});
