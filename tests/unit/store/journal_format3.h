#pragma once

#include <bit>
#include <string>

#include "base/bytes.h"
#include "base/time.h"
#include "model/commit.h"

namespace forewarn {

// What format 3 wrote to its journal, but in the plainest of the ways that it had: each sample is a
// run of its own, and each value its bits.
inline std::string EncodeJournal3(const Commit& commit) {
  Encoder out;
  out.U8(4);
  out.Bytes(commit.entry);
  out.Varint(commit.samples.size());
  int64_t next_id = 0;
  for (SeriesId id : commit.samples.ids) {
    out.Signed(int64_t{id} - next_id);
    out.Varint(1);
    next_id = int64_t{id} + 1;
  }
  int64_t time = 0;
  for (Timestamp at : commit.samples.times) {
    out.Signed(ToMillis(at) - time);
    out.Varint(1);
    time = ToMillis(at);
  }
  for (double value : commit.samples.values) {
    out.U8(15);
    out.Double(value);
  }
  out.Varint(commit.chunks.size());
  uint32_t after = 0;
  for (const SealedChunk& chunk : commit.chunks) {
    out.Varint(chunk.after - after);
    after = chunk.after;
    out.Varint(chunk.id);
    out.Signed(ToMillis(chunk.first));
    out.Varint(static_cast<uint64_t>((chunk.last - chunk.first).count()));
  }
  return out.Take();
}

}  // namespace forewarn
