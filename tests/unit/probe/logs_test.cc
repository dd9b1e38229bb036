#include "probe/logs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

namespace fs = std::filesystem;

constexpr Timestamp kStart = FromMillis(1'777'600'000'000);

class LogsTest : public ::testing::Test {
 protected:
  LogsTest() {
    RedactionOptions redaction;
    redaction.key = std::string(32, 'k');
    redactor_ = *Redactor::Make(std::move(redaction));
    options_.state_file = dir_ / "logs.json";
    log_.path = dir_ / "app*.log";
    log_.severities = {{Severity::kCritical, "FATAL"}, {Severity::kError, "ERROR"}};
    log_.code = "ERR-([0-9]+)";
    log_.from_start = true;
  }

  // As after a start of the probe.
  void Start() {
    options_.logs = {log_};
    StatusOr<std::unique_ptr<Source>> source = MakeLogSource(options_, *redactor_);
    ASSERT_TRUE(source.ok()) << source.status().ToString();
    source_ = *std::move(source);
  }

  std::vector<Event> Round(bool commit = true) {
    if (!source_) Start();
    Readings out(kStart);
    Status status = source_->Read(out);
    EXPECT_TRUE(status.ok()) << status.ToString();
    samples_ = out.samples;
    if (commit) {
      EXPECT_TRUE(source_->Commit().ok());
    }
    return out.reports.events;
  }

  double SampleOf(std::string_view name) {
    double sum = 0;
    for (const Reading& reading : samples_) {
      if (SeriesText(reading.series).starts_with(name)) sum += reading.value;
    }
    return sum;
  }

  uint64_t Count(const std::vector<Event>& events) {
    uint64_t count = 0;
    for (const Event& event : events) count += event.count;
    return count;
  }

  TempDir dir_;
  std::unique_ptr<Redactor> redactor_;
  LogSourceOptions options_;
  LogOptions log_;
  std::unique_ptr<Source> source_;
  std::vector<Reading> samples_;
};

TEST_F(LogsTest, ReportsEqualMessagesOnceWithACount) {
  dir_.Write("app.log",
             "INFO started\nERROR disk 1 failed ERR-17\nERROR disk 2 failed ERR-17\nFATAL gone\n");
  std::vector<Event> events = Round();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].severity, Severity::kError);
  EXPECT_EQ(events[0].count, 2u);
  EXPECT_EQ(events[0].code, "17");
  EXPECT_EQ(events[0].message, "ERROR disk 1 failed ERR-17");
  EXPECT_EQ(events[0].template_text, "ERROR disk <*> failed <*>");
  EXPECT_EQ(events[0].source, "log:" + (dir_ / "app.log"));
  EXPECT_EQ(events[1].severity, Severity::kCritical);
  EXPECT_TRUE(Round().empty());
}

TEST_F(LogsTest, BeginsAtTheEndOfFilesThatWereThereBefore) {
  log_.from_start = false;
  dir_.Write("app.log", "ERROR old\n");
  EXPECT_TRUE(Round().empty());
  dir_.Append("app.log", "ERROR new\n");
  dir_.Write("app2.log", "ERROR in a new file\n");
  EXPECT_EQ(Round().size(), 2u);
}

TEST_F(LogsTest, WaitsForTheEndOfALine) {
  dir_.Write("app.log", "ERROR ha");
  EXPECT_TRUE(Round().empty());
  dir_.Append("app.log", "lf\n");
  std::vector<Event> events = Round();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].message, "ERROR half");
}

TEST_F(LogsTest, ReadsTheRestOfARenamedFileBeforeTheNewOne) {
  dir_.Write("app.log", "ERROR one\n");
  EXPECT_EQ(Count(Round()), 1u);
  dir_.Append("app.log", "ERROR two\n");
  fs::rename(dir_ / "app.log", dir_ / "old.1");
  dir_.Write("app.log", "ERROR three\n");
  std::vector<Event> events = Round();
  EXPECT_EQ(Count(events), 2u);
  dir_.Append("app.log", "ERROR four\n");
  EXPECT_EQ(Count(Round()), 1u);
}

TEST_F(LogsTest, ReadsARotatedFileToItsEndAfterARestart) {
  dir_.Write("app.log", "ERROR one\n");
  EXPECT_EQ(Count(Round()), 1u);
  source_.reset();
  dir_.Append("app.log", "ERROR two\n");
  fs::rename(dir_ / "app.log", dir_ / "old.1");
  dir_.Write("app.log", "ERROR three\n");
  EXPECT_EQ(Count(Round()), 2u);
}

TEST_F(LogsTest, StartsAgainInATruncatedFile) {
  dir_.Write("app.log", "ERROR one is a long line\n");
  EXPECT_EQ(Count(Round()), 1u);
  fs::resize_file(dir_ / "app.log", 0);
  EXPECT_EQ(Count(Round()), 0u);
  dir_.Append("app.log", "ERROR two\n");
  EXPECT_EQ(Count(Round()), 1u);
}

