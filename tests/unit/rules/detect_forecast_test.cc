#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/rng.h"
#include "rules/detector.h"

namespace forewarn {
namespace {

constexpr Timestamp kStart = FromMillis(1'780'000'000'000);

// Feeds `value(seconds)` once a minute for `length`; the last finding.
template <typename Value>
std::optional<Finding> Feed(Detector& detector, Duration length, Value value) {
  std::optional<Finding> last;
  for (Duration t = 0ms; t <= length; t += 1min)
    last = detector.Observe(kStart + t, value(ToSeconds(t)));
  return last;
}

TEST(Forecast, TellsWhenASteadyFillEnds) {
  auto detector = MakeForecast({});
  std::optional<Finding> found =
      Feed(*detector, 4h, [](double seconds) { return 10e9 - 300e3 * seconds; });
  ASSERT_TRUE(found.has_value());
  double truth = 10e9 / 300e3 - 4 * 3600;
  EXPECT_NEAR(found->value, truth, truth * 0.01);
  EXPECT_LE(found->lower, found->value);
  EXPECT_GE(found->upper, found->value);
  EXPECT_GT(found->confidence, 0.95);
}

TEST(Forecast, WorksTowardsALimitFromBelowToo) {
  auto detector = MakeForecast({.reaches = 100});
  std::optional<Finding> found = Feed(*detector, 4h, [](double seconds) { return seconds / 300; });
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->value, 30'000 - 14'400, 300);
}

TEST(Forecast, ClaimsNothingWithoutHistory) {
  auto detector = MakeForecast({});
  EXPECT_FALSE(Feed(*detector, 110min, [](double s) { return 10e9 - 1e6 * s; }).has_value());
}

TEST(Forecast, ClaimsNothingAboutNoise) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Rng rng(seed);
    auto detector = MakeForecast({});
    int claims = 0;
    for (Duration t = 0ms; t <= 48h; t += 1min) {
      claims += detector->Observe(kStart + t, 50 + 10 * rng.Unit()).has_value();
    }
    EXPECT_EQ(claims, 0) << "seed " << seed;
  }
}

TEST(Forecast, ClaimsNothingThatLiesTooFarAhead) {
  auto detector = MakeForecast({});
  // Two hours of history, a hundred hours to go.
  EXPECT_FALSE(Feed(*detector, 3h, [](double s) { return 360'000 - s; }).has_value());
}

TEST(Forecast, ClaimsNothingWhenTheTrendLeadsAway) {
  auto detector = MakeForecast({});
  EXPECT_FALSE(Feed(*detector, 6h, [](double s) { return 1e9 + 1e5 * s; }).has_value());
}

TEST(Forecast, IsNotFooledByASawTooth) {
  // Filled and cleaned every 35 minutes: every tooth alone would end in an hour.
  auto detector = MakeForecast({});
  int claims = 0;
  for (Duration t = 0ms; t <= 48h; t += 1min) {
    double value = 90 - std::fmod(ToSeconds(t) / 60, 35);
    claims += detector->Observe(kStart + t, value).has_value();
  }
  EXPECT_EQ(claims, 0);
}

TEST(Forecast, StartsAnewAfterABreak) {
  auto detector = MakeForecast({});
  Feed(*detector, 6h, [](double s) { return 100e9 - 2e6 * s; });
  // Cleaned: plenty of room, and from now on nothing moves.
  std::optional<Finding> last;
  for (Duration t = 6h + 1min; t <= 9h; t += 1min) last = detector->Observe(kStart + t, 95e9);
  EXPECT_FALSE(last.has_value());
}

TEST(Forecast, IgnoresWhatIsNotANumber) {
  auto with = MakeForecast({});
  auto without = MakeForecast({});
  auto fill = [](double s) { return 10e9 - 300e3 * s; };
  Feed(*without, 4h, fill);
  for (Duration t = 0ms; t <= 4h; t += 1min) {
    with->Observe(kStart + t, fill(ToSeconds(t)));
    EXPECT_FALSE(with->Observe(kStart + t + 1s, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_FALSE(with->Observe(kStart + t + 2s, std::numeric_limits<double>::infinity()));
  }
  Encoder a, b;
  with->Save(a);
  without->Save(b);
  EXPECT_EQ(a.str(), b.str());
}

TEST(Forecast, ContinuesFromItsSavedStateAsIfNothingHadHappened) {
  Rng rng(3);
  auto one = MakeForecast({});
  auto fill = [](double s) { return 10e9 - 300e3 * s; };
  for (Duration t = 0ms; t <= 12h; t += 1min) {
    double value = fill(ToSeconds(t)) + 1e8 * rng.Unit();
    // Restarted at every minute.
    Encoder state;
    one->Save(state);
    auto two = MakeForecast({});
    Decoder in(state.str());
    ASSERT_TRUE(two->Load(in).ok());
    ASSERT_TRUE(in.done());
    std::optional<Finding> a = one->Observe(kStart + t, value);
    std::optional<Finding> b = two->Observe(kStart + t, value);
    ASSERT_EQ(a.has_value(), b.has_value()) << t.count();
    if (a) {
      ASSERT_EQ(a->value, b->value);
      ASSERT_EQ(a->lower, b->lower);
      ASSERT_EQ(a->upper, b->upper);
    }
  }
}

TEST(Forecast, RefusesADamagedState) {
  auto detector = MakeForecast({});
  Feed(*detector, 4h, [](double s) { return 10e9 - 300e3 * s; });
  Encoder state;
  detector->Save(state);
  for (size_t size = 0; size < state.size(); ++size) {
    Decoder in(std::string_view(state.str()).substr(0, size));
    EXPECT_FALSE(MakeForecast({})->Load(in).ok()) << size;
  }
  std::string newer = state.str();
  newer[0] = 2;
  Decoder in(newer);
  EXPECT_FALSE(MakeForecast({})->Load(in).ok());
}

}  // namespace
}  // namespace forewarn
