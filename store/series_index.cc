#include "store/series_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "store/regex_states.h"

namespace forewarn {
namespace {

constexpr size_t kTextPiece = 16 << 10;
constexpr size_t kQuickKept = 200;  // expressions, of 64 KiB at most

// The values that a regular expression names, none of them empty: a series without the label has that.
std::optional<std::span<const std::string>> NamedValues(const Matcher& matcher) {
  auto values = matcher.Values();
  if (values && std::ranges::any_of(*values, &std::string::empty)) return std::nullopt;
  return values;
}

}  // namespace

uint64_t SeriesIndex::HashOf(std::string_view name) const { return hash_seed_.Add(name).value(); }

uint64_t SeriesIndex::HashOf(uint32_t name, std::string_view value) const {
  return hash_seed_.Add(value).value() + name * 0x9e3779b97f4a7c15;
}

uint64_t SeriesIndex::HashOf(const Labels& labels) const {
  return hash_seed_.Add(labels.bytes()).value();
}

std::string_view SeriesIndex::Keep(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > text_free_) {
    text_free_ = std::max(text.size(), kTextPiece);
    text_.push_back(std::make_unique<char[]>(text_free_));
    text_next_ = text_.back().get();
    text_bytes_ += text_free_;
  }
  std::memcpy(text_next_, text.data(), text.size());
  std::string_view kept(text_next_, text.size());
  text_next_ += text.size();
  text_free_ -= text.size();
  return kept;
}

uint32_t SeriesIndex::FindName(std::string_view name) const {
  return name_ids_.Find(HashOf(name), [&](uint32_t id) { return names_[id - 1].text == name; });
}

uint32_t SeriesIndex::FindLabel(std::string_view name, std::string_view value) const {
  uint32_t name_id = FindName(name);
  if (name_id == 0) return 0;
  return label_ids_.Find(HashOf(name_id, value), [&](uint32_t id) {
    return labels_[id - 1].name == name_id && labels_[id - 1].value == value;
  });
}

uint32_t SeriesIndex::InternName(std::string_view name) {
  uint32_t id = FindName(name);
  if (id != 0) return id;
  names_.push_back({Keep(name), {}});
  id = static_cast<uint32_t>(names_.size());
  name_ids_.Insert(HashOf(name), id);
  return id;
}

uint32_t SeriesIndex::InternLabel(uint32_t name_id, std::string_view value) {
  uint64_t hash = HashOf(name_id, value);
  uint32_t id = label_ids_.Find(hash, [&](uint32_t other) {
    return labels_[other - 1].name == name_id && labels_[other - 1].value == value;
  });
  if (id != 0) return id;
  labels_.push_back({name_id, Keep(value), {}});
  id = static_cast<uint32_t>(labels_.size());
  label_ids_.Insert(hash, id);
  names_[name_id - 1].labels.push_back(id);
  Name& of = names_[name_id - 1];
  of.bytes += value.size();
  of.longest = std::max<uint64_t>(of.longest, value.size());
  return id;
}

std::vector<uint32_t>::const_iterator SeriesIndex::LabelsBegin(SeriesId id) const {
  return series_labels_.begin() + (id == 1 ? 0 : static_cast<ptrdiff_t>(ends_[id - 2]));
}

std::vector<uint32_t>::const_iterator SeriesIndex::LabelsEnd(SeriesId id) const {
  return series_labels_.begin() + static_cast<ptrdiff_t>(ends_[id - 1]);
}

// Labels of a series stand in the order of their names, as they do in Labels.
bool SeriesIndex::Has(SeriesId id, const Labels& labels) const {
  auto at = LabelsBegin(id);
  auto end = LabelsEnd(id);
  if (static_cast<size_t>(end - at) != labels.size()) return false;
  for (const auto& [name, value] : labels) {
    const Label& label = labels_[*at++ - 1];
    if (label.value != value || names_[label.name - 1].text != name) return false;
  }
  return true;
}

SeriesId SeriesIndex::Find(const Labels& labels) const {
  return series_ids_.Find(HashOf(labels), [&](SeriesId id) { return Has(id, labels); });
}

