#include "store/series_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/chunk.h"
#include "store/rollup.h"

namespace forewarn {
namespace {

bool Earlier(const Sample& a, const Sample& b) { return a.at < b.at; }

}  // namespace

Status TooManySeries(const SelectLimits& limits) {
  return ResourceExhausted(fmt::format(
      "more than {} series match; name more labels in the selector", limits.max_series));
}

Status TooManySamples(const SelectLimits& limits) {
  return ResourceExhausted(fmt::format(
      "more than {} samples match; narrow the time range or the selector", limits.max_samples));
}

std::vector<Sample> InRange(Timestamp from, Timestamp to, std::vector<Sample> samples) {
  if (!std::is_sorted(samples.begin(), samples.end(), Earlier)) {
    std::stable_sort(samples.begin(), samples.end(), Earlier);
  }
  samples.erase(std::unique(samples.begin(), samples.end(),
                            [](const Sample& a, const Sample& b) { return a.at == b.at; }),
                samples.end());
  auto first = std::lower_bound(samples.begin(), samples.end(), Sample{from, 0}, Earlier);
  auto last = std::upper_bound(first, samples.end(), Sample{to, 0}, Earlier);
  const bool all = first == samples.begin() && last == samples.end();
  if (all && samples.capacity() - samples.size() < samples.size() / 8) return samples;
  return std::vector<Sample>(first, last);  // no larger than it needs to be
}

SeriesView::SeriesView(uint32_t partition, const Store& store, Timestamp from, Timestamp to,
                       std::vector<Item> items)
    : partition_(partition),
      store_(store),
      chunks_(store.HoldChunks(partition)),
      from_(from),
      to_(to),
      items_(std::move(items)) {}

StatusOr<SeriesData> SeriesView::Read(size_t i) const {
  const Item& item = items_[i];
  SeriesData data{item.labels, {}};
  auto decode = [&](const SealedChunk& chunk) {
    Status decoded = DecodeChunk(chunk.bytes, data.samples);
    return decoded.ok() ? decoded
                        : decoded.With(fmt::format("series {} of partition {}, {}", item.id,
                                                   partition_, item.labels.ToString()));
  };
  if (item.is_stored) {
    FW_ASSIGN_OR_RETURN(std::vector<SealedChunk> chunks, chunks_->ReadChunks(item.id, from_, to_));
    for (const SealedChunk& chunk : chunks) FW_RETURN_IF_ERROR(decode(chunk));
  }
  // Asked after the chunks, and of the store as it is now: what was dropped since is then found here.
  if (from_ < store_.RawFrom(partition_)) {
    FW_ASSIGN_OR_RETURN(std::vector<Rollup> rollups,
                        store_.ReadRollups(partition_, item.id, kRollupStretches[0], from_, to_));
    for (const Rollup& rollup : rollups) data.samples.push_back(rollup.last);
  }
  for (const SealedChunk& chunk : item.pending) FW_RETURN_IF_ERROR(decode(chunk));
  data.samples.insert(data.samples.end(), item.open.begin(), item.open.end());
  data.samples = InRange(from_, to_, std::move(data.samples));
  return data;
}

StatusOr<std::vector<SeriesData>> SeriesView::ReadAll(const SelectLimits& limits,
                                                      const std::function<bool()>& stop) const {
  std::vector<SeriesData> result;
  size_t samples_left = limits.max_samples;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (stop && stop()) return Cancelled("reading was ended by who asked for it");
    FW_ASSIGN_OR_RETURN(SeriesData data, Read(i));
    if (data.samples.empty()) continue;
    if (result.size() == limits.max_series) return TooManySeries(limits);
    if (data.samples.size() > samples_left) return TooManySamples(limits);
    samples_left -= data.samples.size();
    result.push_back(std::move(data));
  }
  return result;
}

}  // namespace forewarn
