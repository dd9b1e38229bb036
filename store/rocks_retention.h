#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "base/status.h"
#include "base/time.h"
#include "store/rocks_database.h"

namespace forewarn {

// RocksRetention drops chunks, rollups and history by whole days, and leaves rollups of the chunks.
// Thread-safe; one call of Drop() works at a time, beside commits and reads.
class RocksRetention {
 public:
  // `database` is a loan that outlives it.
  explicit RocksRetention(const RocksDatabase& database) : database_(database) {}

  // Call once, first.
  Status Load();
  // See Store::Drop(); the journal is not its business.
  Status Drop(const Store::Retention& retention);

  Timestamp raw_from() const { return raw_from_.load(); }

 private:
  // Rolls up the chunks of one day and drops them; false when `stop` ended it early.
  StatusOr<bool> DropDay(int64_t day, const std::function<bool()>& stop);

  const RocksDatabase& database_;

  std::mutex mutex_;  // two may ask to Drop at once
  std::atomic<Timestamp> raw_from_ = Timestamp::min();
};

}  // namespace forewarn
