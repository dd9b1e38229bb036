#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fingerprint.h"
#include "base/status.h"
#include "model/commit.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "store/id_table.h"
#include "store/postings.h"

namespace forewarn {

// SeriesIndex names the series of one partition: from labels to their number
// and from matchers to the numbers of those that match. Numbers are 1, 2, 3, …
// in order of first sight and are never given up. A label (a name with a value)
// is kept once; a series costs 4 bytes a label, and its places in the postings.
// Owned by its head; not thread-safe.
//
// Positions in its tables depend on `hash_seed`, and nothing else does: a secret one keeps those who
// choose labels from choosing where they collide.
class SeriesIndex {
 public:
  explicit SeriesIndex(uint64_t hash_seed = 0) : hash_seed_(hash_seed) {}

  // The series' number, or 0 when these labels have none yet.
  SeriesId Find(const Labels& labels) const;
  // Gives the labels the next number. They have none yet.
  SeriesId Add(const Labels& labels);

  // `id` is in [1, size()]. Made anew by each call.
  Labels labels(SeriesId id) const;
  // The places in `ids`, of which no two are equal, in the order of the labels that they stand for.
  std::vector<uint32_t> InOrder(std::span<const SeriesId> ids) const;
  size_t size() const { return ends_.size(); }
  // How many series have this label value.
  size_t CountOf(std::string_view name, std::string_view value) const;

  // Whether Match() takes no longer than others can wait. A regular expression is tried on each value of its label, or
  // of the series that equalities leave. One with few states (store/regex_states.h), as most have, takes a step for each
  // kBytesPerStep; else as many for each byte as its program has, at worst. kResourceExhausted, naming the label, when
  // that is more than kRegexSteps: about a second. An expression that names its values, such as `a|b`, and not the
  // empty one, is not tried, and takes none.
  static constexpr uint64_t kRegexSteps = 50'000'000;
  static constexpr uint64_t kBytesPerStep = 2;
  static constexpr uint64_t kCountingSteps = 2'500'000;  // what it takes to count states, at worst
  Status CheckWork(const Matchers& matchers) const;
  // The series that match every matcher, by number. No matcher is no series.
  std::vector<SeriesId> Match(const Matchers& matchers) const;

  // The names of the labels of the series that match every matcher, and the values that those have
  // under `name`: each once, in no order.
  std::vector<std::string> LabelNames(const Matchers& matchers) const;
  std::vector<std::string> LabelValues(std::string_view name, const Matchers& matchers) const;

  size_t memory_bytes() const;  // an estimate

 private:
  // A label that some series have. Numbers of labels are 1, 2, 3, …, as those
  // of names.
  struct Label {
    uint32_t name;
    std::string_view value;  // in text_
    Postings series;
  };
  struct Name {
    std::string_view text;         // in text_
    std::vector<uint32_t> labels;  // with this name, in order of first sight
    uint64_t bytes = 0;            // of their values
    uint64_t longest = 0;          // of these, in bytes
  };

  uint64_t HashOf(std::string_view name) const;
  uint64_t HashOf(uint32_t name, std::string_view value) const;
  uint64_t HashOf(const Labels& labels) const;
  std::string_view Keep(std::string_view text);
  uint32_t FindName(std::string_view name) const;
  uint32_t FindLabel(std::string_view name, std::string_view value) const;
  uint32_t InternName(std::string_view name);
  uint32_t InternLabel(uint32_t name, std::string_view value);
  std::vector<uint32_t>::const_iterator LabelsBegin(SeriesId id) const;
  std::vector<uint32_t>::const_iterator LabelsEnd(SeriesId id) const;
  bool Has(SeriesId id, const Labels& labels) const;
  std::string_view ValueOf(SeriesId id, uint32_t name) const;
  Postings WithValues(uint32_t name, const Matcher& matcher, bool matching) const;
  Postings Narrow(const Postings& from, const Matcher& matcher) const;
  Postings MatchAll(const Matchers& matchers) const;
  uint64_t BytesOf(const Postings& candidates, uint32_t name) const;
  bool IsQuick(const std::string& expression) const;
  const Postings* Smallest(const Matchers& matchers, bool& is_none) const;

  const Fingerprint hash_seed_;

  // What was found out of regular expressions: counting takes long.
  mutable std::unordered_map<std::string, bool> are_quick_;

  std::vector<Name> names_;    // of name i + 1
  std::vector<Label> labels_;  // of label i + 1
  IdTable name_ids_;
  IdTable label_ids_;
  IdTable series_ids_;
  std::vector<uint32_t> series_labels_;  // of all series, one after the other
  std::vector<uint64_t> ends_;           // of series i + 1 in series_labels_
  // Names and values, in pieces that stay where they are.
  std::vector<std::unique_ptr<char[]>> text_;
  char* text_next_ = nullptr;  // in the last piece
  size_t text_free_ = 0;       // behind it
  size_t text_bytes_ = 0;
};

}  // namespace forewarn
