#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "store/kept_days.h"
#include "store/rocks_database.h"
#include "store/rocks_early_drop.h"
#include "store/rocks_reclaim.h"
#include "store/rocks_remains.h"

namespace forewarn {

// RocksRetention drops chunks, rollups and history by whole days, and leaves rollups of the chunks:
// those that are over for everybody itself, others by RocksEarlyDrop. Thread-safe; one call of Drop()
// works at a time, beside commits and reads, and another one beside it returns at once.
class RocksRetention {
 public:
  // `database` is a loan that outlives it.
  explicit RocksRetention(const RocksDatabase& database)
      : database_(database), reclaim_(database), early_(database, writing_, reclaim_) {}

  // Call once, first.
  Status Load();
  // See Store::Drop(); the journal is not its business.
  Status Drop(const Store::Retention& retention);

  // See Store::RawFrom().
  Timestamp raw_from(uint32_t partition) const {
    return std::max(raw_from_.load(), early_.raw_from(partition));
  }

  // Chunks that are committed for a day while it is dropped have no part in its rollups, so they
  // must outlive it. Whoever writes commits calls this before, and holds the lock until they are
  // written.
  using WritingLock = std::unique_lock<std::mutex>;
  WritingLock Spare(std::span<const Commit> commits);

 private:
  // All but the journal; false when it was ended early.
  StatusOr<bool> DropDays(const Store::Retention& retention, std::vector<KeptDays>& kept,
                          DropDamage& damage);
  StatusOr<std::optional<int64_t>> FirstDay(DropDamage& damage) const;
  // Rolls up the chunks of one day and drops them; false when `stop` ended it early.
  StatusOr<bool> DropDay(int64_t day, const std::function<bool()>& stop, DropDamage& damage);
  // Its last write, after which the day has no chunk but those that were spared.
  Status EndDay(int64_t day);

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

  const RocksDatabase& database_;

  std::mutex mutex_;  // two may ask to Drop at once
  // Held by each write of commits and, shortly, at both ends of DropDay(): otherwise nobody could
  // say of a chunk whether it came before the rollups or after.
  std::mutex writing_;
  std::optional<int64_t> dropping_;  // the day of DropDay(); guarded by writing_
  std::vector<std::string> spared_;  // keys of chunks of that day; guarded by writing_
  std::atomic<Timestamp> raw_from_ = Timestamp::min();
  // Guarded by mutex_. The days before were reclaimed, by kind.
  FirstDays reclaimed_{kNever, kNever, kNever};
  RocksReclaim reclaim_;
  RocksEarlyDrop early_;
};

}  // namespace forewarn
