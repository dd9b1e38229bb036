#include "store/memory_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "store/chunk.h"
#include "store/commit_check.h"
#include "store/kept_days.h"

namespace forewarn {

namespace {

using ChunkMap = std::map<std::pair<SeriesId, Timestamp>, SealedChunk>;  // by first sample

std::vector<SealedChunk> ChunksIn(const ChunkMap& chunks, SeriesId id, Timestamp from,
                                  Timestamp to) {
  std::vector<SealedChunk> result;
  for (auto it = chunks.lower_bound({id, Timestamp::min()}); it != chunks.end(); ++it) {
    if (it->first.first != id || it->second.first > to) break;
    if (it->second.last >= from) result.push_back(it->second);
  }
  return result;
}

class CopiedChunks : public Store::ChunkView {
 public:
  explicit CopiedChunks(ChunkMap chunks) : chunks_(std::move(chunks)) {}
  StatusOr<std::vector<SealedChunk>> ReadChunks(SeriesId id, Timestamp from,
                                                Timestamp to) const override {
    return ChunksIn(chunks_, id, from, to);
  }

 private:
  const ChunkMap chunks_;
};

// One partition's part of the disk. Map keys sort as the answers do.
struct MemoryPartition {
  uint64_t last_sequence = 0;
  std::map<uint64_t, std::shared_ptr<const Store::JournalItem>> journal;
  std::map<std::pair<StateKind, std::string>, std::string> state;
  std::map<SeriesId, Labels> series;
  Timestamp raw_from = Timestamp::min();
  ChunkMap chunks;
  std::map<std::pair<SeriesId, Duration>, std::vector<Rollup>> rollups;  // by stretch
  // By customer, event time, sequence and place in the commit.
  std::map<std::tuple<std::string, Timestamp, uint64_t, size_t>, HistoryRow> history;
};

}  // namespace

struct MemoryStore::Impl {
  // A mutex, not an owner: the committer writes while every shard reads, as with a disk.
  mutable std::mutex mutex;
  std::map<uint32_t, MemoryPartition> partitions;  // guarded by mutex
  std::optional<Status> next_failure;              // guarded by mutex
  bool failure_is_written = false;                 // guarded by mutex

  const MemoryPartition& Partition(uint32_t partition) const {
    static const MemoryPartition kEmpty;
    auto found = partitions.find(partition);
    return found == partitions.end() ? kEmpty : found->second;
  }

  void Apply(const forewarn::Commit& commit) {
    MemoryPartition& to = partitions[commit.partition];
    to.last_sequence = commit.sequence;
    JournalItem item{commit.sequence, commit.entry, commit.samples, {}};
    std::vector<JournalItem::Seal>& seals = item.seals.emplace();
    for (const SealedChunk& chunk : commit.chunks) {
      seals.push_back({chunk.after, chunk.id, chunk.first, chunk.last});
    }
    to.journal[commit.sequence] = std::make_shared<const JournalItem>(std::move(item));
    for (const NewSeries& series : commit.new_series) to.series[series.id] = series.labels;
    for (const SealedChunk& chunk : commit.chunks) to.chunks[{chunk.id, chunk.first}] = chunk;
    for (size_t i = 0; i < commit.history.size(); ++i) {
      const HistoryRow& row = commit.history[i];
      to.history[{row.customer, row.at, commit.sequence, i}] = row;
    }
    for (const StatePut& put : commit.state) {
      if (put.record.empty()) {
        to.state.erase({put.kind, put.id});
      } else {
        to.state[{put.kind, put.id}] = put.record;
      }
    }
  }
};

MemoryStore::MemoryStore() : impl_(std::make_unique<Impl>()) {}
MemoryStore::~MemoryStore() = default;

void MemoryStore::FailNextCommit(Status status, bool written) {
  FW_CHECK(!status.ok());
  std::lock_guard lock(impl_->mutex);
  impl_->next_failure = std::move(status);
  impl_->failure_is_written = written;
}

Status MemoryStore::Commit(std::span<const forewarn::Commit> commits) {
  std::lock_guard lock(impl_->mutex);
  FW_RETURN_IF_ERROR(CheckCommits(
      commits, [&](uint32_t partition) { return impl_->Partition(partition).last_sequence; }));
  std::optional<Status> failure = std::exchange(impl_->next_failure, std::nullopt);
  if (!failure || impl_->failure_is_written) {
    for (const forewarn::Commit& commit : commits) {
      if (!commit.empty) impl_->Apply(commit);
    }
  }
  return failure.value_or(OkStatus());
}

// What is read is copied out first, so that `visit` may call the store.

Status MemoryStore::ReadJournal(uint32_t partition, uint64_t first,
                                const std::function<Status(const JournalItem&)>& visit) const {
  std::vector<std::shared_ptr<const JournalItem>> items;
  {
    std::lock_guard lock(impl_->mutex);
    const auto& journal = impl_->Partition(partition).journal;
    for (auto it = journal.lower_bound(first); it != journal.end(); ++it)
      items.push_back(it->second);
  }
  for (const auto& item : items) FW_RETURN_IF_ERROR(visit(*item));
  return OkStatus();
}

StatusOr<uint64_t> MemoryStore::LastSequence(uint32_t partition) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->Partition(partition).last_sequence;
}

