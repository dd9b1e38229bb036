#include "rules/detector_book.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/unit/rules/fake_source.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);

std::vector<DetectorSpec> Specs() {
  DetectorSpec spec;
  spec.record = "disk:seconds_to_full";
  spec.selector_text = "avail";
  spec.selector = {Matcher::Equal("__name__", "avail")};
  return {spec};
}

// A book over one probe with a round a minute, whose disk fills by a gigabyte an hour and is cleaned after
// ten hours. Written findings go where the store would have them.
class Life {
 public:
  Life() { book_.SetSpecs(Specs()); }

  void Round(int minute) {
    Timestamp round = kStart + minute * 1min;
    double value = minute < 600 ? 20e9 - minute / 60.0 * 1e9 : 30e9;
    source_.Write(Labels{{"__name__", "avail"}, {"device", "sda"}, {"probe", "p"}},
                  {round - 1s, value});
    auto write = [&](const Labels& labels, Sample sample) {
      written_.emplace(std::make_pair(sample.at, std::string(labels.name())), sample.value);
    };
    Status status = book_.Observe("p", source_, round - 1min, round, write);
    ASSERT_TRUE(status.ok()) << status.ToString();
    std::vector<StatePut> puts;
    book_.TakeChanges(puts);
    for (const StatePut& put : puts) stored_[put.id] = put.record;
  }

  // A new book, from what was stored.
  void Restart() {
    book_ = DetectorBook();
    for (const auto& [id, record] : stored_) {
      ASSERT_TRUE(DetectorBook::IsId(id));
      ASSERT_TRUE(book_.Restore(id, record).ok());
    }
    book_.SetSpecs(Specs());
  }

  std::map<std::pair<Timestamp, std::string>, double> written_;
  std::map<std::string, std::string> stored_;
  FakeSource source_;
  DetectorBook book_;
};

TEST(DetectorBook, WritesTheForecastWithItsBounds) {
  Life life;
  for (int minute = 1; minute <= 240; ++minute) life.Round(minute);
  Timestamp at = kStart + 240min - 1s;
  double seconds = life.written_.at({at, "disk:seconds_to_full"});
  EXPECT_NEAR(seconds, 16 * 3600, 600);
  EXPECT_LE(life.written_.at({at, "disk:seconds_to_full:lower"}), seconds);
  EXPECT_GE(life.written_.at({at, "disk:seconds_to_full:upper"}), seconds);
  EXPECT_GT(life.written_.at({at, "disk:seconds_to_full:confidence"}), 0.9);
}

TEST(DetectorBook, EndsTheSeriesWhenItClaimsNothingAnyMore) {
  Life life;
  for (int minute = 1; minute <= 720; ++minute) life.Round(minute);
  int ends = 0;
  for (const auto& [key, value] : life.written_) ends += IsStale(value);
  EXPECT_EQ(ends, 4) << "one for each of the four series";
}

TEST(DetectorBook, ARestartAtAnyRoundChangesNothing) {
  Life calm;
  for (int minute = 1; minute <= 720; ++minute) calm.Round(minute);
  Life restless;
  for (int minute = 1; minute <= 720; ++minute) {
    restless.Round(minute);
    if (minute % 7 == 0) restless.Restart();
  }
  ASSERT_EQ(calm.written_.size(), restless.written_.size());
  for (auto a = calm.written_.begin(), b = restless.written_.begin(); a != calm.written_.end();
       ++a, ++b) {
    ASSERT_EQ(a->first, b->first);
    ASSERT_TRUE((Sample{kStart, a->second} == Sample{kStart, b->second}));
  }
}

TEST(DetectorBook, StoresEachDetectorOnceInTenMinutes) {
  Life life;
  int puts = 0;
  for (int minute = 1; minute <= 60; ++minute) {
    life.stored_.clear();
    life.Round(minute);
    puts += static_cast<int>(life.stored_.size());
  }
  EXPECT_GE(puts, 5);
  EXPECT_LE(puts, 7);
}

TEST(DetectorBook, ForgetsARetiredProbeAndADetectorThatIsGone) {
  for (bool retire : {true, false}) {
    Life life;
    for (int minute = 1; minute <= 30; ++minute) life.Round(minute);
    ASSERT_EQ(life.stored_.size(), 1u);
    if (retire) {
      life.book_.Forget("p");
    } else {
      life.book_.SetSpecs({});
    }
    std::vector<StatePut> puts;
    life.book_.TakeChanges(puts);
    ASSERT_EQ(puts.size(), 1u);
    EXPECT_EQ(puts[0].id, life.stored_.begin()->first);
    EXPECT_EQ(puts[0].record, "");
  }
}

TEST(DetectorBook, SaysWhichDetectorCannotRead) {
  Life life;
  life.source_.fail = true;
  Status status =
      life.book_.Observe("p", life.source_, kStart, kStart + 1min, [](const Labels&, Sample) {});
  EXPECT_EQ(status.message(), "detector 'disk:seconds_to_full': the source is broken");
}

}  // namespace
}  // namespace forewarn
