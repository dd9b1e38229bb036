#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "forewarn/v1/ingest.pb.h"
#include "model/stream_codec.h"
#include "probe/reading.h"
#include "probe/spool.h"

namespace forewarn {

// Writes batches as the protocol has them. It remembers what one stream has named and sent, so that a new
// stream starts with a new one, and batches are written in the order in which they are sent. Not thread-safe.
class BatchWriter {
 public:
  // `packed`: whether the collector reads packed samples. Otherwise they go as columns.
  explicit BatchWriter(bool packed) : packed_(packed) {}

  // Series that are new in the batch are named in it.
  void Write(const SpooledBatch& batch, v1::Batch& out);

 private:
  uint32_t RefOf(const SeriesName& series, v1::Batch& out);
  void Define(const SeriesName& series, uint32_t ref, v1::Batch& out);
  void WritePacked(const SpoolItem& item, size_t count, v1::Batch& out);
  void WriteColumns(const SpoolItem& item, size_t first, v1::Batch& out);

  const bool packed_;
  std::unordered_map<SeriesName, uint32_t> refs_;
  std::unordered_map<std::string, uint32_t> label_refs_;  // of the batch that is being written
  StreamEncoder encoder_;
};

}  // namespace forewarn
