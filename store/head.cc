#include "store/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/check.h"
#include "store/chunk.h"
#include "store/open_chunk.h"
#include "store/series_index.h"

namespace forewarn {
namespace {

// A probe that catches up walks through many windows between two calls of SealBefore; without a
// bound each would stay open. One for live data, one for what catches up, one for what straddles
// their borders.
constexpr size_t kOpenWindowsMax = 3;

Timestamp WindowOf(Timestamp at, Duration window) {
  Duration since = at.time_since_epoch();
  Duration rest = since % window;
  if (rest < Duration::zero()) rest += window;
  return at - rest;
}

bool Earlier(const Sample& a, const Sample& b) { return a.at < b.at; }

}  // namespace

struct Head::Impl {
  struct Series {
    std::vector<OpenChunk> open;  // by window; those without samples only remember what is sealed
    // No sealed sample is later; nothing while nobody has asked the store.
    std::optional<Timestamp> sealed_until;
  };

  // A sealed chunk that may not be durable yet: until then the store does not have it.
  struct Pending {
    uint64_t sealed_by;  // sequence of the commit that carries it
    SealedChunk chunk;
  };
  using PendingKey = std::pair<SeriesId, Timestamp>;  // series, first sample

  // The numbers of one stream's references, or of one table's, so that labels are looked up once and not
  // with every batch.
  struct Known {
    // Series named together. Kept while some of them have no number: they get it with their first sample.
    struct Named {
      uint32_t first_ref;
      std::shared_ptr<const SeriesTable> table;
      size_t without;  // a number
    };

    std::weak_ptr<const void> owner;
    std::vector<SeriesId> ids;  // by reference; 0: none yet
    std::vector<Named> named;   // by first_ref
  };

  Impl(uint32_t partition, const Store& store, HeadOptions options)
      : partition(partition), store(store), options(options) {}

  Series& series(SeriesId id) { return all_series[id - 1]; }
  const Series& series(SeriesId id) const { return all_series[id - 1]; }

  SeriesId Name(const Labels& labels, Commit& commit);
  bool AtSeriesLimit(const Labels& labels) const;
  Known& KnownOf(const std::shared_ptr<const void>& owner);
  void Learn(Known& known, uint32_t first_ref, std::shared_ptr<const SeriesTable> table);
  SeriesId Resolve(Known& known, uint32_t ref, Commit& commit);

  OpenChunk& Open(SeriesId id, Timestamp at);
  Status LearnSealedTimes(SeriesId id, OpenChunk& chunk);
  StatusOr<bool> IsSealed(SeriesId id, OpenChunk& chunk, Timestamp at);
  StatusOr<bool> Keep(SeriesId id, Timestamp at, double value, uint64_t sequence);
  bool Add(SeriesId id, Sample sample, Commit& commit);

  void Seal(SeriesId id, size_t place, Commit& commit);
  void ForgetDurable();
  uint64_t LastDurable() const;

  StatusOr<std::vector<Sample>> Read(SeriesId id, Timestamp from, Timestamp to) const;

  // Fixed after construction.
  const uint32_t partition;
  const Store& store;
  const HeadOptions options;

  // Changes.
  SeriesIndex index;
  std::vector<Series> all_series;         // of number i + 1
  std::map<const void*, Known> known_of;  // streams and tables
  size_t known_swept_at = 64;
  std::map<uint64_t, uint64_t> opened;  // open chunks by the sequence of their first sample
  std::map<PendingKey, Pending> pending;
  // By the sequence that carries them: the first journal sequence whose samples they hold.
  std::map<uint64_t, uint64_t> pending_opened;
};

Head::Head(uint32_t partition, const Store& store, HeadOptions options)
    : impl_(std::make_unique<Impl>(partition, store, options)) {
  FW_CHECK(options.chunk_window > 0ms && 24h % options.chunk_window == 0ms);
  FW_CHECK(options.chunk_samples > 0 && options.chunk_samples <= kChunkSamplesMax);
}
Head::~Head() = default;

Status Head::Load() {
  FW_CHECK(impl_->all_series.empty());
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
    impl_->all_series.emplace_back();
    return OkStatus();
  });
}

Status Head::Replay(const Store::JournalItem& item) {
  for (size_t i = 0; i < item.samples.size(); ++i) {
    SeriesId id = item.samples.ids[i];
    if (id == 0 || id > impl_->index.size()) {
      return DataLoss(
          fmt::format("journal entry {} of partition {} has samples of series {}, which does not "
                      "exist; restore the "
                      "database from a backup",
                      item.sequence, impl_->partition, id));
    }
    StatusOr<bool> kept =
        impl_->Keep(id, item.samples.times[i], item.samples.values[i], item.sequence);
    if (!kept.ok()) return kept.status();
  }
  return OkStatus();
}

