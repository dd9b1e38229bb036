#include "store/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"
#include "store/head_impl.h"

namespace forewarn {
namespace {

// A probe that catches up walks through many windows between two calls of SealBefore; without a
// bound each would stay open. One for live data, one for what catches up, one for what straddles
// their borders.
constexpr size_t kOpenWindowsMax = 3;
// Chunks that one call of SealBefore seals: about ten milliseconds.
constexpr size_t kSealedAtOnce = 512;
constexpr uint32_t kChunkBytesMax = 4096;

Timestamp WindowOf(Timestamp at, Duration window) {
  Duration since = at.time_since_epoch();
  Duration rest = since % window;
  if (rest < Duration::zero()) rest += window;
  return at - rest;
}

}  // namespace

Head::Head(uint32_t partition, const Store& store, HeadOptions options)
    : impl_(std::make_unique<Impl>(partition, store, options)) {
  FW_CHECK(options.chunk_window > 0ms && 24h % options.chunk_window == 0ms);
  FW_CHECK(options.chunk_samples > 0 && options.chunk_samples < kChunkSamplesMax);
  FW_CHECK(options.chunk_bytes > 0 && options.chunk_bytes <= kChunkBytesMax);
}
Head::~Head() = default;

Status Head::Load() {
  FW_CHECK(impl_->all_series.size() == 0);
  FW_ASSIGN_OR_RETURN(Timestamp sealed_until, impl_->store.SealedUntil(impl_->partition));
  return impl_->store.ReadSeries(impl_->partition, [&](const NewSeries& series) {
    if (series.id != impl_->index.size() + 1) {
      return DataLoss(
          fmt::format("series {} of partition {} is missing; restore the database from a backup",
                      impl_->index.size() + 1, impl_->partition));
    }
    if (impl_->index.Find(series.labels) != 0) {
      return DataLoss(
          fmt::format("two series of partition {} are called {}; restore the database from a "
                      "backup",
                      impl_->partition, series.labels.ToString()));
    }
    impl_->index.Add(series.labels);
    impl_->all_series.Add().SealedUntil(sealed_until);
    return OkStatus();
  });
}

Status Head::Replay(const Store::JournalItem& item) {
  size_t next_seal = 0;
  for (size_t i = 0; i <= item.samples.size(); ++i) {
    for (; item.seals && next_seal < item.seals->size() && (*item.seals)[next_seal].after <= i;
         ++next_seal) {
      const Store::JournalItem::Seal& seal = (*item.seals)[next_seal];
      FW_RETURN_IF_ERROR(impl_->CheckExists(seal.id, item.sequence));
      impl_->DropSealed(seal.id, WindowOf(seal.first, impl_->options.chunk_window), seal.last);
    }
    if (i == item.samples.size()) break;
    SeriesId id = item.samples.ids[i];
    FW_RETURN_IF_ERROR(impl_->CheckExists(id, item.sequence));
    Sample sample{item.samples.times[i], item.samples.values[i]};
    OpenChunk& chunk = impl_->Open(impl_->all_series[id], sample.at);
    if (!item.seals) {
      FW_ASSIGN_OR_RETURN(bool sealed, impl_->IsSealed(id, chunk, sample.at));
      if (sealed) continue;
    }
    impl_->Keep(chunk, sample, item.sequence);
  }
  return OkStatus();
}

void Head::Learn(const SampleBlock& block) {
  if (block.stream == nullptr) return;
  SeriesRefs& refs = impl_->stream_refs.Of(block.stream);
  if (block.table != nullptr) refs.Learn(block.first_ref, block.table);
}

Head::Refused Head::Append(const SampleBlock& block, Timestamp now, Commit& commit) {
  FW_CHECK(commit.sequence > 0 && commit.partition == impl_->partition);
  impl_->ForgetDurable();
  Refused refused;
  if (block.size() == 0) return refused;
  FW_CHECK((block.stream != nullptr || block.table != nullptr) &&
           block.times.size() == block.size() && block.values.size() == block.size());
  // What is known of a block by itself is known as long as it is appended.
  SeriesRefs by_itself;
  if (block.stream == nullptr) by_itself.Learn(0, block.table);
  SeriesRefs& refs = block.stream != nullptr ? impl_->stream_refs.Of(block.stream) : by_itself;
  commit.samples.Reserve(commit.samples.size() + block.size());
  for (size_t i = 0; i < block.size(); ++i) {
    Sample sample{block.times[i], block.values[i]};
    if (sample.at < now - impl_->options.accepted_age) {
      ++refused.too_old;
      continue;
    }
    if (sample.at > now + impl_->options.accepted_ahead) {
      ++refused.too_new;
      continue;
    }
    uint32_t ref = block.refs[i];
    FW_CHECK(ref < refs.size());
    SeriesId id = refs.IdOf(ref);
    if (id == 0) id = impl_->Resolve(refs, ref, commit);
    if (id == 0) {
      ++refused.series_limit;
      continue;
    }
    switch (impl_->Add(id, sample, commit)) {
      case Impl::Outcome::kKept: break;
      case Impl::Outcome::kDuplicate: ++refused.duplicate; break;
      case Impl::Outcome::kCrowded: ++refused.too_old; break;
    }
  }
  return refused;
}

bool Head::SealBefore(Timestamp now, Commit& commit) {
  FW_CHECK(commit.sequence > 0 && commit.partition == impl_->partition);
  impl_->ForgetDurable();
  size_t left = kSealedAtOnce;
  for (SeriesId& id = impl_->seal_from; id <= impl_->all_series.size(); ++id) {
    if (left == 0) return false;
    std::vector<Timestamp> passed = impl_->all_series[id].Windows([&](const OpenChunk& chunk) {
      return chunk.window() + impl_->options.chunk_window <= now &&
             (chunk.count() > 0 || chunk.side() != nullptr);
    });
    for (Timestamp window : passed) {
      if (impl_->all_series[id].Find(window)->count() > 0) {
        impl_->Seal(id, window, commit);
        left -= std::min<size_t>(left, 1);
      } else {
        impl_->all_series[id].Close(impl_->arena, window);
      }
    }
  }
  impl_->seal_from = 1;
  return true;
}

uint64_t Head::JournalKeptFrom(uint64_t next) const {
  uint64_t first = impl_->opened.empty() ? next : std::min(next, impl_->opened.begin()->first);
  uint64_t durable = impl_->LastDurable();
  auto it = impl_->pending_opened.upper_bound(durable);
  for (; it != impl_->pending_opened.end(); ++it) first = std::min(first, it->second);
  return first;
}

size_t Head::series_count() const { return impl_->index.size(); }

size_t Head::memory_bytes() const {
  size_t bytes = impl_->index.memory_bytes();
  bytes += impl_->all_series.memory_bytes() + impl_->arena.memory_bytes();
  for (SeriesId id = 1; id <= impl_->all_series.size(); ++id) {
    bytes += impl_->all_series[id].side_bytes();
  }
  for (const auto& [key, pending] : impl_->pending) {
    bytes += sizeof(pending) + pending.chunk.bytes.capacity();
  }
  bytes += impl_->stream_refs.memory_bytes();
  return bytes;
}

SeriesId Head::Impl::Name(const Labels& labels, Commit& commit) {
  SeriesId id = index.Add(labels);
  all_series.Add();  // of which nothing is sealed
  commit.new_series.push_back({id, labels});
  return id;
}

bool Head::Impl::AtSeriesLimit(const Labels& labels) const {
  if (index.size() < std::min(options.max_series_per_probe, options.max_series_per_customer)) {
    return false;
  }
  const std::string_view probe = labels.Get("probe"), customer = labels.Get("customer");
  return index.CountOf("probe", probe) >= options.max_series_per_probe + derived.OfProbe(probe) ||
         index.CountOf("customer", customer) >=
             options.max_series_per_customer + derived.OfCustomer(customer);
}

// The number of a series whose number this block or stream does not know yet, if the limits allow it one.
SeriesId Head::Impl::Resolve(SeriesRefs& refs, uint32_t ref, Commit& commit) {
  const Labels& labels = refs.LabelsOf(ref);
  SeriesId id = index.Find(labels);
  if (id == 0) {
    if (AtSeriesLimit(labels)) return 0;
    id = Name(labels, commit);
  }
  refs.Resolve(ref, id);
  return id;
}

// The open chunk for this time, made when there is none.
OpenChunk& Head::Impl::Open(SeriesHead& series, Timestamp at) {
  // A division costs as much as the rest; most samples are of the window that is open.
  OpenChunk* open = series.FrontIf([&](const OpenChunk& chunk) {
    return at >= chunk.window() && at - chunk.window() < options.chunk_window && chunk.count() > 0;
  });
  return open != nullptr ? *open : series.Open(arena, WindowOf(at, options.chunk_window));
}

// Reads which chunks of the window there are, in the store or on the way there.
Status Head::Impl::LearnSealed(SeriesId id, OpenChunk& chunk) {
  Timestamp window_last = chunk.window() + options.chunk_window - 1ms;
  FW_ASSIGN_OR_RETURN(std::vector<SealedChunk> sealed,
                      store.ReadChunks(partition, id, chunk.window(), window_last));
  SealedTimes& times = chunk.MakeSide().sealed.emplace();
  for (auto it = pending.lower_bound({id, chunk.window()});
       it != pending.end() && it->first <= PendingKey{id, window_last}; ++it) {
    times.Add(it->second.chunk.first, it->second.chunk.last);
  }
  for (const SealedChunk& part : sealed) {
    // One that became durable just now is among both.
    if (!pending.contains({id, part.first})) times.Add(part.first, part.last);
  }
  return OkStatus();
}

// What is sealed in the chunk's window.
StatusOr<SealedTimes*> Head::Impl::SealedNear(SeriesId id, OpenChunk& chunk) {
  if (chunk.side() == nullptr || !chunk.side()->sealed) {
    FW_RETURN_IF_ERROR(LearnSealed(id, chunk));
  }
  return &*chunk.MakeSide().sealed;
}

StatusOr<bool> Head::Impl::IsSealed(SeriesId id, OpenChunk& chunk, Timestamp at) {
  if (at > all_series[id].sealed_until()) return false;
  FW_ASSIGN_OR_RETURN(SealedTimes * sealed, SealedNear(id, chunk));
  return sealed->Contains(at, [&](Timestamp first) { return SealedTimesOf(id, first); });
}

// The times in the chunk that begins at `first`.
StatusOr<std::vector<Timestamp>> Head::Impl::SealedTimesOf(SeriesId id, Timestamp first) const {
  std::optional<SealedChunk> read;
  const SealedChunk* chunk = nullptr;
  if (auto found = pending.find({id, first}); found != pending.end()) {
    chunk = &found->second.chunk;
  } else {
    FW_ASSIGN_OR_RETURN(read, store.ReadChunk(partition, id, first));
    if (read) chunk = &*read;
  }
  std::vector<Sample> samples;
  if (chunk != nullptr) FW_RETURN_IF_ERROR(Decode(id, *chunk, samples));
  std::vector<Timestamp> times;
  times.reserve(samples.size());
  for (const Sample& sample : samples) times.push_back(sample.at);
  return times;
}

// Whether a chunk of the series begins at this time, even if it cannot be read.
bool Head::Impl::BeginsAChunk(SeriesId id, Timestamp at) const {
  if (pending.contains({id, at})) return true;
  StatusOr<bool> stored = store.HasChunk(partition, id, at);
  return stored.ok() && *stored;
}

// Whether the sample, which is not sealed, was new and is now open.
bool Head::Impl::Keep(OpenChunk& chunk, Sample sample, uint64_t sequence) {
  bool opens = chunk.count() == 0;
  if (!chunk.Add(arena, sample.at, sample.value, sequence)) return false;
  if (opens) ++opened[sequence];
  return true;
}

// What becomes of a sample by what is sealed.
Head::Impl::Outcome Head::Impl::AmongSealed(SeriesId id, OpenChunk& chunk, Timestamp at) {
  StatusOr<SealedTimes*> near = SealedNear(id, chunk);
  if (near.ok() && (*near)->IsCrowded(at)) return Outcome::kCrowded;
  StatusOr<bool> sealed = IsSealed(id, chunk, at);
  // When what is sealed cannot be read, nobody can say whether this is a duplicate. It is kept:
  // whoever selects the series is told of the damage. But no chunk may take the place of another,
  // so what begins one is known to be sealed, always.
  bool is_there = sealed.ok() ? *sealed : BeginsAChunk(id, at);
  return is_there ? Outcome::kDuplicate : Outcome::kKept;
}

Head::Impl::Outcome Head::Impl::Add(SeriesId id, Sample sample, Commit& commit) {
  OpenChunk& chunk = Open(all_series[id], sample.at);
  if (sample.at <= all_series[id].sealed_until()) {
    Outcome outcome = AmongSealed(id, chunk, sample.at);
    if (outcome != Outcome::kKept) return outcome;
  }
  if (!Keep(chunk, sample, commit.sequence)) return Outcome::kDuplicate;
  commit.samples.Add(id, sample.at, sample.value);
  Timestamp window = chunk.window();
  bool full = IsFull(chunk);
  if (chunk.count() == 1) SealWhatEnds(id, window, commit);  // `chunk` ends here
  if (full) SealAndGoOn(id, window, commit);
  return Outcome::kKept;
}

Status Head::Impl::CheckExists(SeriesId id, uint64_t sequence) const {
  if (id != 0 && id <= all_series.size()) return OkStatus();
  return DataLoss(
      fmt::format("journal entry {} of partition {} has samples of series {}, which does not "
                  "exist; restore the database from a backup",
                  sequence, partition, id));
}

// The first sample of a window was added: the windows before the newest end with it, one for each
// series, which spreads the work over the batches. A window older than the newest is one that a
// probe catches up with, of which few stay open.
void Head::Impl::SealWhatEnds(SeriesId id, Timestamp window, Commit& commit) {
  SeriesHead& series = all_series[id];
  std::vector<Timestamp> filled =
      series.Windows([](const OpenChunk& chunk) { return chunk.count() > 0; });
  if (filled.back() == window) {
    filled.pop_back();
  } else if (filled.size() > kOpenWindowsMax) {
    filled = {filled.front() == window ? filled[1] : filled.front()};
  } else {
    return;
  }
  for (Timestamp ended : filled) Seal(id, ended, commit);
}

void Head::Impl::Seal(SeriesId id, Timestamp window, Commit& commit) {
  SeriesHead& series = all_series[id];
  OpenChunk& chunk = *series.Find(window);
  SealedChunk sealed = chunk.Seal(arena, id);
  sealed.after = static_cast<uint32_t>(commit.samples.size());
  series.SealedUntil(std::max(series.sealed_until(), sealed.last));
  auto [since, fresh] = pending_opened.emplace(commit.sequence, chunk.opened());
  if (!fresh) since->second = std::min(since->second, chunk.opened());
  NotOpen(chunk);
  series.Close(arena, window);
  PendingKey key{id, sealed.first};
  commit.chunks.push_back(sealed);
  pending.insert_or_assign(key, Pending{commit.sequence, std::move(sealed)});
}

// The same for one that is full. More samples of its window may come; what is known of those that
// are sealed stays known, or each chunk that a probe fills while it catches up would be the reason
// to read all those before it again.
void Head::Impl::SealAndGoOn(SeriesId id, Timestamp window, Commit& commit) {
  OpenChunk& chunk = *all_series[id].Find(window);
  std::optional<SealedTimes> known;
  if (chunk.side() != nullptr) known.swap(chunk.MakeSide().sealed);
  Seal(id, window, commit);
  if (!known) return;
  known->Add(commit.chunks.back().first, commit.chunks.back().last);
  all_series[id].Open(arena, window).MakeSide().sealed = std::move(known);
}

// What a replayed commit sealed.
void Head::Impl::DropSealed(SeriesId id, Timestamp window, Timestamp last) {
  SeriesHead& series = all_series[id];
  series.SealedUntil(std::max(series.sealed_until(), last));
  OpenChunk* chunk = series.Find(window);
  if (chunk == nullptr || chunk->count() == 0) return;
  NotOpen(*chunk);
  series.Close(arena, window);
}

void Head::Impl::NotOpen(const OpenChunk& chunk) {
  auto count = opened.find(chunk.opened());
  FW_CHECK(count != opened.end());
  if (--count->second == 0) opened.erase(count);
}

// The last sequence that the store has for sure.
uint64_t Head::Impl::LastDurable() const {
  StatusOr<uint64_t> last = store.LastSequence(partition);
  return last.ok() ? *last : 0;
}

void Head::Impl::ForgetDurable() {
  if (pending_opened.empty()) return;
  uint64_t durable = LastDurable();
  auto first_kept = pending_opened.upper_bound(durable);
  if (first_kept == pending_opened.begin()) return;
  pending_opened.erase(pending_opened.begin(), first_kept);
  std::erase_if(pending, [&](const auto& item) { return item.second.sealed_by <= durable; });
}

}  // namespace forewarn
