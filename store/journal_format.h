#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "model/commit.h"
#include "model/ids.h"
#include "model/stream_codec.h"
#include "store/store.h"

namespace forewarn {

// The values of the journal, with their grammar at the top of journal_format.cc: an entry with the
// samples as applied, and which runs of samples were sealed between them. What is sealed lies
// elsewhere; the journal only tells when, so that replaying it opens and seals exactly as the fold
// did.
//
// Samples are written as what has changed since the series' last one, so entries build on those
// before: a tape is the entries of one partition that do, from one that builds on none. Neither class
// is thread-safe.

// Writes one tape.
class JournalEncoder {
 public:
  // `highest` is of the partition's series, those of this commit included: no reader will be told less.
  std::string Encode(std::string_view entry, const AppliedSamples& samples,
                     std::span<const SealedChunk> sealed, SeriesId highest);

 private:
  uint64_t entries_ = 0;
  StreamEncoder samples_;
};

// Reads tapes, each from its first entry on and in the order in which it was written.
class JournalDecoder {
 public:
  // kDataLoss for what no version of JournalEncoder can have written, and for an entry that does not
  // build on the one before it here; the decoder must not be used again then. `highest` is of the
  // partition's series and bounds the memory: 16 bytes for each.
  StatusOr<Store::JournalItem> Decode(uint64_t sequence, std::string_view bytes, SeriesId highest);

  // Whether Decode() can go on with this entry.
  bool IsAt(uint64_t sequence) const { return sequence == next_; }

 private:
  uint64_t first_ = 0;  // of the tape; 0 before the first one
  uint64_t next_ = 0;
  StreamDecoder samples_;
};

// On how many entries of its tape this one builds: those of the sequences right before its own.
StatusOr<uint64_t> EntriesBefore(std::string_view bytes);

}  // namespace forewarn
