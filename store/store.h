#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "store/rollup.h"

namespace forewarn {

// Store remembers: it writes commits whole or not at all, and reads back what was written. One for
// a process. Commit() has one caller, the committer's thread; everything else is thread-safe and
// sees a consistent state. Nothing it was asked to commit is visible before it is durable.
class Store {
 public:
  virtual ~Store() = default;

  // Writes all of `commits` in one atomic, synced write, in their order. When it fails, nothing of
  // them is durable for sure and nothing may be acknowledged; the process ends and replays
  // (kResourceExhausted for a full disk, kDataLoss for corruption, kUnavailable otherwise; the
  // message names the folder). Sequences of a partition must follow each other without a hole.
  virtual Status Commit(std::span<const Commit> commits) = 0;

  // A journalled commit, as it is needed to rebuild what is only in memory.
  struct JournalItem {
    uint64_t sequence = 0;
    std::string entry;
    AppliedSamples samples;
    // A run of samples that the commit sealed, once `after` of its own samples were applied: those
    // of its series that were open then and lie in [first, last].
    struct Seal {
      uint32_t after = 0;
      SeriesId id = 0;
      Timestamp first;
      Timestamp last;
    };
    // Nothing when the journal does not tell: it was written in format 1 or 2.
    std::optional<std::vector<Seal>> seals;
  };
  // Calls `visit` for the partition's journal from `first` on, in order, until it returns a
  // failure.
  virtual Status ReadJournal(uint32_t partition, uint64_t first,
                             const std::function<Status(const JournalItem&)>& visit) const = 0;
  // The sequence of the partition's last commit; 0 when there is none.
  virtual StatusOr<uint64_t> LastSequence(uint32_t partition) const = 0;

  // All records of one kind, ordered by id.
  virtual Status ReadState(
      uint32_t partition, StateKind kind,
      const std::function<Status(std::string_view id, std::string_view record)>& visit) const = 0;
  // kNotFound when there is none.
  virtual StatusOr<std::string> GetState(uint32_t partition, StateKind kind,
                                         std::string_view id) const = 0;

  // All series of a partition, ordered by id.
  virtual Status ReadSeries(uint32_t partition,
                            const std::function<Status(const NewSeries&)>& visit) const = 0;

  // The sealed chunks of one series that overlap [from, to], in time order.
  virtual StatusOr<std::vector<SealedChunk>> ReadChunks(uint32_t partition, SeriesId id,
                                                        Timestamp from, Timestamp to) const = 0;

  // What the store holds of a partition's chunks at one moment, whatever is committed afterwards; what
  // retention drops goes all the same, and is then found among the rollups. Thread-safe.
  class ChunkView {
   public:
    virtual ~ChunkView() = default;
    // As Store::ReadChunks() would have answered then.
    virtual StatusOr<std::vector<SealedChunk>> ReadChunks(SeriesId id, Timestamp from,
                                                          Timestamp to) const = 0;
  };
  // The store outlives it. Not to be held for long: it keeps what is overwritten from being freed.
  virtual std::unique_ptr<const ChunkView> HoldChunks(uint32_t partition) const = 0;

  // The sealed chunk of the series that begins at `first`, if any.
  virtual StatusOr<std::optional<SealedChunk>> ReadChunk(uint32_t partition, SeriesId id,
                                                         Timestamp first) const = 0;
  // Whether a sealed chunk of the series begins at `first`; known of one that cannot be read, too.
  virtual StatusOr<bool> HasChunk(uint32_t partition, SeriesId id, Timestamp first) const = 0;

  // A bound that no sample of a sealed chunk of the partition passes; Timestamp::min() when there is
  // none.
  virtual StatusOr<Timestamp> SealedUntil(uint32_t partition) const = 0;

