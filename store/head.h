#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/commit.h"
#include "model/numbered_source.h"
#include "model/telemetry.h"
#include "store/derived_counts.h"
#include "store/series_view.h"
#include "store/store.h"

namespace forewarn {

struct HeadOptions {
  Duration chunk_window = 2h;       // a chunk never crosses a multiple of this; divides a day
  uint32_t chunk_samples = 480;     // nor holds more
  uint32_t chunk_bytes = 512;       // nor takes much more while it is open
  Duration accepted_age = 24h * 8;  // against arrival time
  Duration accepted_ahead = 10min;
  size_t commit_samples = 16 << 20;  // with which a commit takes no more results of rules
  uint64_t max_series_per_probe = 50'000;
  uint64_t max_series_per_customer = 1'000'000;
  uint64_t hash_seed =
      0;  // of the index; a secret in production, and nothing that is seen depends on it
};

// Head is one partition's memory of its series: the label index and the newest samples, encoded as
// they grow. It is the only writer of the partition's samples and belongs to the partition's shard:
// not thread-safe. What it seals and names goes out in the Commit; it is rebuilt from series,
// chunks and journal.
//
// How it comes back the same. A sample is either sealed or open. The open samples of a series lie
// in one open chunk for each chunk_window, sorted by time, whatever the order in which they came.
// So the head is a function of the *set* of open samples, and replaying the journal, which tells the
// samples and after which of them a chunk was sealed, leads to exactly that set. A chunk is sealed
// when it is full, when its series goes on in a later window, or when its window has passed. Late
// samples for a window of which a part is sealed make a second chunk, whose times lie between those
// of the first; readers merge them.
//
// Every call that takes a Commit needs its `sequence`. A commit that got anything here must be
// written, or the head be rebuilt: it counts on what it handed out. So nothing is sealed by an entry
// that may yet be refused.
class Head : public NumberedSource {
 public:
  // `store` is a loan that outlives it, read for chunks that are no longer in memory.
  Head(uint32_t partition, const Store& store, HeadOptions options);
  ~Head() override;

  // Reads the series that the store has. Call once, first.
  Status Load();
  // Applies a journalled item again, and what it sealed.
  Status Replay(const Store::JournalItem& item);

  // Takes in the names that a block of a stream carries. Every block of a stream comes here once, in their order and
  // before it is appended, if it ever is: a batch that is answered without being applied names series, too. A block by
  // itself changes nothing.
  void Learn(const SampleBlock& block);

  // What became of the samples of one block.
  struct Refused {
    uint64_t too_old = 0;  // or too many sealed chunks are near its time: SealedTimes::IsCrowded
    uint64_t too_new = 0;
    uint64_t duplicate = 0;  // another sample with this time exists: the first wins
    uint64_t series_limit = 0;
  };
  // Takes the block's samples at arrival time `now`. Accepted ones are added to `commit` with the
  // series they named first and the chunks they completed. Late samples within accepted_age are
  // stored and found.
  Refused Append(const SampleBlock& block, Timestamp now, Commit& commit);

  // The same for one result of a rule; a sample that exists stays (kDuplicate). It is not kept when the commit is full, nor when it is
  // of a series that is new and rules have named half as many of the probe or the customer as those may send: these
  // do not count as sent.
  enum class Derived { kKept, kDuplicate, kCommitFull, kSeriesLimit };
  Derived AppendDerived(const Labels& labels, Sample sample, Commit& commit);
  // Whether the series has a sample of this time and this very value. Decodes what lies about it.
  bool Holds(const Labels& labels, Sample sample) const;
  // Adds the records that count such series to the commit, under StateKind::kPartition, as far as they changed; and
  // puts one back after Load().
  void TakeDerivedCounts(Commit& commit);
  Status RestoreDerived(std::string_view record);

  // Seals chunks whose window has passed for `now`, so that the journal can be dropped: those of
  // series that did not go on. A bounded number; false when there are more, and another commit is
  // to carry them.
  bool SealBefore(Timestamp now, Commit& commit);

  // The first journal sequence that holds a sample which is not sealed in a durable chunk; `next`
  // when there is none.
  uint64_t JournalKeptFrom(uint64_t next) const;

  // Whatever matches series fails with kResourceExhausted when it would take the shard too long: SeriesIndex::CheckWork.
  //
  // All series that match, with their samples in [from, to] from chunks and head: what
  // SeriesSource::Select promises. Of days whose samples were dropped, the last one of each five
  // minutes.
  StatusOr<std::vector<SeriesData>> Select(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const override;

  // As NumberedSource says, for who reads the same series again and again.
  StatusOr<std::vector<SeriesId>> Match(const Matchers& matchers) const override;
  Labels LabelsOf(SeriesId id) const override;
  std::vector<SeriesId> InOrder(std::span<const SeriesId> ids) const override;
  StatusOr<std::vector<Sample>> Read(SeriesId id, Timestamp from, Timestamp to) const override;

  // What Select() would answer now, to be read elsewhere, at leisure. kResourceExhausted when it is
  // known already that the answer would pass a limit, or when more than kLookedAt times max_series
  // match, with samples or without.
  static constexpr size_t kLookedAt = 10;
  StatusOr<std::unique_ptr<const SeriesView>> Look(const Matchers& matchers, Timestamp from,
                                                   Timestamp to, const SelectLimits& limits) const;

  // The series that match and may have samples in [from, to], to a chunk_window, in order of labels. Reads
  // no sample. kResourceExhausted above max_series.
  StatusOr<std::vector<Labels>> Series(const Matchers& matchers, Timestamp from, Timestamp to,
                                       const SelectLimits& limits) const;

  // The names of labels, and the values of one, of all series that match, whenever they had samples: each
  // once, in no order. No matcher is no series.
  StatusOr<std::vector<std::string>> LabelNames(const Matchers& matchers) const;
  StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                 const Matchers& matchers) const;

  size_t series_count() const;
  size_t memory_bytes() const;  // an estimate

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
