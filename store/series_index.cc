#include "store/series_index.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace forewarn {

SeriesId SeriesIndex::Find(const Labels& labels) const {
  auto [first, last] = by_fingerprint_.equal_range(labels.fingerprint().value());
  for (auto it = first; it != last; ++it) {
    if (*labels_[it->second - 1] == labels) return it->second;
  }
  return 0;
}

SeriesId SeriesIndex::Add(const Labels& labels) {
  FW_CHECK(Find(labels) == 0);
  labels_.push_back(std::make_unique<const Labels>(labels));
  SeriesId id = static_cast<SeriesId>(labels_.size());
  by_fingerprint_.emplace(labels.fingerprint().value(), id);
  memory_bytes_ += sizeof(Labels) + 64;  // and its places in the two tables
  for (const auto& [name, value] : labels) {
    postings_[name][value].push_back(id);
    memory_bytes_ += sizeof(Labels::Pair) + sizeof(SeriesId);
    if (name.size() > 15) memory_bytes_ += name.size();
    if (value.size() > 15) memory_bytes_ += value.size();
  }
  return id;
}

const SeriesIndex::Postings* SeriesIndex::Find(std::string_view name,
                                               std::string_view value) const {
  auto values = postings_.find(name);
  if (values == postings_.end()) return nullptr;
  auto found = values->second.find(value);
  return found == values->second.end() ? nullptr : &found->second;
}

size_t SeriesIndex::CountOf(std::string_view name, std::string_view value) const {
  const Postings* found = Find(name, value);
  return found == nullptr ? 0 : found->size();
}

SeriesIndex::Postings SeriesIndex::WithAnyValue(const Matcher& matcher) const {
  Postings result;
  auto values = postings_.find(matcher.name());
  if (values == postings_.end()) return result;
  for (const auto& [value, ids] : values->second) {
    if (matcher.Matches(value)) result.insert(result.end(), ids.begin(), ids.end());
  }
  // A series has one value of a label, so nothing is there twice.
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<SeriesId> SeriesIndex::Match(const Matchers& matchers) const {
  if (matchers.empty()) return {};
  // Start from the shortest list of an equality; it is seldom much longer than the answer, so
  // asking each of its series is cheaper than intersecting it with lists as long as the partition.
  const Postings* shortest = nullptr;
  const Matcher* expression = nullptr;
  for (const Matcher& matcher : matchers) {
    // A matcher that holds for the empty value holds for all series without the label.
    if (matcher.Matches("")) continue;
    if (matcher.kind() != Matcher::Kind::kEqual) {
      expression = &matcher;
      continue;
    }
    const Postings* found = Find(matcher.name(), matcher.value());
    if (found == nullptr) return {};
    if (shortest == nullptr || found->size() < shortest->size()) shortest = found;
  }
  Postings result;
  if (shortest != nullptr) {
    result = *shortest;
  } else if (expression != nullptr) {
    result = WithAnyValue(*expression);
  } else {
    result.resize(labels_.size());
    std::iota(result.begin(), result.end(), SeriesId{1});
  }
  std::erase_if(result, [&](SeriesId id) { return !MatchesAll(matchers, *labels_[id - 1]); });
  return result;
}

}  // namespace forewarn