SeriesId SeriesIndex::Add(const Labels& labels) {
  uint64_t hash = HashOf(labels);
  auto id = static_cast<SeriesId>(ends_.size() + 1);
  // Most of a series' labels are those of the one before it, and most others have their names.
  size_t before =
      ends_.empty() ? 0 : static_cast<size_t>(LabelsBegin(id - 1) - series_labels_.begin());
  const size_t before_end = series_labels_.size();
  for (const auto& [name, value] : labels) {
    int order = -1;
    for (; before < before_end; ++before) {
      order = names_[labels_[series_labels_[before] - 1].name - 1].text.compare(name);
      if (order >= 0) break;
    }
    uint32_t label = 0;
    if (order != 0) {
      label = InternLabel(InternName(name), value);
    } else {
      label = series_labels_[before];
      const Label& like = labels_[label - 1];
      if (like.value != value) label = InternLabel(like.name, value);
    }
    labels_[label - 1].series.Append(id);
    series_labels_.push_back(label);
  }
  ends_.push_back(series_labels_.size());
  series_ids_.Insert(hash, id);
  return id;
}

Labels SeriesIndex::labels(SeriesId id) const {
  auto end = LabelsEnd(id);
  std::vector<Labels::View> sorted;
  sorted.reserve(static_cast<size_t>(end - LabelsBegin(id)));
  for (auto at = LabelsBegin(id); at != end; ++at) {
    const Label& label = labels_[*at - 1];
    sorted.emplace_back(names_[label.name - 1].text, label.value);
  }
  return Labels::FromSorted(sorted);
}

// Series share most labels. So the texts of each are compared once, to number the labels in their order;
// then series are in the order of these numbers.
std::vector<uint32_t> SeriesIndex::InOrder(std::span<const SeriesId> ids) const {
  std::vector<uint32_t> used;  // labels, each once
  IdTable places;              // of each in `used`, from 1
  std::vector<uint32_t> rows;  // of each series its labels' places, then 0, which ends it
  struct Row {
    uint64_t begin;  // what it begins with: most comparisons end here
    size_t at;       // in `rows`
    uint32_t position;
  };
  std::vector<Row> order;
  order.reserve(ids.size());
  for (SeriesId id : ids) {
    order.push_back({0, rows.size(), static_cast<uint32_t>(order.size())});
    for (auto label = LabelsBegin(id); label != LabelsEnd(id); ++label) {
      const uint64_t hash = *label * 0x9e3779b97f4a7c15;
      uint32_t place = places.Find(hash, [&](uint32_t at) { return used[at - 1] == *label; });
      if (place == 0) {
        used.push_back(*label);
        place = static_cast<uint32_t>(used.size());
        places.Insert(hash, place);
      }
      rows.push_back(place);
    }
    rows.push_back(0);
  }
  std::vector<uint32_t> sorted(used.size());
  std::iota(sorted.begin(), sorted.end(), 0);
  std::sort(sorted.begin(), sorted.end(), [&](uint32_t a, uint32_t b) {
    const Label& one = labels_[used[a] - 1];
    const Label& other = labels_[used[b] - 1];
    if (one.name == other.name) return one.value < other.value;
    return names_[one.name - 1].text < names_[other.name - 1].text;
  });
  std::vector<uint32_t> ranks(used.size() + 1);  // by place
  for (uint32_t i = 0; i < sorted.size(); ++i) ranks[sorted[i] + 1] = i + 1;
  for (uint32_t& place : rows) place = ranks[place];
  for (Row& row : order) {
    row.begin = uint64_t{rows[row.at]} << 32;
    if (rows[row.at] != 0) row.begin |= rows[row.at + 1];
  }
  std::sort(order.begin(), order.end(), [&](const Row& a, const Row& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    size_t left = a.at, right = b.at;
    while (rows[left] == rows[right] && rows[left] != 0) ++left, ++right;
    return rows[left] < rows[right];
  });
  std::vector<uint32_t> positions;
  positions.reserve(order.size());
  for (const Row& row : order) positions.push_back(row.position);
  return positions;
}