TEST_F(LogsTest, GoesOnWhereItWasAfterARestart) {
  dir_.Write("app.log", "ERROR one\n");
  EXPECT_EQ(Count(Round()), 1u);
  dir_.Append("app.log", "ERROR two\n");
  EXPECT_EQ(Count(Round(/*commit=*/false)), 1u);
  source_.reset();
  EXPECT_EQ(Count(Round()), 1u) << "what was not safe is read again";
  source_.reset();
  EXPECT_EQ(Count(Round()), 0u);
}

TEST_F(LogsTest, CutsAndCountsALineThatIsTooLong) {
  log_.line_max = 100;
  dir_.Write("app.log", "ERROR " + std::string(500, 'x') + "\nERROR next\n");
  std::vector<Event> events = Round();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(Count(events), 2u);
  bool counted = false;
  for (const Reading& reading : samples_) {
    if (SeriesText(reading.series).find("lines_cut") == std::string::npos) continue;
    counted = true;
    EXPECT_EQ(reading.value, 1);
  }
  EXPECT_TRUE(counted);
}

TEST_F(LogsTest, TakesALineLongerThanTheBufferInPieces) {
  log_.line_max = 16 << 10;
  dir_.Write("app.log", "ERROR " + std::string(1 << 20, 'x') + "\nERROR next\n");
  EXPECT_EQ(Count(Round()), 2u);
}

TEST_F(LogsTest, ReadsABoundedPartInARoundAndTheRestLater) {
  options_.bytes_per_round = 1000;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ERROR again\n";
  dir_.Write("app.log", text);
  uint64_t first = Count(Round());
  EXPECT_LT(first, 100u);
  uint64_t all = first;
  for (int i = 0; i < 10; ++i) all += Count(Round());
  EXPECT_EQ(all, 300u);
}

TEST_F(LogsTest, CountsKindsBeyondTheLimitInOneEvent) {
  options_.kinds_per_round = 3;
  dir_.Write("app.log", "ERROR a\nERROR b\nERROR c\nERROR d\nERROR e\nERROR a\n");
  std::vector<Event> events = Round();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(Count(events), 6u);
  EXPECT_EQ(events.back().count, 2u);
}

TEST_F(LogsTest, KeepsNoSecretInMessageOrTemplate) {
  dir_.Write("app.log",
             "ERROR login failed password=hunter2 for user@example.com\n"
             "ERROR login failed password=swordfish for other@example.com\n");
  std::vector<Event> events = Round();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].count, 2u);
  EXPECT_EQ(events[0].template_text, "ERROR login failed password=<*> for <*>");
  EXPECT_EQ(events[0].message.find("hunter2"), std::string::npos);
  EXPECT_EQ(events[0].message.find("user@"), std::string::npos);
}

TEST_F(LogsTest, RefusesACodeWithoutAGroup) {
  log_.code = "ERR-[0-9]+";
  options_.logs = {log_};
  StatusOr<std::unique_ptr<Source>> source = MakeLogSource(options_, *redactor_);
  ASSERT_FALSE(source.ok());
  EXPECT_THAT(source.status().message(), ::testing::HasSubstr("needs a group"));
}

TEST_F(LogsTest, ReadsAgainWhatCouldNotBeKept) {
  dir_.Write("app.log", "ERROR one\nERROR two\n");
  EXPECT_EQ(Count(Round(/*commit=*/false)), 2u);
  source_->Rollback();
  dir_.Append("app.log", "ERROR three\n");
  EXPECT_EQ(Count(Round(/*commit=*/false)), 3u);
  source_->Rollback();
  EXPECT_EQ(Count(Round()), 3u);
  EXPECT_EQ(SampleOf("forewarn_probe_log_lines_total"), 3);
  source_->Rollback();
  EXPECT_EQ(Count(Round()), 0u) << "what was kept is kept";
}

TEST_F(LogsTest, ReadsAgainWhatCouldNotBeKeptOfAFileThatIsGone) {
  dir_.Write("app.log", "ERROR one\n");
  EXPECT_EQ(Count(Round()), 1u);
  dir_.Append("app.log", "ERROR two\n");
  fs::remove(dir_ / "app.log");
  dir_.Write("app.log", "ERROR three\nERROR four\n");
  EXPECT_EQ(Count(Round(/*commit=*/false)), 3u);
  source_->Rollback();
  EXPECT_EQ(Count(Round(/*commit=*/false)), 3u) << "nobody else could read the first of them";
  source_->Rollback();
  EXPECT_EQ(Count(Round()), 3u);
  EXPECT_EQ(Count(Round()), 0u);
}

}  // namespace
}  // namespace forewarn
