#include "config/collector_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

using testing::HasSubstr;

std::string MistakesOf(std::string_view text) {
  return ParseCollectorSettings("collector.yaml", text).status().message();
}

// The file with one `#` taken off each line that has one.
std::string Uncommented(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (char c : text) {
    if (!(line_start && c == '#')) out += c;
    line_start = c == '\n';
  }
  return out;
}

TEST(CollectorSettings, AnEmptyFileIsAGoodOne) {
  StatusOr<CollectorSettings> settings = ParseCollectorSettings("collector.yaml", "");
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->grpc.listen, "127.0.0.1:7443");
  EXPECT_EQ(settings->limits.accepted_age, 192h);
}

TEST(CollectorSettings, EverySettingCanBeWrittenAsItIsPrinted) {
  EXPECT_TRUE(ParseCollectorSettings("collector.yaml", CollectorSettingsExample()).ok());
  StatusOr<CollectorSettings> settings =
      ParseCollectorSettings("collector.yaml", Uncommented(CollectorSettingsExample()));
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->data_dir, CollectorSettings().data_dir);
  EXPECT_EQ(settings->dispatch.backoff_max, CollectorSettings().dispatch.backoff_max);
}

TEST(CollectorSettings, SamplesAreKeptForADayLongerThanTheyAreAccepted) {
  EXPECT_EQ(MistakesOf("retention: {samples: 8d}\n"),
            "collector.yaml:1:22: 'retention.samples' must be a day above 'limits.accepted_age', "
            "which is 8d: what is sent again would be counted again");
  EXPECT_EQ(MistakesOf("retention: {samples: 9d}\n"), "");
  EXPECT_THAT(MistakesOf("log_level: info\nlimits:\n  accepted_age: 30d\n"),
              HasSubstr("collector.yaml:3:17: 'limits.accepted_age' must be a day below "
                        "'retention.samples', which is 30d"));
  EXPECT_EQ(MistakesOf("limits: {accepted_age: 30d}\nretention: {samples: 31d}\n"), "");
}

TEST(CollectorSettings, ReadsAWholeFile) {
  StatusOr<CollectorSettings> settings = ParseCollectorSettings("collector.yaml", R"(
data_dir: /data
log_level: debug
grpc:
  listen: 0.0.0.0:0
  server_names: [collector.example.com, 10.0.0.1]
  tls: {certificate_file: /tls/crt, key_file: /tls/key, ca_file: /tls/ca}
shards: {threads: 2}
limits: {max_batch_size: 1MiB, accepted_age: 20d}
smtp: {host: mail.example.com, port: 465, tls: implicit, user: forewarn, password_file: /secret}
webhook: {allow_http: true, ca_file: /etc/forewarn/desk-ca.pem}
)");
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  EXPECT_EQ(settings->grpc.server_names,
            (std::vector<std::string>{"collector.example.com", "10.0.0.1"}));
  EXPECT_EQ(settings->grpc.tls.ca_file, "/tls/ca");
  EXPECT_EQ(settings->shards.threads, 2);
  EXPECT_EQ(settings->limits.max_batch_size, 1 << 20);
  EXPECT_EQ(settings->smtp.tls, "implicit");
  EXPECT_TRUE(settings->webhook.allow_http);
  EXPECT_EQ(settings->webhook.ca_file, "/etc/forewarn/desk-ca.pem");
}

TEST(CollectorSettings, WhatBelongsTogetherIsGivenTogether) {
  EXPECT_THAT(MistakesOf("grpc: {tls: {key_file: /k}}\n"),
              HasSubstr("collector.yaml:1:13: 'certificate_file', 'key_file'"));
  EXPECT_THAT(MistakesOf("smtp: {user: x}\n"),
              HasSubstr("'user' and 'password_file' belong together"));
  EXPECT_THAT(MistakesOf("smtp: {host: mail.example.com, tls: none}\n"),
              HasSubstr("only for a server on this machine"));
  EXPECT_EQ(MistakesOf("smtp: {host: 127.0.0.1, tls: none}\n"), "");
  EXPECT_THAT(MistakesOf("dispatch: {backoff_min: 1h, backoff_max: 1m}\n"),
              HasSubstr("must not be above"));
}

TEST(CollectorSettings, TheLargestRequestFitsAmongThoseThatWait) {
  EXPECT_THAT(MistakesOf("doors: {max_request_size: 128MiB, max_waiting_size: 64MiB}"),
              HasSubstr("'max_waiting_size' must not be below 'max_request_size'"));
  EXPECT_THAT(MistakesOf("doors: {max_request_size: 512MiB}"), HasSubstr("'max_waiting_size'"));
  EXPECT_EQ(MistakesOf("doors: {max_request_size: 64MiB, max_waiting_size: 64MiB}"), "");
  EXPECT_THAT(MistakesOf("doors: {max_request_size: 16MiB, max_waiting_size: 32MiB}"),
              HasSubstr("'max_waiting_size'"))
      << "nor does the longest answer of a query";
}

TEST(CollectorSettings, APasswordIsNeverInTheFile) {
  EXPECT_EQ(MistakesOf("smtp: {password: secret}\n"), "collector.yaml:1:8: unknown key 'password'");
}

TEST(CollectorSettings, AMissingFileIsNamed) {
  EXPECT_THAT(LoadCollectorSettings("/nonexistent/collector.yaml").status().message(),
              HasSubstr("/nonexistent/collector.yaml: No such file"));
}

}  // namespace
}  // namespace forewarn
