#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/commit.h"

namespace forewarn {

// A set of series numbers, as runs: a probe names its series one after the
// other, so what they share (its customer, host, job) is one run however many
// there are. A value type; not thread-safe.
class Postings {
 public:
  struct Run {
    SeriesId first;
    SeriesId last;

    friend bool operator==(const Run&, const Run&) = default;
  };

  Postings() = default;
  // All of `ids`, which ascend.
  explicit Postings(std::span<const SeriesId> ids);
  // first, first + 1, … last; none when `last` is less.
  static Postings Range(SeriesId first, SeriesId last);

  // `id` is larger than any that is here.
  void Append(SeriesId id);

  bool empty() const { return count_ == 0; }
  size_t size() const { return count_; }
  const std::vector<Run>& runs() const { return runs_; }
  // Ascending.
  std::vector<SeriesId> Ids() const;

  size_t memory_bytes() const { return runs_.capacity() * sizeof(Run); }

  friend Postings Intersect(const Postings& a, const Postings& b);
  friend Postings Subtract(const Postings& a, const Postings& b);
  friend Postings Union(const std::vector<const Postings*>& sets);

 private:
  void Add(Run run);

  std::vector<Run> runs_;  // ascending, with a gap between any two
  size_t count_ = 0;
};

// Of sets that may overlap.
Postings Union(const std::vector<const Postings*>& sets);

}  // namespace forewarn