void Head::Learn(const SampleBlock& block) {
  if (block.stream == nullptr) return;
  Impl::Known& known = impl_->KnownOf(block.stream);
  if (block.table != nullptr) impl_->Learn(known, block.first_ref, block.table);
}

Head::Refused Head::Append(const SampleBlock& block, Timestamp now, Commit& commit) {
  FW_CHECK(commit.sequence > 0 && commit.partition == impl_->partition);
  impl_->ForgetDurable();
  Refused refused;
  if (block.size() == 0) return refused;
  FW_CHECK((block.stream != nullptr || block.table != nullptr) &&
           block.times.size() == block.size() && block.values.size() == block.size());
  Impl::Known& known = impl_->KnownOf(
      block.stream != nullptr ? std::shared_ptr<const void>(block.stream) : block.table);
  if (block.stream == nullptr && known.ids.empty()) impl_->Learn(known, 0, block.table);
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
    FW_CHECK(ref < known.ids.size());
    if (known.ids[ref] == 0 && impl_->Resolve(known, ref, commit) == 0) {
      ++refused.series_limit;
      continue;
    }
    if (!impl_->Add(known.ids[ref], sample, commit)) ++refused.duplicate;
  }
  return refused;
}

void Head::AppendDerived(const Labels& labels, Sample sample, Commit& commit) {
  FW_CHECK(commit.sequence > 0 && commit.partition == impl_->partition);
  SeriesId id = impl_->index.Find(labels);
  if (id == 0) id = impl_->Name(labels, commit);
  impl_->Add(id, sample, commit);
}

void Head::SealBefore(Timestamp now, Commit& commit) {
  FW_CHECK(commit.sequence > 0 && commit.partition == impl_->partition);
  impl_->ForgetDurable();
  if (commit.chunks.empty() && impl_->pending_opened.contains(commit.sequence)) {
    for (const auto& [key, pending] : impl_->pending) {
      if (pending.sealed_by == commit.sequence) commit.chunks.push_back(pending.chunk);
    }
  }
  for (SeriesId id = 1; id <= impl_->all_series.size(); ++id) {
    std::vector<OpenChunk>& open = impl_->series(id).open;
    for (size_t i = 0; i < open.size();) {
      if (open[i].window() + impl_->options.chunk_window > now) {
        ++i;
      } else if (open[i].count() == 0) {
        open.erase(open.begin() + static_cast<ptrdiff_t>(i));
      } else {
        impl_->Seal(id, i, commit);
      }
    }
  }
}

uint64_t Head::JournalKeptFrom(uint64_t next) const {
  uint64_t first = impl_->opened.empty() ? next : std::min(next, impl_->opened.begin()->first);
  uint64_t durable = impl_->LastDurable();
  auto it = impl_->pending_opened.upper_bound(durable);
  for (; it != impl_->pending_opened.end(); ++it) first = std::min(first, it->second);
  return first;
}

StatusOr<std::vector<SeriesData>> Head::Select(const Matchers& matchers, Timestamp from,
                                               Timestamp to, const SelectLimits& limits) const {
  std::vector<SeriesData> result;
  if (from > to) return result;
  size_t samples_left = limits.max_samples;
  for (SeriesId id : impl_->index.Match(matchers)) {
    FW_ASSIGN_OR_RETURN(std::vector<Sample> samples, impl_->Read(id, from, to));
    if (samples.empty()) continue;
    if (result.size() == limits.max_series) {
      return ResourceExhausted(fmt::format(
          "more than {} series match; name more labels in the selector", limits.max_series));
    }
    if (samples.size() > samples_left) {
      return ResourceExhausted(fmt::format(
          "more than {} samples match; narrow the time range or the selector", limits.max_samples));
    }
    samples_left -= samples.size();
    result.push_back({impl_->index.labels(id), std::move(samples)});
  }
  std::sort(result.begin(), result.end(),
            [](const SeriesData& a, const SeriesData& b) { return a.labels < b.labels; });
  return result;
}

size_t Head::series_count() const { return impl_->index.size(); }

size_t Head::memory_bytes() const {
  size_t bytes = impl_->index.memory_bytes();
  for (const Impl::Series& series : impl_->all_series) {
    bytes += sizeof(series);
    for (const OpenChunk& chunk : series.open) bytes += chunk.memory_bytes();
  }
  for (const auto& [key, pending] : impl_->pending) {
    bytes += sizeof(pending) + pending.chunk.bytes.capacity();
  }
  return bytes;
}

SeriesId Head::Impl::Name(const Labels& labels, Commit& commit) {
  SeriesId id = index.Add(labels);
  // Nothing of a new series is sealed, so nobody has to ask the store.
  all_series.emplace_back().sealed_until = Timestamp::min();
  commit.new_series.push_back({id, labels});
  return id;
}

