#include "rules/detector_book.h"

#include <gmock/gmock.h>
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
      source_.Write(labels, sample);
      bool is_new =
          written_.emplace(std::make_pair(sample.at, std::string(labels.name())), sample.value)
              .second;
      EXPECT_TRUE(is_new) << minute;
    };
    Status status = book_.Observe("p", source_, round, write);
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

const Labels kAvail = {{"__name__", "avail"}, {"device", "sda"}, {"probe", "p"}};

// A sample that comes late, but after the newest snapshot, is taken in where it belongs.
TEST(DetectorBook, BeginsAgainFromTheSnapshotForASampleThatComesLate) {
  Life in_time, late, restarted;
  for (Life* life : {&in_time, &late, &restarted}) {
    for (int minute = 1; minute <= 245; ++minute) {
      // The point of its block that is nearest to the limit, at first unknown.
      const Sample sample = {kStart + 244min - 30s, 14e9};
      if (minute == (life == &in_time ? 244 : 245)) {
        life->source_.Write(kAvail, sample);
        life->book_.Notice("p", sample.at);
      }
      if (minute == 245 && life == &restarted) life->Restart();
      life->Round(minute);
    }
    for (int minute = 246; minute <= 300; ++minute) life->Round(minute);
  }
  const auto last = std::make_pair(kStart + 300min - 1s, std::string("disk:seconds_to_full"));
  EXPECT_EQ(late.written_.at(last), in_time.written_.at(last));
  EXPECT_EQ(late.written_, restarted.written_);
}

TEST(DetectorBook, ReadsTheNewestSamplesAloneWhileNothingComesLate) {
  Life life;
  life.Round(1);
  life.source_.selected = 0;
  for (int minute = 2; minute <= 31; ++minute) life.Round(minute);
  EXPECT_EQ(life.source_.selected, 30u) << "once a round";
  EXPECT_LT(life.book_.work(), 1000u);
  life.Restart();
  life.Round(32);
  EXPECT_EQ(life.source_.selected, 33u) << "after a restart its own samples and what it wrote, too";
  life.Round(33);
  EXPECT_EQ(life.source_.selected, 34u);
}

TEST(DetectorBook, CountsSeriesThatGoOnAgainstTheLimit) {
  Life life;
  const auto write = [](const Labels&, Sample) {};
  const auto series = [](size_t i) {
    return Labels{{"__name__", "avail"}, {"device", std::to_string(i)}, {"probe", "p"}};
  };
  for (size_t i = 0; i <= DetectorBook::kSeriesMax; ++i) life.source_.Write(series(i), {kStart, 1});
  EXPECT_THAT(life.book_.Observe("p", life.source_, kStart, write).message(),
              testing::HasSubstr("1001 series of one probe, but at most 1000 are watched"));
  life.source_.Write(series(0), {kStart + 1min, StaleMarker()});
  EXPECT_TRUE(life.book_.Observe("p", life.source_, kStart + 1min, write).ok());
}

TEST(DetectorBook, ReadsAnHourAtMostForASampleOfLongAgo) {
  Life life;
  for (int minute = 1; minute <= 1500; ++minute) life.Round(minute);
  life.book_.Notice("p", kStart - 240h);
  life.Round(1501);
  EXPECT_LT(life.book_.work(), 2'500u);
  life.Round(1502);
  EXPECT_LT(life.book_.work(), 1'000u) << "and once";
}

TEST(DetectorBook, KnowsAfterThereWereTooManySeriesWhatItKnowsAfterARestart) {
  Life ran_on, restarted;
  for (Life* life : {&ran_on, &restarted}) {
    const auto write = [](const Labels&, Sample) { ADD_FAILURE(); };
    for (int minute = 1; minute <= 200; ++minute) life->Round(minute);
    for (int minute = 201; minute <= 290; ++minute) {
      for (size_t i = 0; i <= DetectorBook::kSeriesMax; ++i) {
        const Labels one = {{"__name__", "avail"}, {"device", std::to_string(i)}, {"probe", "p"}};
        life->source_.Write(one, {kStart + minute * 1min, minute < 290 ? 1 : StaleMarker()});
      }
      if (minute == 290) break;
      life->source_.Write(kAvail, {kStart + minute * 1min - 1s, 20e9 - minute / 60.0 * 1e9});
      EXPECT_FALSE(life->book_.Observe("p", life->source_, kStart + minute * 1min, write).ok());
    }
    if (life == &restarted) life->Restart();
    for (int minute = 290; minute <= 320; ++minute) life->Round(minute);
  }
  EXPECT_EQ(ran_on.written_, restarted.written_);
  EXPECT_GT(ran_on.written_.rbegin()->first.first, kStart + 319min);
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
      life.book_.Observe("p", life.source_, kStart + 1min, [](const Labels&, Sample) {});
  EXPECT_EQ(status.message(), "detector 'disk:seconds_to_full': the source is broken");
}

}  // namespace
}  // namespace forewarn
