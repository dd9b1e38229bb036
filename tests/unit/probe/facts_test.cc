#include "probe/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/probe/temp_dir.h"

namespace forewarn {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr Timestamp kStart = FromMillis(1'777'600'000'000);

class FactsTest : public ::testing::Test {
 protected:
  FactsTest() {
    root_.Write("proc/sys/kernel/random/boot_id", "boot-one\n");
    root_.Write("version", "4.2\nsecond line\n");
    options_.root = root_.path();
    options_.state_file = root_ / "facts.json";
    options_.version = "0.1";
    options_.host = false;
    options_.extra = {{"product.version", root_ / "version", {}}};
    source_ = MakeFactSource(options_);
  }

  Reports Round(Duration after) {
    Readings out(kStart + after);
    status_ = source_->Read(out);
    EXPECT_TRUE(source_->Commit().ok());
    return out.reports;
  }

  TempDir root_;
  FactOptions options_;
  std::unique_ptr<Source> source_;
  Status status_;
};

TEST_F(FactsTest, ReportsAllAtFirstAndThenWhatChanged) {
  Reports first = Round(0s);
  EXPECT_EQ(first.facts.size(), 3u);
  EXPECT_TRUE(first.changes.empty()) << "nothing is known of before";
  root_.Write("version", "4.3\n");
  EXPECT_TRUE(Round(1min).facts.empty()) << "not looked at yet";
  Reports later = Round(1h);
  ASSERT_EQ(later.facts.size(), 1u);
  ASSERT_EQ(later.changes.size(), 1u);
  EXPECT_EQ(later.changes[0].name, "product.version");
  EXPECT_EQ(later.changes[0].before, "4.2");
  EXPECT_EQ(later.changes[0].after, "4.3");
}

TEST_F(FactsTest, SeesARestartOfTheHostAndWhatChangedWhileItWasDown) {
  Round(0s);
  root_.Write("proc/sys/kernel/random/boot_id", "boot-two\n");
  source_ = MakeFactSource(options_);
  Reports reports = Round(1min);
  EXPECT_EQ(reports.facts.size(), 3u) << "all are reported after a start";
  ASSERT_EQ(reports.changes.size(), 1u);
  EXPECT_EQ(reports.changes[0].name, "host.boot");
}

TEST_F(FactsTest, KeepsAFactThatCannotBeReadAndEndsOneThatIsNotAskedFor) {
  Round(0s);
  std::filesystem::remove(root_ / "version");
  EXPECT_TRUE(Round(1h).changes.empty());
  EXPECT_FALSE(status_.ok());
  options_.extra.clear();
  source_ = MakeFactSource(options_);
  Reports reports = Round(2h);
  ASSERT_EQ(reports.changes.size(), 1u);
  EXPECT_EQ(reports.changes[0].after, "");
}

TEST_F(FactsTest, BringsAgainWhatCouldNotBeKept) {
  Readings lost(kStart);
  ASSERT_TRUE(source_->Read(lost).ok());
  source_->Rollback();
  EXPECT_EQ(Round(15s).facts.size(), 3u) << "all, as at first, and not only after the interval";
  root_.Write("version", "4.3\n");
  Readings change(kStart + 2h);
  ASSERT_TRUE(source_->Read(change).ok());
  source_->Rollback();
  Reports again = Round(2h + 15s);
  ASSERT_EQ(again.changes.size(), 1u);
  EXPECT_EQ(again.changes[0].before, "4.2");
  source_->Rollback();
  EXPECT_TRUE(Round(2h + 30s).facts.empty()) << "what was kept is kept";

  source_ = MakeFactSource(options_);
  Readings after_a_start(kStart + 3h);
  ASSERT_TRUE(source_->Read(after_a_start).ok());
  source_->Rollback();
  EXPECT_EQ(Round(3h + 15s).facts.size(), 3u) << "all, also when none changed";
}

TEST(Facts, ReadsDistributionAndProcessors) {
  EXPECT_THAT(ParseOsRelease("PRETTY_NAME=\"x\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\n"),
              UnorderedElementsAre(Pair("os.name", "Debian GNU/Linux"), Pair("os.version", "12")));
  EXPECT_THAT(
      ParseCpuinfo("processor\t: 0\nmodel name\t: A B\n\nprocessor\t: 1\nmodel name\t: A B\n"),
      UnorderedElementsAre(Pair("cpu.count", "2"), Pair("cpu.model", "A B")));
  EXPECT_TRUE(ParseCpuinfo("").empty());
}

}  // namespace
}  // namespace forewarn
