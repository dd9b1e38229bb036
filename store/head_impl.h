#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "store/all_series.h"
#include "store/block_chain.h"
#include "store/chunk.h"
#include "store/head.h"
#include "store/open_chunk.h"
#include "store/sealed_times.h"
#include "store/series_head.h"
#include "store/series_index.h"
#include "store/stream_refs.h"

namespace forewarn {

// What a Head is made of, for its two halves and nobody else: head.cc takes in, seals and replays, head_read.cc
// reads.
struct Head::Impl {
  // A sealed chunk that may not be durable yet: until then the store does not have it.
  struct Pending {
    uint64_t sealed_by;  // sequence of the commit that carries it
    SealedChunk chunk;
  };
  using PendingKey = std::pair<SeriesId, Timestamp>;  // series, first sample

  Impl(uint32_t partition, const Store& store, HeadOptions options)
      : partition(partition), store(store), options(options), index(options.hash_seed) {}

  SeriesId Name(const Labels& labels, Commit& commit);
  bool AtSeriesLimit(const Labels& labels) const;
  SeriesId Resolve(SeriesRefs& refs, uint32_t ref, Commit& commit);

  OpenChunk& Open(SeriesHead& series, Timestamp at);
  Status LearnSealed(SeriesId id, OpenChunk& chunk);
  StatusOr<SealedTimes*> SealedNear(SeriesId id, OpenChunk& chunk);
  StatusOr<bool> IsSealed(SeriesId id, OpenChunk& chunk, Timestamp at);
  StatusOr<std::vector<Timestamp>> SealedTimesOf(SeriesId id, Timestamp first) const;
  bool BeginsAChunk(SeriesId id, Timestamp at) const;
  bool Keep(OpenChunk& chunk, Sample sample, uint64_t sequence);
  enum class Outcome { kKept, kDuplicate, kCrowded };
  Outcome AmongSealed(SeriesId id, OpenChunk& chunk, Timestamp at);
  Outcome Add(SeriesId id, Sample sample, Commit& commit);
  Status CheckExists(SeriesId id, uint64_t sequence) const;
  void DropSealed(SeriesId id, Timestamp window, Timestamp last);

  bool IsFull(const OpenChunk& chunk) const {
    return chunk.count() >= options.chunk_samples || chunk.bytes() >= options.chunk_bytes;
  }
  void SealWhatEnds(SeriesId id, Timestamp newest, Commit& commit);
  void Seal(SeriesId id, Timestamp window, Commit& commit);
  void SealAndGoOn(SeriesId id, Timestamp window, Commit& commit);
  void NotOpen(const OpenChunk& chunk);
  void ForgetDurable();
  uint64_t LastDurable() const;

  Status Decode(SeriesId id, const SealedChunk& chunk, std::vector<Sample>& samples) const;
  void LearnSealedUntil(SeriesId id, Timestamp from, std::span<const SealedChunk> since);
  StatusOr<std::vector<Sample>> Read(SeriesId id, Timestamp from, Timestamp to);
  void CopyOpen(SeriesId id, Timestamp from, Timestamp to, SeriesView::Item& item);

  // Fixed after construction.
  const uint32_t partition;
  const Store& store;
  const HeadOptions options;

  // Changes.
  SeriesIndex index;
  DerivedCounts derived;
  BlockArena arena;  // of all open chunks
  AllSeries all_series;
  SeriesId seal_from = 1;  // no series before has a window that SealBefore was to seal
  StreamRefs stream_refs;
  std::map<uint64_t, uint64_t> opened;  // open chunks by the sequence of their first sample
  std::map<PendingKey, Pending> pending;
  // By the sequence that carries them: the first journal sequence whose samples they hold.
  std::map<uint64_t, uint64_t> pending_opened;
};

}  // namespace forewarn