size_t SeriesIndex::CountOf(std::string_view name, std::string_view value) const {
  uint32_t label = FindLabel(name, value);
  return label == 0 ? 0 : labels_[label - 1].series.size();
}

// Empty when the series has no such label.
std::string_view SeriesIndex::ValueOf(SeriesId id, uint32_t name) const {
  auto end = LabelsEnd(id);
  for (auto at = LabelsBegin(id); at != end; ++at) {
    if (labels_[*at - 1].name == name) return labels_[*at - 1].value;
  }
  return {};
}

// The series whose value of the label is there and matches, or does not.
Postings SeriesIndex::WithValues(uint32_t name, const Matcher& matcher, bool matching) const {
  std::vector<const Postings*> sets;
  for (uint32_t label : names_[name - 1].labels) {
    if (matcher.Matches(labels_[label - 1].value) == matching) {
      sets.push_back(&labels_[label - 1].series);
    }
  }
  return Union(sets);
}

// Those of `from` for which the matcher holds.
Postings SeriesIndex::Narrow(const Postings& from, const Matcher& matcher) const {
  uint32_t name = FindName(matcher.name());
  bool holds_for_none = matcher.Matches("");
  if (name == 0) return holds_for_none ? from : Postings();
  if (matcher.kind() == Matcher::Kind::kEqual && !holds_for_none) {
    uint32_t label = FindLabel(matcher.name(), matcher.value());
    return label == 0 ? Postings() : Intersect(from, labels_[label - 1].series);
  }
  if (const auto values = NamedValues(matcher)) {
    std::vector<const Postings*> sets;
    for (const std::string& value : *values) {
      if (uint32_t label = FindLabel(matcher.name(), value); label != 0) {
        sets.push_back(&labels_[label - 1].series);
      }
    }
    return matcher.kind() == Matcher::Kind::kRegex ? Intersect(from, Union(sets))
                                                   : Subtract(from, Union(sets));
  }
  // Few candidates are asked one by one, instead of all the values that the
  // label has.
  if (from.size() < names_[name - 1].labels.size()) {
    std::vector<SeriesId> kept = from.Ids();
    std::erase_if(kept, [&](SeriesId id) { return !matcher.Matches(ValueOf(id, name)); });
    return Postings(kept);
  }
  return holds_for_none ? Subtract(from, WithValues(name, matcher, false))
                        : Intersect(from, WithValues(name, matcher, true));
}

// Of the values that they have under the name, and an end of each.
uint64_t SeriesIndex::BytesOf(const Postings& candidates, uint32_t name) const {
  uint64_t bytes = 0;
  for (SeriesId id : candidates.Ids()) bytes += ValueOf(id, name).size() + 1;
  return bytes;
}

bool SeriesIndex::IsQuick(const std::string& expression) const {
  if (are_quick_.size() >= kQuickKept) are_quick_.clear();
  auto [it, is_new] = are_quick_.try_emplace(expression);
  if (is_new) it->second = CountRegexStates(expression).has_value();
  return it->second;
}

Status SeriesIndex::CheckWork(const Matchers& matchers) const {
  bool is_none = false;
  const Postings* smallest = Smallest(matchers, is_none);
  if (is_none) return OkStatus();
  const uint64_t candidates = smallest != nullptr ? smallest->size() : ends_.size();
  uint64_t steps = 0;
  for (const Matcher& matcher : matchers) {
    const uint32_t id = matcher.steps() == 0 ? 0 : FindName(matcher.name());
    if (id == 0 || NamedValues(matcher)) continue;
    const Name& name = names_[id - 1];
    const uint64_t values = name.labels.size();
    uint64_t tried = name.bytes + values;  // bytes
    if (candidates < values && candidates * (name.longest + 1) < tried) {
      tried = candidates * (name.longest + 1);
    }
    if (candidates < values && steps + tried * matcher.steps() > kRegexSteps) {
      // There may be few that are as long.
      tried = std::min(tried, BytesOf(*smallest, id));
      steps += candidates;
    }
    const uint64_t at_worst = tried * matcher.steps();
    bool is_quick = false;
    if (steps + at_worst > kRegexSteps && matcher.is_compiled()) {
      steps += kCountingSteps;
      is_quick = IsQuick(matcher.value());
    }
    steps += is_quick ? tried / kBytesPerStep : at_worst;
    if (steps <= kRegexSteps) continue;
    return ResourceExhausted(fmt::format(
        "the regular expression of '{}' may take {}, and it would be tried on {} values of {} "
        "bytes: write a simpler one, name the values (a|b), or narrow it by what must be equal",
        matcher.name(),
        is_quick ? "a few nanoseconds for each byte"
                 : fmt::format("{} steps for each byte", matcher.steps()),
        std::min(candidates, values), tried));
  }
  return OkStatus();
}

