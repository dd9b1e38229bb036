#include "tests/golden/golden_store.h"

#include <string>

#include "model/ids.h"
#include "store/chunk.h"

namespace forewarn {
namespace {

constexpr int64_t kStart = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

Commit Make(uint32_t partition, uint64_t sequence, std::string entry) {
  Commit commit;
  commit.partition = partition;
  commit.sequence = sequence;
  commit.entry = std::move(entry);
  return commit;
}

SealedChunk Seal(SeriesId id, std::vector<double> values) {
  std::vector<Sample> samples;
  for (size_t i = 0; i < values.size(); ++i) {
    samples.push_back({FromMillis(kStart + 15'000 * static_cast<int64_t>(i)), values[i]});
  }
  return {id, samples.front().at, samples.back().at, static_cast<uint32_t>(samples.size()),
          EncodeChunk(samples)};
}

}  // namespace

std::vector<Commit> GoldenCommits(int format) {
  std::vector<Commit> commits;

  Commit& first = commits.emplace_back(Make(7, 1, "first"));
  first.new_series = {{1, {{"__name__", "up"}, {"customer", "acme"}, {"host", "a"}}},
                      {2, {{"__name__", "disk_free_bytes"}, {"customer", "acme"}}}};
  first.samples.Add(1, FromMillis(kStart), 1);
  first.samples.Add(2, FromMillis(kStart), 1e11);
  first.samples.Add(2, FromMillis(kStart + 15'000), StaleMarker());
  first.state = {{StateKind::kPartition, "", "at one"}, {StateKind::kAlert, "a1", "pending"}};
  first.history = {{HistoryKind::kEvent, "acme", "p1", FromMillis(kStart), "an event"},
                   {HistoryKind::kAlert, "acme", "", FromMillis(kStart - 1), "a step"}};

  // One chunk of each kind of values: constant, decimal, xor.
  Commit& second = commits.emplace_back(Make(7, 2, std::string(400, 'x')));
  second.chunks = {Seal(1, {1, 1, 1, 1}), Seal(2, {0.25, 0.5, -7, 12.75}),
                   Seal(3, {1e300, StaleMarker(), -0.0, 0.1})};
  second.new_series = {{3, {{"__name__", "load1"}}}};
  second.state = {{StateKind::kAlert, "a1", ""}, {StateKind::kAlert, "a2", "firing"}};

  Commit& control = commits.emplace_back(Make(kControlPartition, 1, "control"));
  control.state = {{StateKind::kToken, "t", "token"}};

  Commit& third = commits.emplace_back(Make(7, 3, ""));
  third.state = {{StateKind::kPartition, "", "at three"}};
  third.history = {{HistoryKind::kGap, "acme", "p1", FromMillis(kStart + 86'400'000), "a gap"}};
  if (format < 3) return commits;

  // What was sealed between its samples, of a day that is rolled up.
  Commit& fourth = commits.emplace_back(Make(7, 4, "fourth"));
  std::vector<Sample> samples;
  for (int i = 0; i < 4; ++i) {
    samples.push_back({kGoldenRawFrom - 1h + 15s * i, 0.5 * i});
    fourth.samples.Add(1, samples.back().at, samples.back().value);
  }
  fourth.chunks = {{1, samples.front().at, samples.back().at, 4, EncodeChunk(samples), 4}};
  fourth.samples.Add(1, FromMillis(kStart + 60'000), -0.0);
  if (format < 4) return commits;

  // Of which the second steps from the first, and the third cannot.
  for (int i = 0; i < 3; ++i) {
    Commit& step = commits.emplace_back(Make(7, 5 + static_cast<uint64_t>(i), "a step"));
    const Timestamp at = i < 2 ? FromMillis(kStart + 75'000 + i) : FromMillis(-1);
    step.samples.Add(1, at, 12.5 + i);
    step.samples.Add(2, at, 1e11 + i);
    step.samples.Add(3, at, 0.1 * i);
  }
  return commits;
}

}  // namespace forewarn