bool Head::Impl::AtSeriesLimit(const Labels& labels) const {
  return index.CountOf("probe", labels.Get("probe")) >= options.max_series_per_probe ||
         index.CountOf("customer", labels.Get("customer")) >= options.max_series_per_customer;
}

Head::Impl::Known& Head::Impl::KnownOf(const std::shared_ptr<const void>& owner) {
  Known& known = known_of[owner.get()];
  // Another owner may have come to lie where a dead one lay.
  if (known.owner.lock() != owner) {
    known = {owner, {}, {}};
    if (known_of.size() >= known_swept_at) {
      std::erase_if(known_of, [](const auto& item) { return item.second.owner.expired(); });
      known_swept_at = std::max<size_t>(64, known_of.size() * 2);
    }
  }
  return known;
}

void Head::Impl::Learn(Known& known, uint32_t first_ref, std::shared_ptr<const SeriesTable> table) {
  FW_CHECK(first_ref == known.ids.size());
  size_t without = 0;
  for (const Labels& labels : table->series) {
    known.ids.push_back(index.Find(labels));
    if (known.ids.back() == 0) ++without;
  }
  if (without > 0) known.named.push_back({first_ref, std::move(table), without});
}

// The number of a series that has none yet, if the limits allow it one.
SeriesId Head::Impl::Resolve(Known& known, uint32_t ref, Commit& commit) {
  auto named = std::prev(std::upper_bound(
      known.named.begin(), known.named.end(), ref,
      [](uint32_t value, const Known::Named& item) { return value < item.first_ref; }));
  const Labels& labels = named->table->series[ref - named->first_ref];
  SeriesId id = index.Find(labels);
  if (id == 0) {
    if (AtSeriesLimit(labels)) return 0;
    id = Name(labels, commit);
  }
  known.ids[ref] = id;
  if (--named->without == 0) known.named.erase(named);
  return id;
}

// The open chunk for this time, made when there is none.
OpenChunk& Head::Impl::Open(SeriesId id, Timestamp at) {
  std::vector<OpenChunk>& open = series(id).open;
  Timestamp window = WindowOf(at, options.chunk_window);
  auto place = std::find_if(open.rbegin(), open.rend(), [&](const OpenChunk& chunk) {
                 return chunk.window() <= window;
               }).base();
  if (place != open.begin() && std::prev(place)->window() == window) return *std::prev(place);
  if (open.size() > kOpenWindowsMax) {
    auto idle = std::find_if(open.begin(), open.end(),
                             [](const OpenChunk& chunk) { return chunk.count() == 0; });
    if (idle != open.end()) {
      if (idle < place) --place;
      open.erase(idle);
    }
  }
  return *open.insert(place, OpenChunk(window));
}

// Reads which times of the chunk's window are sealed, in the store or on the way there.
Status Head::Impl::LearnSealedTimes(SeriesId id, OpenChunk& chunk) {
  std::optional<Timestamp>& until = series(id).sealed_until;
  Timestamp window_last = chunk.window() + options.chunk_window - 1ms;
  FW_ASSIGN_OR_RETURN(
      std::vector<SealedChunk> sealed,
      store.ReadChunks(partition, id, chunk.window(), until ? window_last : Timestamp::max()));
  for (auto it = pending.lower_bound({id, Timestamp::min()});
       it != pending.end() && it->first.first == id; ++it) {
    sealed.push_back(it->second.chunk);
  }
  std::vector<Sample> samples;
  Timestamp last = chunk.window() - 1ms;
  for (const SealedChunk& part : sealed) {
    last = std::max(last, part.last);
    if (part.last < chunk.window() || part.first > window_last) continue;
    FW_RETURN_IF_ERROR(DecodeChunk(part.bytes, samples)
                           .With(fmt::format("series {} of partition {}, {}", id, partition,
                                             index.labels(id).ToString())));
  }
  if (!until) until = last;
  std::vector<Timestamp>& times = chunk.sealed_times.emplace();
  times.reserve(samples.size());
  for (const Sample& sample : samples) times.push_back(sample.at);
  std::sort(times.begin(), times.end());
  return OkStatus();
}

StatusOr<bool> Head::Impl::IsSealed(SeriesId id, OpenChunk& chunk, Timestamp at) {
  const std::optional<Timestamp>& until = series(id).sealed_until;
  if (until && at > *until) return false;
  if (!chunk.sealed_times) FW_RETURN_IF_ERROR(LearnSealedTimes(id, chunk));
  return std::binary_search(chunk.sealed_times->begin(), chunk.sealed_times->end(), at);
}

// Whether the sample was new, and is now open.
StatusOr<bool> Head::Impl::Keep(SeriesId id, Timestamp at, double value, uint64_t sequence) {
  OpenChunk& chunk = Open(id, at);
  FW_ASSIGN_OR_RETURN(bool sealed, IsSealed(id, chunk, at));
  if (sealed) return false;
  bool opens = chunk.count() == 0;
  if (!chunk.Add(at, value, sequence)) return false;
  if (opens) ++opened[sequence];
  return true;
}

