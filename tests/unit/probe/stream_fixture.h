#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "probe/stream.h"
#include "tests/unit/probe/fake_collector.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {

inline constexpr Timestamp kStart = FromMillis(1'777'600'000'000);

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    SpoolOptions options;
    options.folder = dir_ / "spool";
    options.sync = false;
    spool_ = *Spool::Open(options, kStart);
    collector_.welcome.set_max_in_flight(4);
    collector_.welcome.add_capabilities(std::string(kAcceptsPackedSamples));
    stream_ = std::make_unique<Stream>(
        StreamOptions{}, *spool_, collector_, clock_, rng_,
        [this](const SpooledBatch& batch) { told_.push_back(batch.sequence); });
  }

  void Append(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      SpoolItem item;
      item.at = clock_.Now();
      ++appended_;
      item.samples.push_back({MakeSeriesName("m", {{"a", "b"}}), static_cast<double>(appended_)});
      item.samples.push_back({MakeSeriesName("n", {}), static_cast<double>(appended_)});
      item.rounds.push_back({item.at, 15s, 0ms});
      ASSERT_TRUE(spool_->Append(item, clock_.Now()).ok());
      clock_.Advance(1ms);
    }
  }

  // Turns until all is acknowledged, or an hour has passed.
  void Settle() {
    Duration end = clock_.Monotonic() + 1h;
    while (!stream_->idle() && clock_.Monotonic() < end) {
      if (!stream_->Step(10ms)) clock_.Advance(100ms);
    }
  }

  TempDir dir_;
  ManualClock clock_{kStart};
  Rng rng_{7};
  FakeCollector collector_{clock_};
  std::unique_ptr<Spool> spool_;
  std::vector<uint64_t> told_;
  std::unique_ptr<Stream> stream_;
  int appended_ = 0;
};

}  // namespace forewarn
