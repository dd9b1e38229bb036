#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "probe/spool.h"
#include "tests/unit/probe/temp_dir.h"

namespace forewarn {

// What the tests of the spool put into it and how they take it out again.

inline constexpr Timestamp kStart = FromMillis(1'777'600'000'000);

inline SpoolOptions Options(const TempDir& dir) {
  SpoolOptions options;
  options.folder = dir / "spool";
  options.sync = false;
  return options;
}

inline std::unique_ptr<Spool> OpenOrDie(const SpoolOptions& options, Timestamp now = kStart) {
  StatusOr<std::unique_ptr<Spool>> spool = Spool::Open(options, now);
  EXPECT_TRUE(spool.ok()) << spool.status().ToString();
  return *std::move(spool);
}

// One round: `samples` readings, numbered so that each is unlike any other, and `events` events.
inline SpoolItem Item(int round, int samples, int events = 0) {
  SpoolItem item;
  item.at = kStart + 15s * round;
  for (int i = 0; i < samples; ++i) {
    std::string cpu = std::to_string(i);
    item.samples.push_back({MakeSeriesName("m", {{"cpu", cpu}}), round * 1000.0 + i});
  }
  item.rounds.push_back({item.at, 15s, 0ms});
  for (int i = 0; i < events; ++i) {
    Event event;
    event.at = event.last_at = item.at;
    event.message = "event " + std::to_string(round) + "/" + std::to_string(i);
    item.reports.events.push_back(event);
  }
  return item;
}

struct Delivered {
  std::multiset<double> samples;
  std::multiset<std::string> events;
  std::vector<uint64_t> sequences;
  std::map<std::string, uint64_t> gaps;  // by kind

  void Take(const SpooledBatch& batch) {
    sequences.push_back(batch.sequence);
    for (const Reading& reading : batch.item.samples) samples.insert(reading.value);
    for (const Event& event : batch.item.reports.events) events.insert(event.message);
    for (const Gap& gap : batch.gaps) gaps[gap.kind] += gap.count;
  }
};

// Sends and acknowledges all there is, resends included.
inline Delivered Drain(Spool& spool, Timestamp now = kStart) {
  Delivered delivered;
  for (uint64_t sequence : spool.UnderWay()) {
    StatusOr<SpooledBatch> batch = spool.Load(sequence);
    EXPECT_TRUE(batch.ok()) << batch.status().ToString();
    delivered.Take(*batch);
    spool.Ack(batch->epoch, sequence);
  }
  for (;;) {
    StatusOr<std::optional<SpooledBatch>> batch = spool.Seal(now);
    EXPECT_TRUE(batch.ok()) << batch.status().ToString();
    if (!batch->has_value()) return delivered;
    delivered.Take(**batch);
    spool.Ack((*batch)->epoch, (*batch)->sequence);
  }
}

inline std::vector<std::string> Files(const std::string& folder, const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(prefix))
      names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void Spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace forewarn
