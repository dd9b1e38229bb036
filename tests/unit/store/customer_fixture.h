#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "model/ids.h"
#include "store/chunk.h"
#include "store/commit_check.h"
#include "tests/unit/store/rocks_fixture.h"

namespace forewarn {

// A database with three customers of one partition: each has the series that its place names, from 1.
class CustomerFixture : public RocksFixture {
 protected:
  static constexpr Timestamp kDay = FromMillis(1'767'225'600'000);  // the start of one

  CustomerFixture() {
    customers_ = {"acme"};
    partition_ = PartitionOf("acme");
    for (int i = 0; customers_.size() < 3; ++i) {
      std::string name = "customer-" + std::to_string(i);
      if (PartitionOf(name) == partition_) customers_.push_back(std::move(name));
    }
  }
  void SetUp() override {
    store_ = Open();
    forewarn::Commit commit = Next();
    for (SeriesId id = 1; id <= 3; ++id) {
      commit.new_series.push_back({id, {{"__name__", "up"}, {"customer", Customer(id)}}});
    }
    Write(commit);
  }

  const std::string& Customer(SeriesId id) const { return customers_[id - 1]; }
  forewarn::Commit Next() {
    forewarn::Commit commit;
    commit.partition = partition_;
    commit.sequence = *store_->LastSequence(partition_) + 1;
    return commit;
  }
  void Write(const forewarn::Commit& commit) {
    Status written = store_->Commit({&commit, 1});
    ASSERT_TRUE(written.ok()) << written.ToString();
  }
  // A chunk of one sample every 15 s.
  void Seal(SeriesId id, Timestamp first, size_t count = 240) {
    std::vector<Sample> samples;
    for (size_t i = 0; i < count; ++i) {
      samples.push_back({first + 15s * static_cast<int64_t>(i), static_cast<double>(i)});
    }
    forewarn::Commit commit = Next();
    commit.chunks = {{id, samples.front().at, samples.back().at, static_cast<uint32_t>(count),
                      EncodeChunk(samples), 0}};
    Write(commit);
  }
  void Happen(SeriesId id, Timestamp at, std::string record) {
    forewarn::Commit commit = Next();
    commit.history = {{HistoryKind::kEvent, Customer(id), "p", at, std::move(record)}};
    Write(commit);
  }
  // All keep everything, but the customer of series `id`, of whom nothing from before is kept.
  Store::Retention Own(SeriesId id, Timestamp before) {
    Store::Retention retention = All(kTimeZero);
    retention.own[Customer(id)] = {before, kTimeZero, before};
    return retention;
  }
  Store::Retention All(Timestamp before) {
    Store::Retention retention;
    retention.chunks_before = before;
    retention.rollups_before = kTimeZero;
    retention.history_before = before;
    retention.journal_kept_from.assign(kPartitions + 1, 1);
    return retention;
  }
  void Drop(const Store::Retention& retention) {
    Status dropped = store_->Drop(retention);
    EXPECT_TRUE(dropped.ok()) << dropped.ToString();
  }
  void Reopen() {
    store_.reset();
    store_ = Open();
  }
  // Samples in chunks, and in rollups.
  uint64_t Raw(SeriesId id) {
    auto chunks = store_->ReadChunks(partition_, id, Timestamp::min(), Timestamp::max());
    EXPECT_TRUE(chunks.ok()) << chunks.status().ToString();
    uint64_t count = 0;
    for (const SealedChunk& chunk : *chunks) count += chunk.count;
    return count;
  }
  uint64_t RolledUp(SeriesId id, Duration stretch = 5min) {
    auto read = store_->ReadRollups(partition_, id, stretch, Timestamp::min(), Timestamp::max());
    EXPECT_TRUE(read.ok()) << read.status().ToString();
    uint64_t count = 0;
    for (const Rollup& rollup : *read) count += rollup.count;
    return count;
  }
  size_t Rows(SeriesId id) {
    return store_
        ->ReadHistory(partition_, Customer(id), Timestamp::min(), Timestamp::max(), 1'000'000)
        ->size();
  }

  std::vector<std::string> customers_;
  uint32_t partition_ = 0;
  std::unique_ptr<Store> store_;
};

}  // namespace forewarn
