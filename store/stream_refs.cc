#include "store/stream_refs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace forewarn {

void SeriesRefs::Learn(uint32_t first_ref, std::shared_ptr<const SeriesTable> table) {
  FW_CHECK(first_ref == ids_.size());
  const size_t count = table->series.size();
  if (count == 0) return;
  ids_.resize(ids_.size() + count);
  named_.push_back({first_ref, std::move(table), count});
}

const SeriesRefs::Named& SeriesRefs::NamedWith(uint32_t ref) const {
  auto after =
      std::upper_bound(named_.begin(), named_.end(), ref,
                       [](uint32_t value, const Named& named) { return value < named.first_ref; });
  FW_CHECK(after != named_.begin());
  return *std::prev(after);
}

const Labels& SeriesRefs::LabelsOf(uint32_t ref) const {
  const Named& named = NamedWith(ref);
  return named.table->series[ref - named.first_ref];
}

void SeriesRefs::Resolve(uint32_t ref, SeriesId id) {
  FW_CHECK(id != 0 && ids_[ref] == 0);
  ids_[ref] = id;
  auto named = named_.begin() + (&NamedWith(ref) - named_.data());
  if (--named->without == 0) named_.erase(named);
}

size_t SeriesRefs::memory_bytes() const {
  size_t bytes = ids_.capacity() * sizeof(SeriesId) + named_.capacity() * sizeof(Named);
  for (const Named& named : named_) {
    for (const Labels& labels : named.table->series) bytes += labels.memory_bytes();
  }
  return bytes;
}

SeriesRefs& StreamRefs::Of(const std::shared_ptr<const SeriesStream>& stream) {
  Known& known = of_[stream.get()];
  // Another stream may have come to lie where a dead one lay.
  if (known.stream.lock() != stream) {
    known = {stream, {}};
    if (of_.size() >= swept_at_) {
      std::erase_if(of_, [](const auto& item) { return item.second.stream.expired(); });
      swept_at_ = of_.size() + std::max<size_t>(4, of_.size() / 8);
    }
  }
  return known.refs;
}

size_t StreamRefs::memory_bytes() const {
  size_t bytes = 0;
  for (const auto& [stream, known] : of_) bytes += sizeof(known) + known.refs.memory_bytes();
  return bytes;
}

}  // namespace forewarn