  // The rollups of one series that are left of the days before RawFrom(partition), with last samples
  // in [from, to], in time order. `stretch` is one of kRollupStretches.
  virtual StatusOr<std::vector<Rollup>> ReadRollups(uint32_t partition, SeriesId id,
                                                    Duration stretch, Timestamp from,
                                                    Timestamp to) const = 0;
  // Chunks of the days before may have been dropped, those of some series of the partition or of all,
  // and the rollups of what was dropped are there to be read.
  virtual Timestamp RawFrom(uint32_t partition) const = 0;

  // History of one customer with event times in [from, to], oldest first, at most `limit` rows (the
  // newest ones when there are more).
  virtual StatusOr<std::vector<HistoryRow>> ReadHistory(uint32_t partition,
                                                        std::string_view customer, Timestamp from,
                                                        Timestamp to, size_t limit) const = 0;

  // The same rows, the newest first, however many there are, until `visit` returns false.
  virtual Status VisitHistory(uint32_t partition, std::string_view customer, Timestamp from,
                              Timestamp to,
                              const std::function<bool(const HistoryRow&)>& visit) const = 0;

  // Drops what is older: whole days. What chunks of such a day hold is rolled up before they go.
  // `journal_kept_from[p]` is the first sequence of partition p that is still needed; those before may
  // go. It may take long, and goes on beside commits and reads. A call beside one that works at the
  // days drops what it may of the journal, which takes moments, and leaves the days to that one.
  // kDataLoss when all was done, but something that was dropped could not be read: the message says
  // how much, and what came first.
  //
  // A day that is over for everybody goes as files where nothing came for it since. Of a day that is
  // over for some customers, what they have of it goes, series by series. Whose a series is says its
  // label `customer`; a customer's data lie in its partition. When the call returns success, the files
  // of the store hold nothing any more of what was dropped, but for readers that began before.
  struct Retention {
    struct Until {
      Timestamp chunks_before;
      Timestamp rollups_before = Timestamp::min();
      Timestamp history_before;
    };
    Timestamp chunks_before;
    Timestamp rollups_before = Timestamp::min();
    Timestamp history_before;
    // The customers for whom other times hold, by id.
    std::map<std::string, Until, std::less<>> own = {};
    std::vector<uint64_t> journal_kept_from;  // kPartitions + 1 numbers
    // Asked now and then: true ends the work early, with what is done so far whole.
    std::function<bool()> stop;
    // True ends also what cannot ask: the rewriting of files. May be null; outlives the call, which only
    // reads it.
    std::atomic<bool>* ended = nullptr;
    // Hears once, before the call returns, what went before it was over for everybody: of each of
    // `own`, and under no name of all others together. May be empty.
    struct Dropped {
      uint64_t chunks = 0;
      uint64_t rollups = 0;  // records
      uint64_t history = 0;  // rows

      bool any() const { return chunks + rollups + history > 0; }
      void Add(const Dropped& more) {
        chunks += more.chunks;
        rollups += more.rollups;
        history += more.history;
      }
    };
    std::function<void(std::string_view customer, const Dropped&)> told = nullptr;
  };
  virtual Status Drop(const Retention& retention) = 0;

  // How the database does below, for those who watch it; all zero where there is nothing of the kind.
  struct Figures {
    static constexpr size_t kLevels = 7;
    uint64_t level_files[kLevels] = {};
    uint64_t pending_compaction_bytes = 0;
    uint64_t memtable_bytes = 0;
    uint64_t block_cache_bytes = 0;
    uint64_t block_cache_hits = 0;  // these two since it was opened
    uint64_t block_cache_misses = 0;
  };
  virtual Figures Look() const { return {}; }

  // Makes a copy that can be opened by itself, while running. `dir` must not exist.
  virtual Status Checkpoint(const std::string& dir) = 0;
};

struct StoreOptions {
  std::string dir;
  int64_t block_cache_bytes = 64 << 20;
  int64_t write_buffer_bytes = 32 << 20;
};

// Opens or creates a database. Refuses with a sentence: a folder that another process holds, a
// newer format, corruption (naming the file).
StatusOr<std::unique_ptr<Store>> OpenStore(const StoreOptions& options);

}  // namespace forewarn