Status MemoryStore::ReadState(
    uint32_t partition, StateKind kind,
    const std::function<Status(std::string_view id, std::string_view record)>& visit) const {
  std::vector<std::pair<std::string, std::string>> records;
  {
    std::lock_guard lock(impl_->mutex);
    for (const auto& [key, record] : impl_->Partition(partition).state) {
      if (key.first == kind) records.emplace_back(key.second, record);
    }
  }
  for (const auto& [id, record] : records) FW_RETURN_IF_ERROR(visit(id, record));
  return OkStatus();
}

StatusOr<std::string> MemoryStore::GetState(uint32_t partition, StateKind kind,
                                            std::string_view id) const {
  std::lock_guard lock(impl_->mutex);
  const auto& state = impl_->Partition(partition).state;
  auto found = state.find({kind, std::string(id)});
  if (found == state.end()) return NoSuchRecord(partition, kind, id);
  return found->second;
}

Status MemoryStore::ReadSeries(uint32_t partition,
                               const std::function<Status(const NewSeries&)>& visit) const {
  std::vector<NewSeries> all;
  {
    std::lock_guard lock(impl_->mutex);
    for (const auto& [id, labels] : impl_->Partition(partition).series) all.push_back({id, labels});
  }
  for (const NewSeries& series : all) FW_RETURN_IF_ERROR(visit(series));
  return OkStatus();
}

StatusOr<std::vector<SealedChunk>> MemoryStore::ReadChunks(uint32_t partition, SeriesId id,
                                                           Timestamp from, Timestamp to) const {
  std::lock_guard lock(impl_->mutex);
  return ChunksIn(impl_->Partition(partition).chunks, id, from, to);
}

std::unique_ptr<const Store::ChunkView> MemoryStore::HoldChunks(uint32_t partition) const {
  std::lock_guard lock(impl_->mutex);
  return std::make_unique<CopiedChunks>(impl_->Partition(partition).chunks);
}

StatusOr<std::optional<SealedChunk>> MemoryStore::ReadChunk(uint32_t partition, SeriesId id,
                                                            Timestamp first) const {
  std::lock_guard lock(impl_->mutex);
  const auto& chunks = impl_->Partition(partition).chunks;
  auto found = chunks.find({id, first});
  if (found == chunks.end()) return std::optional<SealedChunk>();
  return std::optional(found->second);
}

StatusOr<bool> MemoryStore::HasChunk(uint32_t partition, SeriesId id, Timestamp first) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->Partition(partition).chunks.contains({id, first});
}

StatusOr<Timestamp> MemoryStore::SealedUntil(uint32_t partition) const {
  Timestamp until = Timestamp::min();
  std::lock_guard lock(impl_->mutex);
  for (const auto& [key, chunk] : impl_->Partition(partition).chunks) {
    until = std::max(until, chunk.last);
  }
  return until;
}

StatusOr<std::vector<Rollup>> MemoryStore::ReadRollups(uint32_t partition, SeriesId id,
                                                       Duration stretch, Timestamp from,
                                                       Timestamp to) const {
  std::vector<Rollup> result;
  std::lock_guard lock(impl_->mutex);
  const auto& rollups = impl_->Partition(partition).rollups;
  auto found = rollups.find({id, stretch});
  if (found == rollups.end()) return result;
  for (const Rollup& rollup : found->second) {
    if (rollup.last.at >= from && rollup.last.at <= to) result.push_back(rollup);
  }
  return result;
}

Timestamp MemoryStore::RawFrom(uint32_t partition) const {
  std::lock_guard lock(impl_->mutex);
  return impl_->Partition(partition).raw_from;
}