bool Head::Impl::Add(SeriesId id, Sample sample, Commit& commit) {
  StatusOr<bool> kept = Keep(id, sample.at, sample.value, commit.sequence);
  if (!kept.ok()) {
    // What is sealed cannot be read, so nobody can say whether this is a duplicate. It is kept:
    // whoever selects the series is told of the damage.
    OpenChunk& chunk = Open(id, sample.at);
    bool opens = chunk.count() == 0;
    kept = chunk.Add(sample.at, sample.value, commit.sequence);
    if (*kept && opens) ++opened[commit.sequence];
  }
  if (!*kept) return false;
  commit.samples.Add(id, sample.at, sample.value);

  std::vector<OpenChunk>& open = series(id).open;
  Timestamp window = WindowOf(sample.at, options.chunk_window);
  auto filled = [](const OpenChunk& chunk) { return chunk.count() > 0; };
  auto mine = [&](const OpenChunk& chunk) { return chunk.window() == window; };
  auto at = std::find_if(open.begin(), open.end(), mine);
  if (at->count() >= options.chunk_samples) {
    Seal(id, static_cast<size_t>(at - open.begin()), commit);
  } else if (at->count() == 1 &&
             std::count_if(open.begin(), open.end(), filled) > ptrdiff_t{kOpenWindowsMax}) {
    auto oldest = std::find_if(open.begin(), open.end(), [&](const OpenChunk& chunk) {
      return filled(chunk) && !mine(chunk);
    });
    Seal(id, static_cast<size_t>(oldest - open.begin()), commit);
  }
  return true;
}

void Head::Impl::Seal(SeriesId id, size_t place, Commit& commit) {
  Series& of = series(id);
  OpenChunk& chunk = of.open[place];
  SealedChunk sealed = chunk.Seal(id);
  if (of.sealed_until) of.sealed_until = std::max(*of.sealed_until, sealed.last);
  auto count = opened.find(chunk.opened());
  FW_CHECK(count != opened.end());
  if (--count->second == 0) opened.erase(count);
  PendingKey key{id, sealed.first};
  commit.chunks.push_back(sealed);
  pending.insert_or_assign(key, Pending{commit.sequence, std::move(sealed)});
  auto [since, fresh] = pending_opened.emplace(commit.sequence, chunk.opened());
  if (!fresh) since->second = std::min(since->second, chunk.opened());
  of.open.erase(of.open.begin() + static_cast<ptrdiff_t>(place));
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

StatusOr<std::vector<Sample>> Head::Impl::Read(SeriesId id, Timestamp from, Timestamp to) const {
  const Series& of = series(id);
  std::vector<Sample> samples;
  auto overlaps = [&](Timestamp first, Timestamp last) { return first <= to && last >= from; };
  auto decode = [&](const SealedChunk& chunk) {
    return DecodeChunk(chunk.bytes, samples)
        .With(fmt::format("series {} of partition {}, {}", id, partition,
                          index.labels(id).ToString()));
  };
  if (!of.sealed_until || from <= *of.sealed_until) {
    FW_ASSIGN_OR_RETURN(std::vector<SealedChunk> chunks, store.ReadChunks(partition, id, from, to));
    for (const SealedChunk& chunk : chunks) FW_RETURN_IF_ERROR(decode(chunk));
  }
  for (auto it = pending.lower_bound({id, Timestamp::min()});
       it != pending.end() && it->first.first == id; ++it) {
    const SealedChunk& chunk = it->second.chunk;
    if (overlaps(chunk.first, chunk.last)) FW_RETURN_IF_ERROR(decode(chunk));
  }
  for (const OpenChunk& chunk : of.open) {
    if (chunk.count() == 0) continue;
    if (!overlaps(chunk.window(), chunk.window() + options.chunk_window - 1ms)) continue;
    std::vector<Sample> more = chunk.Samples();
    samples.insert(samples.end(), more.begin(), more.end());
  }
  // Chunks overlap after late samples, and one that became durable just now was read twice.
  if (!std::is_sorted(samples.begin(), samples.end(), Earlier)) {
    std::stable_sort(samples.begin(), samples.end(), Earlier);
  }
  samples.erase(std::unique(samples.begin(), samples.end(),
                            [](const Sample& a, const Sample& b) { return a.at == b.at; }),
                samples.end());
  auto first = std::lower_bound(samples.begin(), samples.end(), Sample{from, 0}, Earlier);
  auto last = std::upper_bound(first, samples.end(), Sample{to, 0}, Earlier);
  return std::vector<Sample>(first, last);
}

}  // namespace forewarn
