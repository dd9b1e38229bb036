#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "model/commit.h"
#include "store/series_head.h"

namespace forewarn {

// The heads of all series of a partition, by number from 1 on. They never move: a vector that grows would
// take twice the room. Not thread-safe.
class AllSeries {
 public:
  SeriesHead& operator[](SeriesId id) { return pages_[(id - 1) / kPage][(id - 1) % kPage]; }
  const SeriesHead& operator[](SeriesId id) const {
    return pages_[(id - 1) / kPage][(id - 1) % kPage];
  }
  SeriesId size() const { return size_; }
  SeriesHead& Add() {
    if (size_ % kPage == 0) pages_.push_back(std::make_unique<SeriesHead[]>(kPage));
    ++size_;
    return (*this)[size_];
  }
  size_t memory_bytes() const { return pages_.size() * kPage * sizeof(SeriesHead); }

 private:
  static constexpr SeriesId kPage = 1024;

  std::vector<std::unique_ptr<SeriesHead[]>> pages_;
  SeriesId size_ = 0;
};

}  // namespace forewarn
