#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "collector/doors/batch_builder.h"
#include "collector/doors/intake.h"
#include "collector/metrics.h"
#include "tests/unit/collector/doors/fake_sink.h"

namespace forewarn {

using Door = SourceToken::Door;

inline constexpr Timestamp kNow = FromMillis(1'780'000'000'000);

// An intake in front of a fold that keeps what it is given.
class DoorIntakeTest : public testing::Test {
 protected:
  // A request with one sample at each of the times.
  std::vector<DoorBatch> Samples(std::vector<Timestamp> times, int copies = 1) {
    BatchBuilder builder(TestToken(), limits_, clock_.Now());
    uint32_t up = builder.AddSeries({{"__name__", "up"}});
    for (Timestamp at : times) {
      for (int i = 0; i < copies; ++i) builder.AddSample(up, ToMillis(at), 1);
    }
    return builder.Take();
  }
  std::vector<DoorBatch> OneEvent(const std::string& message = "") {
    BatchBuilder builder(TestToken(), limits_, clock_.Now());
    Event event;
    event.at = kNow;
    event.message = message;
    builder.AddEvent(event);
    return builder.Take();
  }

  void Submit(std::vector<DoorBatch> batches, Door door = Door::kPrometheus) {
    outcome_.reset();
    intake_.Submit(TestToken(door), std::move(batches), [this](const DoorIntake::Outcome& outcome) {
      EXPECT_FALSE(outcome_.has_value());
      outcome_ = outcome;
    });
    sink_.Settle();
  }
  std::vector<Timestamp> RoundEnds() {
    std::vector<Timestamp> ends;
    for (const Batch& batch : sink_.Batches()) {
      for (const Round& round : batch.rounds) ends.push_back(round.end);
    }
    return ends;
  }

  const LimitSettings limits_;
  FakeSink sink_;
  Metrics metrics_;
  ManualClock clock_{kNow};
  DoorIntake intake_{sink_, metrics_, clock_, limits_};
  std::optional<DoorIntake::Outcome> outcome_;
};

}  // namespace forewarn
