#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "model/commit.h"
#include "model/labels.h"
#include "model/matcher.h"

namespace forewarn {

// SeriesIndex names the series of one partition: from labels to their number and from matchers to
// the numbers that have a chance. Numbers are 1, 2, 3, … in order of first sight and are never
// given up. Owned by its head; not thread-safe.
class SeriesIndex {
 public:
  // The series' number, or 0 when these labels have none yet.
  SeriesId Find(const Labels& labels) const;
  // Gives the labels the next number. They have none yet.
  SeriesId Add(const Labels& labels);

  // `id` is in [1, size()]. Stays where it is for the life of the index.
  const Labels& labels(SeriesId id) const { return *labels_[id - 1]; }
  size_t size() const { return labels_.size(); }
  // How many series have this label value.
  size_t CountOf(std::string_view name, std::string_view value) const;

  // The series that match every matcher, by number. No matcher is no series.
  std::vector<SeriesId> Match(const Matchers& matchers) const;

  size_t memory_bytes() const { return memory_bytes_; }  // an estimate

 private:
  using Postings = std::vector<SeriesId>;  // ascending

  const Postings* Find(std::string_view name, std::string_view value) const;
  // Those whose value of the matcher's label is there and matches.
  Postings WithAnyValue(const Matcher& matcher) const;

  std::vector<std::unique_ptr<const Labels>> labels_;  // of series i + 1
  std::unordered_multimap<uint64_t, SeriesId> by_fingerprint_;
  std::map<std::string, std::map<std::string, Postings, std::less<>>, std::less<>> postings_;
  size_t memory_bytes_ = 0;
};

}  // namespace forewarn
