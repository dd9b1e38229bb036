#include "store/open_chunk.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"
#include "store/chunk.h"

namespace forewarn {
namespace {

bool Earlier(const Sample& a, const Sample& b) { return a.at < b.at; }

bool Contains(const std::vector<Sample>& samples, Timestamp at) {
  return std::binary_search(samples.begin(), samples.end(), Sample{at, 0}, Earlier);
}

std::vector<Sample> Decoded(const ChunkAppender& appender) {
  std::vector<Sample> samples;
  if (appender.count() > 0) FW_CHECK(DecodeChunk(appender.Bytes(), samples).ok());
  return samples;
}

}  // namespace

bool OpenChunk::Add(Timestamp at, double value, uint64_t sequence) {
  if (count() == 0) opened_ = sequence;
  if (appender_.count() == 0 || at > appender_.last()) {
    appender_.Append(at, value);
    return true;
  }
  if (Contains(late_, at)) return false;
  if (at >= appender_.first() && Contains(Decoded(appender_), at)) return false;
  Sample sample{at, value};
  late_.insert(std::lower_bound(late_.begin(), late_.end(), sample, Earlier), sample);
  return true;
}

std::vector<Sample> OpenChunk::Samples() const {
  std::vector<Sample> in_order = Decoded(appender_);
  if (late_.empty()) return in_order;
  std::vector<Sample> all;
  all.reserve(count());
  std::merge(in_order.begin(), in_order.end(), late_.begin(), late_.end(), std::back_inserter(all),
             Earlier);
  return all;
}

SealedChunk OpenChunk::Seal(SeriesId id) const {
  std::vector<Sample> samples = Samples();
  FW_CHECK(!samples.empty());
  return {id, samples.front().at, samples.back().at, static_cast<uint32_t>(samples.size()),
          EncodeChunk(samples)};
}

size_t OpenChunk::memory_bytes() const {
  size_t bytes = sizeof(*this) - sizeof(appender_) + appender_.memory_bytes();
  bytes += late_.capacity() * sizeof(Sample);
  if (sealed_times) bytes += sealed_times->capacity() * sizeof(Timestamp);
  return bytes;
}

}  // namespace forewarn
