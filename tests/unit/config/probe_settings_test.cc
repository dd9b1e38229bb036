#include "config/probe_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/matcher.h"

namespace forewarn {
namespace {

using testing::HasSubstr;

StatusOr<ProbeSettings> Parse(const std::string& text) {
  return ParseProbeSettings("probe.yaml", "collector: collector.example.com:7443\n" + text);
}
std::string MistakesOf(const std::string& text) { return Parse(text).status().message(); }

TEST(ProbeSettings, OnlyTheCollectorIsRequired) {
  EXPECT_EQ(ParseProbeSettings("probe.yaml", "").status().message(),
            "probe.yaml:1:1: the key 'collector' is missing");
  StatusOr<ProbeSettings> settings = Parse("");
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->interval, 15s);
  EXPECT_TRUE(settings->sources.pressure);
}

TEST(ProbeSettings, TheExampleIsAGoodFile) {
  std::string example = ProbeSettingsExample();
  StatusOr<ProbeSettings> settings = ParseProbeSettings("probe.yaml", example);
  ASSERT_TRUE(settings.ok()) << settings.status().message();

  std::string uncommented;
  bool line_start = true;
  for (char c : example) {
    if (!(line_start && c == '#')) uncommented += c;
    line_start = c == '\n';
  }
  settings = ParseProbeSettings("probe.yaml", uncommented);
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->filesystems.types_exclude, ProbeSettings().filesystems.types_exclude);
  EXPECT_EQ(settings->redaction.series_allow, std::vector<std::string>{".*"});
}

TEST(ProbeSettings, ReadsAWholeFile) {
  StatusOr<ProbeSettings> settings = Parse(R"(
interval: 5s
spool: {max_size: 1GiB}
sources: {cpu: false}
quotas:
- {path: /srv/data, capacity: 20MiB}
logs:
- path: /var/log/app/*.log
  severities:
  - {severity: critical, pattern: 'panic:'}
  code: 'code=([A-Z0-9]+)'
- path: /var/log/syslog
checks:
- name: database
  command: [/usr/bin/pg_isready, -q]
- {name: web, url: 'http://127.0.0.1:8080/health', expected_status: 204, interval: 30s}
facts:
  extra: [{name: product.version, file: /opt/app/VERSION}]
redaction:
  patterns: [{name: account, pattern: 'acct-[0-9]+'}]
)");
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_FALSE(settings->sources.cpu);
  EXPECT_EQ(settings->quotas[0].capacity, 20 << 20);
  ASSERT_EQ(settings->logs[0].severities.size(), 1u);
  EXPECT_EQ(settings->logs[0].severities[0].severity, Severity::kCritical);
  EXPECT_EQ(settings->logs[1].severities.size(), 3u) << "built in";
  EXPECT_EQ(settings->checks[1].expected_status, 204);
  EXPECT_EQ(settings->facts.extra[0].name, "product.version");
}

TEST(ProbeSettings, ACheckHasOneWayOfLooking) {
  EXPECT_THAT(MistakesOf("checks: [{name: a}]\n"),
              HasSubstr("probe.yaml:2:10: a check has either 'command' or 'url'"));
  EXPECT_THAT(MistakesOf("checks: [{name: a, command: [/x], url: 'http://a'}]\n"),
              HasSubstr("either"));
  EXPECT_THAT(MistakesOf("checks: [{name: a, command: [x]}]\n"), HasSubstr("absolute path"));
  EXPECT_THAT(MistakesOf("checks: [{name: a, command: []}]\n"), HasSubstr("'command' is empty"));
  EXPECT_THAT(MistakesOf("checks: [{name: a, command: [/x], expected_status: 200}]\n"),
              HasSubstr("for checks with 'url'"));
  EXPECT_THAT(MistakesOf("checks: [{name: a, command: [/x], timeout: 2m}]\n"),
              HasSubstr("'timeout' must not be above"));
  EXPECT_THAT(MistakesOf("facts: {extra: [{name: a}]}\n"), HasSubstr("either 'file' or 'command'"));
}

TEST(ProbeSettings, NamesAreUnique) {
  EXPECT_EQ(MistakesOf("checks: [{name: a, command: [/x]}, {name: a, command: [/y]}]\n"),
            "probe.yaml:2:36: the check 'a' is given twice");
  EXPECT_THAT(MistakesOf("quotas: [{path: /x, capacity: 1GiB}, {path: /x, capacity: 2GiB}]\n"),
              HasSubstr("the path '/x' is given twice"));
}

TEST(ProbeSettings, BadPatternsAreRefusedBeforeTheyAreUsed) {
  EXPECT_THAT(MistakesOf("filesystems: {types_exclude: 'a('}\n"), HasSubstr("missing )"));
  EXPECT_THAT(MistakesOf("logs: [{path: /x, severities: [{severity: fatal, pattern: 'a['}]}]\n"),
              testing::AllOf(HasSubstr("'severity' must be info, warning, error or critical"),
                             HasSubstr("missing ]")));
}

// As node_exporter's own defaults mean them.
TEST(ProbeSettings, PseudoFilesystemsAndPartitionsAreLeftOutByDefault) {
  ProbeSettings settings;
  auto matches = [](const std::string& pattern, std::string_view value) {
    return Matcher::Make(Matcher::Kind::kRegex, "", pattern)->Matches(value);
  };
  for (const char* mount :
       {"/proc", "/sys/kernel", "/dev", "/dev/shm", "/var/lib/docker/overlay2"}) {
    EXPECT_TRUE(matches(settings.filesystems.mount_points_exclude, mount)) << mount;
  }
  for (const char* mount : {"/", "/srv", "/devices", "/run", "/var/lib/docker"}) {
    EXPECT_FALSE(matches(settings.filesystems.mount_points_exclude, mount)) << mount;
  }
  EXPECT_TRUE(matches(settings.filesystems.types_exclude, "cgroup2"));
  EXPECT_FALSE(matches(settings.filesystems.types_exclude, "tmpfs"));
  EXPECT_TRUE(matches(settings.devices.disks_exclude, "sda1"));
  EXPECT_TRUE(matches(settings.devices.disks_exclude, "nvme0n1p2"));
  EXPECT_FALSE(matches(settings.devices.disks_exclude, "sda"));
  EXPECT_FALSE(matches(settings.devices.disks_exclude, "nvme0n1"));
}

TEST(ProbeSettings, AMissingFileIsNamed) {
  EXPECT_EQ(LoadProbeSettings("/nonexistent/probe.yaml").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace forewarn