std::vector<SeriesId> SeriesIndex::Match(const Matchers& matchers) const {
  return MatchAll(matchers).Ids();
}

// One pass over what matches: with a look at each value instead, a question about few series of a
// customer would pay for all the values that all of them have.
std::vector<std::string> SeriesIndex::LabelNames(const Matchers& matchers) const {
  std::vector<bool> seen(names_.size() + 1);
  std::vector<std::string> names;
  for (SeriesId id : Match(matchers)) {
    for (auto at = LabelsBegin(id), end = LabelsEnd(id); at != end; ++at) {
      uint32_t name = labels_[*at - 1].name;
      if (seen[name]) continue;
      seen[name] = true;
      names.emplace_back(names_[name - 1].text);
    }
  }
  return names;
}

std::vector<std::string> SeriesIndex::LabelValues(std::string_view name,
                                                  const Matchers& matchers) const {
  std::vector<std::string> values;
  uint32_t wanted = FindName(name);
  if (wanted == 0) return values;
  std::vector<bool> seen(labels_.size() + 1);
  for (SeriesId id : Match(matchers)) {
    for (auto at = LabelsBegin(id), end = LabelsEnd(id); at != end; ++at) {
      if (labels_[*at - 1].name != wanted) continue;
      if (!seen[*at]) values.emplace_back(labels_[*at - 1].value);
      seen[*at] = true;
      break;
    }
  }
  return values;
}

Postings SeriesIndex::MatchAll(const Matchers& matchers) const {
  if (matchers.empty()) return Postings();
  // The smallest set of an equality first, so that the others have little to
  // narrow.
  bool is_none = false;
  const Postings* smallest = Smallest(matchers, is_none);
  if (is_none) return Postings();
  Postings result =
      smallest != nullptr ? *smallest : Postings::Range(1, static_cast<SeriesId>(ends_.size()));
  auto narrow = [&](bool equalities) {
    for (const Matcher& matcher : matchers) {
      bool equality = matcher.kind() == Matcher::Kind::kEqual;
      if (equality == equalities && !result.empty()) result = Narrow(result, matcher);
    }
  };
  narrow(true);
  narrow(false);
  return result;
}

// The smallest set of an equality; null when there is none. `is_none`: one of them has no series at all.
const Postings* SeriesIndex::Smallest(const Matchers& matchers, bool& is_none) const {
  const Postings* smallest = nullptr;
  for (const Matcher& matcher : matchers) {
    if (matcher.kind() != Matcher::Kind::kEqual || matcher.value().empty()) continue;
    uint32_t label = FindLabel(matcher.name(), matcher.value());
    is_none |= label == 0;
    if (label == 0) return nullptr;
    const Postings& series = labels_[label - 1].series;
    if (smallest == nullptr || series.size() < smallest->size()) smallest = &series;
  }
  return smallest;
}

size_t SeriesIndex::memory_bytes() const {
  size_t bytes = text_bytes_ + name_ids_.memory_bytes() + label_ids_.memory_bytes() +
                 series_ids_.memory_bytes() + series_labels_.capacity() * sizeof(uint32_t) +
                 ends_.capacity() * sizeof(uint64_t) + labels_.capacity() * sizeof(Label) +
                 names_.capacity() * sizeof(Name);
  for (const Label& label : labels_) bytes += label.series.memory_bytes();
  for (const Name& name : names_) bytes += name.labels.capacity() * sizeof(uint32_t);
  return bytes;
}

}  // namespace forewarn
