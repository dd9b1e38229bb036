#include "store/postings.h"

#include <algorithm>

#include "base/check.h"

namespace forewarn {

Postings::Postings(std::span<const SeriesId> ids) {
  for (SeriesId id : ids) Append(id);
}

Postings Postings::Range(SeriesId first, SeriesId last) {
  Postings range;
  if (first <= last) range.Add({first, last});
  return range;
}

void Postings::Append(SeriesId id) {
  if (!runs_.empty()) {
    FW_CHECK(id > runs_.back().last);
    if (runs_.back().last + 1 == id) {
      ++runs_.back().last;
      ++count_;
      return;
    }
  }
  Add({id, id});
}

// `run` begins behind a gap.
void Postings::Add(Run run) {
  runs_.push_back(run);
  count_ += size_t{run.last} - run.first + 1;
}

std::vector<SeriesId> Postings::Ids() const {
  std::vector<SeriesId> ids;
  ids.reserve(count_);
  for (const Run& run : runs_) {
    for (uint64_t id = run.first; id <= run.last; ++id) ids.push_back(static_cast<SeriesId>(id));
  }
  return ids;
}

Postings Intersect(const Postings& a, const Postings& b) {
  Postings both;
  auto left = a.runs_.begin();
  auto right = b.runs_.begin();
  while (left != a.runs_.end() && right != b.runs_.end()) {
    SeriesId first = std::max(left->first, right->first);
    SeriesId last = std::min(left->last, right->last);
    if (first <= last) both.Add({first, last});
    // The run that ends later may meet the other's next one.
    if (left->last < right->last) {
      ++left;
    } else {
      ++right;
    }
  }
  return both;
}

Postings Subtract(const Postings& a, const Postings& b) {
  Postings rest;
  auto taken = b.runs_.begin();
  for (const Postings::Run& run : a.runs_) {
    while (taken != b.runs_.end() && taken->last < run.first) ++taken;
    SeriesId first = run.first;
    bool whole_end = true;
    for (auto it = taken; it != b.runs_.end() && it->first <= run.last; ++it) {
      if (it->first > first) rest.Add({first, it->first - 1});
      if (it->last >= run.last) {
        whole_end = false;
        break;
      }
      first = it->last + 1;
    }
    if (whole_end) rest.Add({first, run.last});
  }
  return rest;
}

Postings Union(const std::vector<const Postings*>& sets) {
  std::vector<Postings::Run> all;
  for (const Postings* set : sets) all.insert(all.end(), set->runs_.begin(), set->runs_.end());
  std::sort(all.begin(), all.end(),
            [](const Postings::Run& a, const Postings::Run& b) { return a.first < b.first; });
  Postings joined;
  for (size_t i = 0; i < all.size();) {
    Postings::Run run = all[i++];
    while (i < all.size() && all[i].first <= uint64_t{run.last} + 1) {
      run.last = std::max(run.last, all[i++].last);
    }
    joined.Add(run);
  }
  return joined;
}

}  // namespace forewarn
