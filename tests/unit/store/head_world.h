#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "store/head.h"
#include "store/memory_store.h"

namespace forewarn {

inline constexpr uint32_t kPartition = 5;
// The start of a window of two hours.
inline constexpr Timestamp kStart = FromMillis(1'767'225'600'000);

inline Labels Host(int host) {
  return {{"__name__", "load"},
          {"host", fmt::format("h{:02}", host)},
          {"probe", "p"},
          {"customer", "c"}};
}

inline SampleBlock Block(const std::vector<std::tuple<Labels, Timestamp, double>>& samples) {
  auto table = std::make_shared<SeriesTable>();
  SampleBlock block;
  for (const auto& [labels, at, value] : samples) {
    auto found = std::find(table->series.begin(), table->series.end(), labels);
    block.refs.push_back(static_cast<uint32_t>(found - table->series.begin()));
    if (found == table->series.end()) table->series.push_back(labels);
    block.times.push_back(at);
    block.values.push_back(value);
  }
  block.table = table;
  return block;
}

inline const Matchers& All() {
  static const Matchers all = {*Matcher::Make(Matcher::Kind::kRegex, "__name__", ".+")};
  return all;
}

// A head with its store, driven as a shard drives it.
class HeadWorld : public ::testing::Test {
 protected:
  HeadWorld() { Restart(); }

  void Restart() {
    head_ = std::make_unique<Head>(kPartition, store_, options_);
    ASSERT_TRUE(head_->Load().ok());
    Status status = store_.ReadJournal(
        kPartition, 1, [&](const Store::JournalItem& item) { return head_->Replay(item); });
    ASSERT_TRUE(status.ok()) << status.ToString();
    sequence_ = *store_.LastSequence(kPartition);
  }

  Commit Begin() {
    Commit commit;
    commit.partition = kPartition;
    commit.sequence = ++sequence_;
    return commit;
  }
  void Write(const Commit& commit) { ASSERT_TRUE(store_.Commit({&commit, 1}).ok()); }

  Head::Refused Push(const SampleBlock& block, Timestamp now) {
    Commit commit = Begin();
    Head::Refused refused = head_->Append(block, now, commit);
    Write(commit);
    return refused;
  }
  void Seal(Timestamp now) {
    Commit commit = Begin();
    head_->SealBefore(now, commit);
    Write(commit);
  }

  std::vector<Sample> SamplesOf(const Labels& labels, Timestamp from = Timestamp::min(),
                                Timestamp to = Timestamp::max()) {
    Matchers matchers;
    for (const auto& [name, value] : labels)
      matchers.push_back(Matcher::Equal(std::string(name), std::string(value)));
    auto found = head_->Select(matchers, from, to, {});
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return found->empty() ? std::vector<Sample>{} : found->front().samples;
  }
  uint64_t KeptFrom() const { return head_->JournalKeptFrom(sequence_ + 1); }

  HeadOptions options_;
  MemoryStore store_;
  std::unique_ptr<Head> head_;
  uint64_t sequence_ = 0;
};

// A store that tells how often it was asked for chunks.
class CountingStore : public MemoryStore {
 public:
  StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id, Timestamp from,
                                                Timestamp to) const override {
    ++asked;
    return MemoryStore::ReadChunks(partition, id, from, to);
  }
  StatusOr<std::optional<SealedChunk>> ReadChunk(uint32_t partition, SeriesId id,
                                                 Timestamp first) const override {
    ++asked;
    return MemoryStore::ReadChunk(partition, id, first);
  }
  mutable int asked = 0;
};

}  // namespace forewarn
