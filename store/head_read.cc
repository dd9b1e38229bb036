// The half of Head that reads.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/chunk.h"
#include "store/head_impl.h"

namespace forewarn {

StatusOr<std::vector<SeriesData>> Head::Select(const Matchers& matchers, Timestamp from,
                                               Timestamp to, const SelectLimits& limits) const {
  std::vector<SeriesId> ids;
  std::vector<std::vector<Sample>> found;
  std::vector<SeriesData> result;
  if (from > to) return result;
  FW_RETURN_IF_ERROR(impl_->index.CheckWork(matchers));
  size_t samples_left = limits.max_samples;
  for (SeriesId id : impl_->index.Match(matchers)) {
    FW_ASSIGN_OR_RETURN(std::vector<Sample> samples, impl_->Read(id, from, to));
    if (samples.empty()) continue;
    if (found.size() == limits.max_series) return TooManySeries(limits);
    if (samples.size() > samples_left) return TooManySamples(limits);
    samples_left -= samples.size();
    ids.push_back(id);
    found.push_back(std::move(samples));
  }
  result.reserve(found.size());
  for (uint32_t at : impl_->index.InOrder(ids)) {
    result.push_back({impl_->index.labels(ids[at]), std::move(found[at])});
  }
  return result;
}

StatusOr<std::vector<SeriesId>> Head::Match(const Matchers& matchers) const {
  FW_RETURN_IF_ERROR(impl_->index.CheckWork(matchers));
  return impl_->index.Match(matchers);
}

Labels Head::LabelsOf(SeriesId id) const { return impl_->index.labels(id); }

std::vector<SeriesId> Head::InOrder(std::span<const SeriesId> ids) const {
  std::vector<SeriesId> ordered;
  ordered.reserve(ids.size());
  for (uint32_t at : impl_->index.InOrder(ids)) ordered.push_back(ids[at]);
  return ordered;
}

StatusOr<std::vector<Sample>> Head::Read(SeriesId id, Timestamp from, Timestamp to) const {
  return impl_->Read(id, from, to);
}

StatusOr<std::unique_ptr<const SeriesView>> Head::Look(const Matchers& matchers, Timestamp from,
                                                       Timestamp to,
                                                       const SelectLimits& limits) const {
  std::vector<SeriesView::Item> found;
  std::vector<SeriesId> ids;  // of those
  size_t with_samples = 0, samples = 0;
  FW_RETURN_IF_ERROR(impl_->index.CheckWork(matchers));
  const bool rolled_up = from < impl_->store.RawFrom(impl_->partition);
  const std::vector<SeriesId> matching =
      from > to ? std::vector<SeriesId>() : impl_->index.Match(matchers);
  found.reserve(std::min(matching.size(), limits.max_series));
  ids.reserve(found.capacity());
  for (SeriesId id : matching) {
    SeriesView::Item item;
    item.id = id;
    item.is_stored = from <= impl_->all_series[id].sealed_until();
    impl_->CopyOpen(id, from, to, item);
    if (!item.open.empty()) ++with_samples;
    samples += item.open.size();
    if (with_samples > limits.max_series) return TooManySeries(limits);
    if (samples > limits.max_samples) return TooManySamples(limits);
    if (!item.is_stored && !rolled_up && item.open.empty() && item.pending.empty()) continue;
    if (found.size() / kLookedAt >= limits.max_series) return TooManySeries(limits);
    found.push_back(std::move(item));
    ids.push_back(id);
  }
  std::vector<SeriesView::Item> items;
  items.reserve(found.size());
  for (uint32_t at : impl_->index.InOrder(ids)) {
    items.push_back(std::move(found[at]));
    items.back().labels = impl_->index.labels(ids[at]);
  }
  return std::unique_ptr<const SeriesView>(
      std::make_unique<SeriesView>(impl_->partition, impl_->store, from, to, std::move(items)));
}

StatusOr<std::vector<Labels>> Head::Series(const Matchers& matchers, Timestamp from, Timestamp to,
                                           const SelectLimits& limits) const {
  FW_RETURN_IF_ERROR(impl_->index.CheckWork(matchers));
  const bool rolled_up = from < impl_->store.RawFrom(impl_->partition);
  std::vector<SeriesId> ids = impl_->index.Match(matchers);
  std::erase_if(ids, [&](SeriesId id) {
    const SeriesHead& series = impl_->all_series[id];
    return from > to || (!rolled_up && from > series.sealed_until() &&
                         series
                             .Windows([&](const OpenChunk& chunk) {
                               return chunk.count() > 0 && chunk.window() <= to &&
                                      chunk.window() + impl_->options.chunk_window > from;
                             })
                             .empty());
  });
  if (ids.size() > limits.max_series) return TooManySeries(limits);
  std::vector<Labels> result;
  result.reserve(ids.size());
  for (uint32_t at : impl_->index.InOrder(ids)) result.push_back(impl_->index.labels(ids[at]));
  return result;
}

StatusOr<std::vector<std::string>> Head::LabelNames(const Matchers& matchers) const {
  FW_RETURN_IF_ERROR(impl_->index.CheckWork(matchers));
  return impl_->index.LabelNames(matchers);
}

StatusOr<std::vector<std::string>> Head::LabelValues(std::string_view name,
                                                     const Matchers& matchers) const {
  FW_RETURN_IF_ERROR(impl_->index.CheckWork(matchers));
  return impl_->index.LabelValues(name, matchers);
}

Status Head::Impl::Decode(SeriesId id, const SealedChunk& chunk,
                          std::vector<Sample>& samples) const {
  Status decoded = DecodeChunk(chunk.bytes, samples);
  if (decoded.ok()) return decoded;  // naming it would cost more than reading it
  return decoded.With(
      fmt::format("series {} of partition {}, {}", id, partition, index.labels(id).ToString()));
}

// After a restart all series have the bound of their partition; whoever reads one up to it learns its
// own, and what is silent is not looked for again with each query.
void Head::Impl::LearnSealedUntil(SeriesId id, Timestamp from, std::span<const SealedChunk> since) {
  Timestamp until = from == Timestamp::min() ? from : from - 1ms;
  for (const SealedChunk& chunk : since) until = std::max(until, chunk.last);
  for (auto it = pending.lower_bound({id, Timestamp::min()});
       it != pending.end() && it->first.first == id; ++it) {
    until = std::max(until, it->second.chunk.last);
  }
  SeriesHead& of = all_series[id];
  of.SealedUntil(std::min(until, of.sealed_until()));
}

StatusOr<std::vector<Sample>> Head::Impl::Read(SeriesId id, Timestamp from, Timestamp to) {
  const SeriesHead& of = all_series[id];
  std::vector<Sample> samples;
  // Asked before the chunks: what is durable is among them, or was dropped since.
  const uint64_t durable = pending.empty() ? 0 : LastDurable();
  auto overlaps = [&](Timestamp first, Timestamp last) { return first <= to && last >= from; };
  if (from <= of.sealed_until()) {
    FW_ASSIGN_OR_RETURN(std::vector<SealedChunk> chunks, store.ReadChunks(partition, id, from, to));
    for (const SealedChunk& chunk : chunks) FW_RETURN_IF_ERROR(Decode(id, chunk, samples));
    if (to >= of.sealed_until()) LearnSealedUntil(id, from, chunks);
  }
  // Asked after the chunks: what was dropped since is then found here.
  if (from < store.RawFrom(partition)) {
    FW_ASSIGN_OR_RETURN(std::vector<Rollup> rollups,
                        store.ReadRollups(partition, id, kRollupStretches[0], from, to));
    for (const Rollup& rollup : rollups) samples.push_back(rollup.last);
  }
  for (auto it = pending.lower_bound({id, Timestamp::min()});
       it != pending.end() && it->first.first == id; ++it) {
    if (it->second.sealed_by <= durable) continue;
    const SealedChunk& chunk = it->second.chunk;
    if (overlaps(chunk.first, chunk.last)) FW_RETURN_IF_ERROR(Decode(id, chunk, samples));
  }
  of.ForEach([&](const OpenChunk& chunk) {
    if (chunk.count() == 0) return;
    if (!overlaps(chunk.window(), chunk.window() + options.chunk_window - 1ms)) return;
    std::vector<Sample> more = chunk.Samples(arena);
    samples.insert(samples.end(), more.begin(), more.end());
  });
  // Chunks overlap after late samples, and one that became durable just now was read twice.
  return InRange(from, to, std::move(samples));
}

// What only the head has of a series' samples in the range.
void Head::Impl::CopyOpen(SeriesId id, Timestamp from, Timestamp to, SeriesView::Item& item) {
  const uint64_t durable = pending.empty() ? 0 : LastDurable();
  for (auto it = pending.lower_bound({id, Timestamp::min()});
       it != pending.end() && it->first.first == id; ++it) {
    if (it->second.sealed_by <= durable) continue;
    const SealedChunk& chunk = it->second.chunk;
    if (chunk.first <= to && chunk.last >= from) item.pending.push_back(chunk);
  }
  all_series[id].ForEach([&](const OpenChunk& chunk) {
    if (chunk.count() == 0 || chunk.window() > to ||
        chunk.window() + options.chunk_window <= from) {
      return;
    }
    const std::vector<Sample> samples = chunk.Samples(arena);
    auto first = std::ranges::lower_bound(samples, from, {}, &Sample::at);
    auto last = std::upper_bound(first, samples.end(), to,
                                 [](Timestamp at, const Sample& sample) { return at < sample.at; });
    item.open.insert(item.open.end(), first, last);
  });
}

}  // namespace forewarn