StatusOr<std::vector<HistoryRow>> MemoryStore::ReadHistory(uint32_t partition,
                                                           std::string_view customer,
                                                           Timestamp from, Timestamp to,
                                                           size_t limit) const {
  std::vector<HistoryRow> result;
  std::lock_guard lock(impl_->mutex);
  const auto& history = impl_->Partition(partition).history;
  std::string name(customer);
  auto begin = history.lower_bound({name, from, 0, 0});
  auto it = history.upper_bound({name, to, UINT64_MAX, SIZE_MAX});
  while (from <= to && it != begin && result.size() < limit) result.push_back((--it)->second);
  std::reverse(result.begin(), result.end());
  return result;
}

Status MemoryStore::VisitHistory(uint32_t partition, std::string_view customer, Timestamp from,
                                 Timestamp to,
                                 const std::function<bool(const HistoryRow&)>& visit) const {
  FW_ASSIGN_OR_RETURN(std::vector<HistoryRow> rows,
                      ReadHistory(partition, customer, from, to, SIZE_MAX));
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (!visit(*row)) break;
  }
  return OkStatus();
}

// Whole days, as on a disk.
Status MemoryStore::Drop(const Retention& retention) {
  size_t unreadable = 0;
  const FirstDays of_all = KeptDays::OfAll(retention);
  std::vector<KeptDays> all = KeptDays::Of(retention);
  Retention::Dropped others;
  std::lock_guard lock(impl_->mutex);
  for (auto& [number, partition] : impl_->partitions) {
    FW_CHECK(number < retention.journal_kept_from.size());
    partition.journal.erase(partition.journal.begin(),
                            partition.journal.lower_bound(retention.journal_kept_from[number]));
    KeptDays& kept = all[number];
    auto owner_of = [&, &series = partition.series](SeriesId id) -> KeptDays::Owner& {
      auto found = series.find(id);
      return kept.owner(found == series.end() ? 0 : kept.Find(found->second.Get("customer")));
    };
    // What is over for everybody is not told.
    auto is_over = [&](const KeptDays::Owner& owner, Kept kind, int64_t day, uint64_t& dropped) {
      if (day >= owner.FirstOf(kind)) return false;
      if (day >= of_all[static_cast<size_t>(kind)]) ++dropped;
      return true;
    };
    for (auto it = partition.chunks.begin(); it != partition.chunks.end();) {
      const SealedChunk& chunk = it->second;
      KeptDays::Owner& owner = owner_of(chunk.id);
      if (!is_over(owner, Kept::kChunks, StoredDayOf(chunk.first), owner.dropped.chunks)) {
        ++it;
        continue;
      }
      std::vector<Sample> samples;
      if (DecodeChunk(chunk.bytes, samples).ok()) {
        for (Duration stretch : kRollupStretches) {
          Merge(RollUp(samples, stretch), stretch, partition.rollups[{chunk.id, stretch}]);
        }
      } else {
        ++unreadable;
      }
      it = partition.chunks.erase(it);
    }
    for (auto& [key, rollups] : partition.rollups) {
      KeptDays::Owner& owner = owner_of(key.first);
      std::erase_if(rollups, [&](const Rollup& rollup) {
        return is_over(owner, Kept::kRollups, StoredDayOf(rollup.last.at), owner.dropped.rollups);
      });
    }
    std::erase_if(partition.history, [&](const auto& item) {
      KeptDays::Owner& owner = kept.owner(kept.Find(item.second.customer));
      return is_over(owner, Kept::kHistory, StoredDayOf(item.second.at), owner.dropped.history);
    });
    if (const int64_t day = kept.Latest(Kept::kChunks); day > StoredDayOf(Timestamp::min())) {
      partition.raw_from = std::max(partition.raw_from, Timestamp(std::chrono::days(day)));
    }
    for (const KeptDays::Owner& owner : kept.owners()) {
      if (owner.customer.empty()) {
        others.Add(owner.dropped);
      } else if (retention.told && owner.dropped.any()) {
        retention.told(owner.customer, owner.dropped);
      }
    }
  }
  if (retention.told && others.any()) retention.told("", others);
  if (unreadable == 0) return OkStatus();
  return DataLoss(fmt::format("{} records that were dropped could not be read", unreadable));
}

Status MemoryStore::Checkpoint(const std::string& dir) {
  return Status(Code::kUnimplemented,
                fmt::format("a store in memory has no files to copy to {}", dir));
}

}  // namespace forewarn
